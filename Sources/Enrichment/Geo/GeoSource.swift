import Synchronization

/// The database of places in use, which can be exchanged while clicks are enriched.
package final class GeoSource: Sendable {
    /// Where the file lies.
    package let path: String
    private let database: Mutex<GeoDatabase>
    private let exchanges = Atomic<Int>(0)

    init(path: String) throws(UnusableTable) {
        self.path = path
        database = Mutex(try Self.open(path))
    }

    /// The database that counts from now on.
    var current: GeoDatabase { database.withLock { $0 } }

    /// How often the database was exchanged: a look at it costs no lock.
    var generation: Int { exchanges.load(ordering: .acquiring) }

    /// Which version of the file is in use.
    package var version: FileVersion { current.version }

    /// Reads the file anew and takes it into use.
    ///
    /// - Throws: Why it can't be used; the one before serves on.
    package func reload() throws(UnusableTable) {
        let opened = try Self.open(path)
        database.withLock { $0 = opened }
        exchanges.wrappingAdd(1, ordering: .releasing)
    }

    private static func open(_ path: String) throws(UnusableTable) -> GeoDatabase {
        do throws(UnusableTable) {
            return try GeoDatabase(path: path)
        } catch {
            throw UnusableTable(description: "\(path): \(error.description)")
        }
    }
}
