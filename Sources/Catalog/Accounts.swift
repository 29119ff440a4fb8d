package import ClickModel
import GRDB

/// Who the catalog belongs to.
package struct Account: Hashable, Sendable {
    package let id: String
    package let name: String
    package let createdAt: Timestamp
}

extension Catalog {
    /// The account that the admin key acts for.
    package func account() async throws(CatalogError) -> Account {
        try await read { db in
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: "SELECT id, name, createdAt FROM accounts ORDER BY number"
                )
            else { throw CatalogError.notFound("account") }
            return Account(
                id: row[0],
                name: row[1],
                createdAt: Timestamp(microseconds: row[2])
            )
        }
    }
}
