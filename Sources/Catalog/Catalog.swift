package import ClickModel
import Foundation
import GRDB
import Synchronization

/// What operators and owners declare: workspaces, domains, links, streams and keys, in SQLite.
///
/// Reads run side by side. Changes run one at a time, and each is told to the edge, in the order
/// of their commits, before its verb returns: a link is live when its creation is answered.
package final class Catalog: Sendable {
    /// Told what changed; the change's verb returns after it has.
    package typealias DirectoryObserver = @Sendable ([DirectoryChange]) async -> Void
    /// Told that streams were added, removed or moved on by a person.
    package typealias StreamObserver = @Sendable () -> Void

    private struct Observers {
        var directory: DirectoryObserver?
        var streams: StreamObserver?
        var notices: StreamObserver?
    }

    let pool: DatabasePool
    /// Keys are looked up beside everything else: lists that take long must not keep others from showing theirs.
    let gate: DatabaseQueue
    let box: SecretBox
    let settings: CatalogSettings
    let identities = IdentityCache()
    private let turnstile = Turnstile()
    private let observers = Mutex(Observers())

    /// Opens the catalog, or makes it with one account and the workspace `Main`.
    ///
    /// - Throws: `masterKey` when the key that its secrets are sealed with isn't there.
    package init(_ settings: CatalogSettings) throws(CatalogError) {
        self.settings = settings
        do {
            pool = try Self.open("\(settings.directory)/catalog.db")
            var configuration = Configuration()
            configuration.label = "clickstream.catalog.gate"
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            gate = try DatabaseQueue(
                path: "\(settings.directory)/catalog.db",
                configuration: configuration
            )
            box = try Self.unlock(pool, settings.keySource)
            try pool.write { db in try Self.fill(db, settings) }
        } catch {
            throw CatalogError(error)
        }
    }

    /// Closes the file.
    ///
    /// Nothing may be asked of the catalog afterwards.
    package func close() throws(CatalogError) {
        do {
            try gate.close()
            try pool.close()
        } catch { throw CatalogError(error) }
    }

    /// Names who is told of changes to domains and links.
    package func observeDirectory(_ observer: @escaping DirectoryObserver) {
        observers.withLock { $0.directory = observer }
    }

    /// Names who is told of changes to streams.
    package func observeStreams(_ observer: @escaping StreamObserver) {
        observers.withLock { $0.streams = observer }
    }

    /// Names who is told that there are new notices.
    package func observeNotices(_ observer: @escaping StreamObserver) {
        observers.withLock { $0.notices = observer }
    }

    // MARK: - Opening

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "clickstream.catalog"
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 8
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // Room for the inner pages of ten million links' indices: a look-up then reads two pages from the file, not eight.
            try db.execute(sql: "PRAGMA cache_size = -16384")
        }
        // SQLite's side files take their mode from the file's: all for the service's own eyes.
        if !FileManager.default.fileExists(atPath: path) {
            let mode: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: mode)
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // GRDB sets NORMAL on opening in WAL mode; only FULL syncs every commit.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw CatalogError.storage("SQLite did not accept synchronous = FULL")
            }
        }
        try Migrations.all.migrate(pool)
        return pool
    }

    /// Checks the master key against the proof that the first start left.
    private static func unlock(
        _ pool: DatabasePool,
        _ source: MasterKey.Source
    ) throws -> SecretBox {
        let proof = try pool.read { try Data.fetchOne($0, sql: "SELECT proof FROM vault") }
        let box = SecretBox(try MasterKey.load(from: source, mayCreate: proof == nil))
        let place = SecretBox.Place(table: "vault", column: "proof", row: "1")
        if let proof {
            _ = try box.open(proof, at: place)
        } else {
            let sealed = try box.seal("clickstream", at: place)
            try pool.write { db in
                try db.execute(
                    sql: "INSERT INTO vault (keyID, proof) VALUES (?, ?)",
                    arguments: [Data(box.keyID), sealed]
                )
            }
        }
        return box
    }

    /// Makes what every catalog has.
    private static func fill(_ db: Database, _ settings: CatalogSettings) throws {
        guard try Int.fetchOne(db, sql: "SELECT 1 FROM accounts") == nil else { return }
        let now = settings.now()
        try db.execute(
            sql: "INSERT INTO accounts (id, name, createdAt) VALUES (?, ?, ?)",
            arguments: [settings.newID(), "Operator", now.microseconds]
        )
        _ = try Workspace.insert(db, id: settings.newID(), name: "Main", now: now)
    }

    // MARK: - Access

    /// Reads a consistent picture.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(CatalogError) -> Value {
        do { return try await pool.read(body) } catch { throw CatalogError(error) }
    }

    /// Changes the catalog, then tells who must know; nobody else changes it in between.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (Database, inout Consequences) throws -> Value
    ) async throws(CatalogError) -> Value {
        // A task of its own: what was committed is told even when the one who asked has gone.
        let result = await Task { () async -> Result<Value, CatalogError> in
            await turnstile.enter()
            let result = await changeInTurn(body)
            await turnstile.leave()
            return result
        }.value
        return try result.get()
    }

    /// Runs `body` while nothing is changed.
    func whileUnchanged<Failure: Error>(
        _ body: () async throws(Failure) -> Void
    ) async throws(Failure) {
        await turnstile.enter()
        do {
            try await body()
        } catch {
            await turnstile.leave()
            throw error
        }
        await turnstile.leave()
    }

    private func changeInTurn<Value: Sendable>(
        _ body: @escaping @Sendable (Database, inout Consequences) throws -> Value
    ) async -> Result<Value, CatalogError> {
        let value: Value
        let consequences: Consequences
        do {
            (value, consequences) = try await pool.write { [self, actor = Self.actor] db in
                var consequences = Consequences(actor: actor)
                let value = try body(db, &consequences)
                try write(consequences, db)
                return (value, consequences)
            }
        } catch {
            return .failure(CatalogError(error))
        }
        await tell(consequences)
        return .success(value)
    }

    private func tell(_ consequences: Consequences) async {
        let observers = observers.withLock { $0 }
        if consequences.touchesStreams { observers.streams?() }
        if consequences.hasNotices { observers.notices?() }
        guard let directory = observers.directory else { return }
        if !consequences.directory.isEmpty { await directory(consequences.directory) }
        if let links = consequences.resends {
            // It is committed: what can't be read now is read again by the next start.
            try? await forEachLink(of: links, batch: 1000) { await directory($0) }
        }
    }
}

/// What a change means for others, once it is committed.
struct Consequences: Sendable {
    /// Who makes the change; nil for the service itself.
    let actor: Actor?
    /// What the audit log is to say.
    var notes: [AuditNote] = []
    var directory: [DirectoryChange] = []
    /// The links that the edge must get anew.
    var resends: LinkSet?
    var touchesStreams = false
    /// Whether there is something to be told.
    var hasNotices = false
}
