package import ClickModel
import Crypto
import Foundation
import GRDB

/// A key to the API, bound to a workspace.
///
/// The key itself is nowhere: only its hash is kept.
package struct AccessKey: Hashable, Sendable {
    /// What a key's bearer may do.
    package enum Scope: String, CaseIterable, Sendable {
        /// Everything in the workspace.
        case owner
        /// Look, and change links and what belongs to them: not streams, keys and the workspace.
        case editor
        /// Only look.
        case reader
        /// Only send clicks.
        case clickSender = "click-sender"
    }

    package let id: String
    package let workspace: WorkspaceNumber
    package let name: String
    package let scope: Scope
    package let lastFour: String
    package let createdAt: Timestamp
    /// When it stops working; nil for never.
    package let expiresAt: Timestamp?

    static let columns =
        "keys.id, keys.workspace, keys.name, keys.scope, keys.lastFour, "
        + "keys.createdAt, keys.expiresAt"
    static let orders: [Page.Order: String] = [.createdAt: "keys.createdAt", .name: "keys.name"]

    init(_ row: Row) {
        id = row[0]
        workspace = row[1]
        name = row[2]
        // What this version doesn't know may do the least.
        scope = Scope(rawValue: row[3]) ?? .clickSender
        lastFour = row[4]
        createdAt = Timestamp(microseconds: row[5])
        expiresAt = (row[6] as Int64?).map(Timestamp.init)
    }

    /// A new key: 40 characters that say whose it is, so that scanners for leaked keys know it.
    static func random() -> String {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        var random = SystemRandomNumberGenerator()
        let characters = (0..<37).map { _ in alphabet.randomElement(using: &random) ?? 0x30 }
        return "ck_" + String(decoding: characters, as: UTF8.self)
    }

    static func hash(_ key: String) -> Data { Data(SHA256.hash(data: Data(key.utf8))) }
}

extension Catalog {
    /// The key that somebody showed; nil when there is none such, or it has expired.
    ///
    /// It is found by its hash, so the time this takes tells nothing about the key.
    package func accessKey(_ key: String) async throws(CatalogError) -> AccessKey? {
        let known: AccessKey?
        do {
            known = try await gate.read { db in
                try Row.fetchOne(
                    db.cachedStatement(
                        sql: "SELECT \(AccessKey.columns) FROM keys WHERE hash = ?"
                    ),
                    arguments: [AccessKey.hash(key)]
                ).map(AccessKey.init)
            }
        } catch {
            throw CatalogError(error)
        }
        guard let found = known else { return nil }
        if let end = found.expiresAt, end <= settings.now() { return nil }
        return found
    }

    /// Whether a key that was shown before still works.
    package func isValid(_ key: AccessKey) async throws(CatalogError) -> Bool {
        if let end = key.expiresAt, end <= settings.now() { return false }
        do {
            return try await gate.read { db in
                try Int.fetchOne(db, sql: "SELECT 1 FROM keys WHERE id = ?", arguments: [key.id])
                    != nil
            }
        } catch {
            throw CatalogError(error)
        }
    }

    package func key(id: String, in workspace: Workspace) async throws(CatalogError) -> AccessKey {
        try await read { try Self.findKey($0, id: id, in: workspace.number) }
    }

    package func keyCount(in workspace: Workspace) async throws(CatalogError) -> Int {
        try await read { try Self.count($0, "keys", in: workspace.number) }
    }

    package func keys(
        in workspace: Workspace,
        _ page: Page
    ) async throws(CatalogError) -> [AccessKey] {
        try await read { db in
            var conditions = Conditions()
            conditions.add("keys.workspace = ?", workspace.number)
            let rest = try page.apply(db, table: "keys", columns: AccessKey.orders, to: &conditions)
            return try Row.fetchAll(
                db,
                sql: "SELECT \(AccessKey.columns) FROM keys \(rest)",
                arguments: conditions.arguments
            ).map(AccessKey.init)
        }
    }

    /// Makes a key, and tells it this once.
    package func createKey(
        name: String,
        scope: AccessKey.Scope,
        expiresAt: Timestamp?,
        in workspace: Workspace
    ) async throws(CatalogError) -> (record: AccessKey, key: String) {
        try Workspace.check(name: name)
        if let expiresAt, expiresAt <= settings.now() {
            throw .invalid("expiresAt", "must be a moment that is to come")
        }
        let key = AccessKey.random()
        let record = try await change { [settings] db, consequences in
            let id = settings.newID()
            try db.execute(
                sql: """
                    INSERT INTO keys
                        (id, workspace, name, scope, hash, lastFour, createdAt, expiresAt)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, workspace.number, name, scope.rawValue, AccessKey.hash(key),
                    String(key.suffix(4)), settings.now().microseconds, expiresAt?.microseconds,
                ]
            )
            consequences.note(
                "create",
                "key",
                id: id,
                name: name,
                in: workspace.number,
                ["scope": scope.rawValue]
            )
            return try Self.findKey(db, id: id, in: workspace.number)
        }
        return (record, key)
    }

    package func deleteKey(
        id: String,
        in workspace: Workspace
    ) async throws(CatalogError) -> AccessKey {
        try await change { db, consequences in
            let key = try Self.findKey(db, id: id, in: workspace.number)
            try db.execute(sql: "DELETE FROM keys WHERE id = ?", arguments: [id])
            consequences.note("delete", "key", id: id, name: key.name, in: workspace.number)
            return key
        }
    }

    private static func findKey(
        _ db: Database,
        id: String,
        in workspace: WorkspaceNumber
    ) throws -> AccessKey {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT \(AccessKey.columns) FROM keys WHERE id = ? AND workspace = ?",
            arguments: [id, workspace]
        )
        guard let row else { throw CatalogError.notFound("key") }
        return AccessKey(row)
    }
}
