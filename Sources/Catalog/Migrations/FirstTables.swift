extension Migrations {
    /// The tables of the first version.
    ///
    /// Numbers are the tables' own and never reused; ids are what the API shows. Moments are
    /// microseconds since 1970.
    static let firstTables = """
        CREATE TABLE vault (
            keyID BLOB PRIMARY KEY,
            proof BLOB NOT NULL
        ) STRICT;

        CREATE TABLE accounts (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            createdAt INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE workspaces (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE domains (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number),
            fullName TEXT NOT NULL UNIQUE,
            rootURL TEXT,
            fallbackURL TEXT,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX domainsByWorkspace ON domains (workspace, createdAt, number);

        -- `destination` is as its owner wrote it; `location` what goes out, where that differs.
        CREATE TABLE links (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number),
            domain INTEGER NOT NULL REFERENCES domains (number) ON DELETE CASCADE,
            slashtag TEXT NOT NULL,
            key BLOB NOT NULL,
            destination TEXT NOT NULL,
            location TEXT,
            title TEXT,
            tags TEXT NOT NULL DEFAULT '[]',
            forwardParameters INTEGER NOT NULL,
            favourite INTEGER NOT NULL,
            creator TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL,
            UNIQUE (domain, key)
        ) STRICT;
        CREATE INDEX linksByWorkspace ON links (workspace, createdAt, number);
        CREATE INDEX linksByDomain ON links (domain, createdAt, number);

        CREATE TABLE streams (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number),
            kind TEXT NOT NULL,
            settings TEXT NOT NULL,
            secretSettings BLOB NOT NULL,
            format TEXT NOT NULL,
            key BLOB NOT NULL,
            secrets BLOB NOT NULL,
            batchEvents INTEGER NOT NULL,
            batchBytes INTEGER NOT NULL,
            batchWait INTEGER NOT NULL,
            status TEXT NOT NULL,
            statusReason TEXT,
            statusSince INTEGER NOT NULL,
            start INTEGER NOT NULL,
            startTotal INTEGER NOT NULL,
            createdAt INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX streamsByWorkspace ON streams (workspace, createdAt, number);

        CREATE TABLE keys (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number),
            name TEXT NOT NULL,
            scope TEXT NOT NULL,
            hash BLOB NOT NULL UNIQUE,
            lastFour TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            expiresAt INTEGER
        ) STRICT;
        CREATE INDEX keysByWorkspace ON keys (workspace, createdAt, number);
        """
}
