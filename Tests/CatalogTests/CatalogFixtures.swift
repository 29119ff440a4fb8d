import Catalog
import ClickModel
import Foundation
import Synchronization

/// A folder for one test, removed afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("catalog-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}

/// A catalog in a folder of its own, closed afterwards.
func withCatalog<Value>(
    _ change: (inout CatalogSettings) -> Void = { _ in },
    _ body: (Catalog) async throws -> Value
) async throws -> Value {
    try await withFolder { folder in
        var settings = CatalogSettings(directory: folder)
        change(&settings)
        let catalog = try Catalog(settings)
        let value = try await body(catalog)
        try catalog.close()
        return value
    }
}

/// A clock that a test moves.
final class ManualClock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_562_076_426_981_094))

    var now: Timestamp { time.withLock { $0 } }

    func advance(by duration: Duration) {
        time.withLock { $0 = $0.advanced(by: duration) }
    }
}

/// Keeps what the edge would be told, in order.
final class RecordingEdge: Sendable {
    private let told = Mutex<[[DirectoryChange]]>([])

    var batches: [[DirectoryChange]] { told.withLock { $0 } }
    var changes: [DirectoryChange] { batches.flatMap { $0 } }

    func take(_ changes: [DirectoryChange]) { told.withLock { $0.append(changes) } }
}

extension DirectoryChange {
    var route: Route? {
        if case .link(_, _, let route) = self { return route }
        return nil
    }
}

extension Catalog {
    /// A link in the oldest workspace, on `go.acme.com`.
    func makeLink(_ slashtag: String?, to destination: String = "https://example.com/") async throws
        -> Link
    {
        let workspace = try await mainWorkspace()
        if try await domainCount(in: workspace) == 0 {
            _ = try await createDomain(fullName: "go.acme.com", in: workspace)
        }
        return try await createLink(
            LinkDraft(destination: destination, slashtag: slashtag),
            in: workspace,
            by: account()
        )
    }

    func makeStream(
        value: String = "Basic a:b c",
        kind: String = "webhook",
        in workspace: Workspace? = nil
    ) async throws(CatalogError) -> StreamRecord {
        let owner = if let workspace { workspace } else { try await mainWorkspace() }
        return try await createStream(
            StreamDraft(
                destination: Destination(
                    kind: kind,
                    settings: [
                        "endpoint": "https://example.com/hook", "method": "POST",
                        "header": "X-Check", "value": value,
                    ]
                ),
                secretFields: ["value"],
                key: "key-in-clear-4711",
                secrets: [SigningSecret("whsec_c2VjcmV0LWluLWNsZWFy")],
                start: Offset(7),
                startTotal: 3
            ),
            in: owner
        )
    }
}

/// Ids in a given order.
final class IDs: Sendable {
    private let left: Mutex<[String]>

    init(_ ids: [String]) { left = Mutex(ids) }

    func next() -> String { left.withLock { $0.isEmpty ? "none left" : $0.removeFirst() } }
}
