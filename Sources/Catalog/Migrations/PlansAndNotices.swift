extension Migrations {
    /// What workspaces may have, what is to be told, and streams in lanes.
    ///
    /// `features` is a JSON list; a limit that is null is none. A new workspace gets the plan that is the standard one. `notices`
    /// are bodies that `streams.notify` has not accepted yet. `announced...` is the last warning that a stream's events are about
    /// to expire.
    static let plansAndNotices = """
        CREATE TABLE plans (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            features TEXT NOT NULL,
            streams INTEGER,
            links INTEGER,
            isStandard INTEGER NOT NULL DEFAULT 0,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL
        ) STRICT;
        INSERT INTO plans (id, name, features, streams, links, isStandard, createdAt, updatedAt)
        SELECT lower(hex(randomblob(16))), name, features, streams, links, isStandard, now, now
        FROM (
            SELECT 1 AS place, 'Unlimited' AS name, '["clickstream","sinks"]' AS features,
                NULL AS streams, NULL AS links, 1 AS isStandard
            UNION ALL SELECT 2, 'Free', '[]', NULL, 500, 0
            UNION ALL SELECT 3, 'Pro', '["clickstream"]', 3, 50000, 0
        ), (SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000000 AS now)
        ORDER BY place;
        ALTER TABLE workspaces ADD COLUMN plan INTEGER REFERENCES plans (number);
        UPDATE workspaces SET plan = (SELECT number FROM plans WHERE isStandard);
        CREATE TABLE notices (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            createdAt INTEGER NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        ALTER TABLE streams ADD COLUMN announcedPercent INTEGER;
        ALTER TABLE streams ADD COLUMN announcedEvents INTEGER;
        ALTER TABLE streams ADD COLUMN announcedAt INTEGER;
        ALTER TABLE streams ADD COLUMN lanes INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE replays ADD COLUMN laneNumbers TEXT NOT NULL DEFAULT '[]';
        """
}
