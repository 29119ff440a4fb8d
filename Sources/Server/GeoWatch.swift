import ClickModel
import Dispatch
import Enrichment
import Logging
import ServiceLifecycle
import UnixSignals

/// Takes a new database of places into use: when its file has changed, and on SIGHUP.
///
/// Looked at rather than waited for: that works for links that are switched and for file systems of other
/// machines, too. A file is read when two looks saw the same: who copies slowly is left in peace.
struct GeoWatch: Service {
    private static let interval = Duration.seconds(2)

    let geo: GeoSource
    let metrics: ServiceMetrics
    let logger: Logger
    /// Whether SIGHUP means this; else it ends the process, as it does when a terminal is closed.
    let takesSignal: Bool

    /// Where files are read: one after the other, and on no thread that others wait for.
    private let reading = DispatchQueue(label: "places")

    func run() async throws {
        await withTaskGroup { group in
            group.addTask { await watch() }
            if takesSignal {
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup)
                        .cancelOnGracefulShutdown()
                    {
                        await reload()
                    }
                }
            }
        }
    }

    private func watch() async {
        await cancelWhenGracefulShutdown {
            var changes = FileChanges()
            while (try? await Task.sleep(for: Self.interval)) != nil {
                let version = FileVersion.current(of: geo.path)
                if changes.shouldRead(version, inUse: geo.version) { await reload() }
            }
        }
    }

    private func reload() async {
        await withCheckedContinuation { done in
            reading.async {
                read()
                done.resume()
            }
        }
    }

    private func read() {
        do {
            try geo.reload()
            metrics.geoReloads.add()
            logger.notice("the database of places is a new one", metadata: ["path": "\(geo.path)"])
        } catch {
            metrics.geoReloadFailures.add()
            logger.error(
                "the new database of places can't be used; the one before serves on",
                metadata: ["reason": "\(error)"]
            )
        }
    }
}

/// Tells when a file that changes is worth reading: once for each version, and not while it is written.
struct FileChanges {
    private var handled: FileVersion?
    private var seen: FileVersion?

    /// Takes what a look saw, nil for no file.
    ///
    /// - Returns: Whether it is time to read.
    mutating func shouldRead(_ version: FileVersion?, inUse: FileVersion) -> Bool {
        defer { seen = version }
        guard let version, version == seen, version != inUse, version != handled else {
            return false
        }
        handled = version
        return true
    }
}
