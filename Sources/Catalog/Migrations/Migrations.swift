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
        return migrator
    }
}
