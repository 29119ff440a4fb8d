extension Migrations {
    /// What a stream's owner chooses beyond the first version.
    ///
    /// `filter` is JSON, null for an open one; `maxAge` microseconds; `skipTo` a place in the log; `resumedAt` when a person
    /// last let it go on. `pending...` is the destination that is to take the place of the stream's own once it has accepted a
    /// test delivery, in the form of `settings` and `secretSettings`. `numberedSince` is when filter or format last changed.
    static let streamChoices = """
        ALTER TABLE streams ADD COLUMN filter TEXT;
        ALTER TABLE streams ADD COLUMN maxAge INTEGER NOT NULL DEFAULT 259200000000;
        ALTER TABLE streams ADD COLUMN requestsPerSecond REAL;
        ALTER TABLE streams ADD COLUMN skipTo INTEGER;
        ALTER TABLE streams ADD COLUMN resumedAt INTEGER;
        ALTER TABLE streams ADD COLUMN keyVersion INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE streams ADD COLUMN previousKey BLOB;
        ALTER TABLE streams ADD COLUMN pendingSettings TEXT;
        ALTER TABLE streams ADD COLUMN pendingSecretSettings BLOB;
        ALTER TABLE streams ADD COLUMN pendingReason TEXT;
        ALTER TABLE streams ADD COLUMN pendingSince INTEGER;
        ALTER TABLE streams ADD COLUMN numberedSince INTEGER;
        CREATE TABLE replays (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            stream TEXT NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
            first INTEGER NOT NULL,
            end INTEGER NOT NULL,
            firstSequence INTEGER NOT NULL,
            startTotal INTEGER NOT NULL,
            createdAt INTEGER NOT NULL,
            finishedAt INTEGER
        ) STRICT;
        CREATE INDEX replaysByStream ON replays (stream, number);
        """
}
