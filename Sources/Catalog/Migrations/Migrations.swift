import ClickModel
import Foundation
import GRDB

/// Every change of the file's shape, oldest first; what was released is never edited.
enum Migrations {
    static var all: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: tables") { try $0.execute(sql: firstTables) }
        migrator.registerMigration("2: streams' choices") { try $0.execute(sql: streamChoices) }
        migrator.registerMigration("3: plans and notices") {
            try $0.execute(sql: plansAndNotices)
        }
        migrator.registerMigration("4: control plane") { try $0.execute(sql: controlPlane) }
        migrator.registerMigration("5: the dotless i is a letter of its own", migrate: keepDotless)
        return migrator
    }

    /// Makes the keys of slashtags with a dotless i anew: they were those of the same with an i.
    private static func keepDotless(_ db: Database) throws {
        let links = try Row.fetchAll(
            db,
            sql: "SELECT number, slashtag FROM links WHERE instr(slashtag, 'ı') > 0"
        )
        for link in links {
            guard let key = SlashtagKey(link["slashtag"] as String) else { continue }
            try db.execute(
                sql: "UPDATE links SET key = ? WHERE number = ?",
                arguments: [Data(key.bytes), link["number"] as Int64]
            )
        }
    }
}
