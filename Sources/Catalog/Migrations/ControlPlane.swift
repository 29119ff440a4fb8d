extension Migrations {
    /// What belongs to links beside where they lead, what was changed by whom, and what months brought.
    ///
    /// `links.tags` keeps the names of a link's tags in the order of their attachment, as events have them: `linkTags` says
    /// the same by numbers. `links.extras` is not 0 for a link that has rules, apps, scripts, a preview or an end. `workspaces.links`
    /// is kept by triggers, so that nobody has to count. `usage.startTotal` is how many events the workspace had ever had when
    /// the month began.
    static let controlPlane = """
        ALTER TABLE links ADD COLUMN description TEXT;
        ALTER TABLE links ADD COLUMN extras INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE links ADD COLUMN expiresAt INTEGER;
        -- What people did with it, counted behind the log: `countedEvents` is how far.
        ALTER TABLE links ADD COLUMN clicks INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE links ADD COLUMN sessions INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE links ADD COLUMN lastClickAt INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE countedEvents (one INTEGER PRIMARY KEY CHECK (one = 1), offset INTEGER NOT NULL) STRICT;
        CREATE INDEX linksByLastClick ON links (workspace, lastClickAt, number);
        CREATE INDEX linksByUpdate ON links (workspace, updatedAt, number);
        CREATE INDEX linksByTitle ON links (workspace, COALESCE(title, ''), number);
        CREATE INDEX linksBySlashtag ON links (workspace, slashtag, number);
        CREATE INDEX favouriteLinks ON links (workspace, createdAt, number) WHERE favourite;

        ALTER TABLE workspaces ADD COLUMN links INTEGER NOT NULL DEFAULT 0;
        UPDATE workspaces SET links = (SELECT COUNT(*) FROM links WHERE workspace = workspaces.number);
        CREATE TRIGGER linkAdded AFTER INSERT ON links BEGIN
            UPDATE workspaces SET links = links + 1 WHERE number = NEW.workspace;
        END;
        CREATE TRIGGER linkRemoved AFTER DELETE ON links BEGIN
            UPDATE workspaces SET links = links - 1 WHERE number = OLD.workspace;
        END;

        CREATE TABLE tags (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number) ON DELETE CASCADE,
            name TEXT NOT NULL,
            color TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL,
            UNIQUE (workspace, name)
        ) STRICT;
        CREATE TABLE linkTags (
            number INTEGER PRIMARY KEY,
            link INTEGER NOT NULL REFERENCES links (number) ON DELETE CASCADE,
            tag INTEGER NOT NULL REFERENCES tags (number) ON DELETE CASCADE,
            UNIQUE (tag, link)
        ) STRICT;
        CREATE INDEX tagsOfLinks ON linkTags (link, number);
        INSERT INTO tags (id, workspace, name, color, createdAt, updatedAt)
        SELECT lower(hex(randomblob(16))), workspace, name, '9e9e9e', createdAt, createdAt FROM (
            SELECT links.workspace, value AS name, MIN(links.createdAt) AS createdAt
            FROM links, json_each(links.tags) GROUP BY links.workspace, value);
        INSERT OR IGNORE INTO linkTags (link, tag)
        SELECT links.number, tags.number FROM links, json_each(links.tags)
        JOIN tags ON tags.workspace = links.workspace AND tags.name = json_each.value
        ORDER BY links.number, json_each.key;
        -- A name that a link had twice it has once.
        UPDATE links SET tags = (
            SELECT json_group_array(name) FROM (
                SELECT name FROM linkTags JOIN tags ON tags.number = tag
                WHERE link = links.number ORDER BY linkTags.number))
        WHERE tags <> '[]';

        CREATE TABLE scripts (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL,
            UNIQUE (workspace, name)
        ) STRICT;
        CREATE TABLE linkScripts (
            number INTEGER PRIMARY KEY,
            link INTEGER NOT NULL REFERENCES links (number) ON DELETE CASCADE,
            script INTEGER NOT NULL REFERENCES scripts (number) ON DELETE CASCADE,
            UNIQUE (script, link)
        ) STRICT;
        CREATE INDEX scriptsOfLinks ON linkScripts (link, number);

        -- `condition` is JSON as the API has it; `location` what goes out.
        CREATE TABLE linkRules (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            link INTEGER NOT NULL REFERENCES links (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            destination TEXT NOT NULL,
            location TEXT NOT NULL,
            condition TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX rulesOfLinks ON linkRules (link, position, number);

        CREATE TABLE apps (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            workspace INTEGER NOT NULL REFERENCES workspaces (number) ON DELETE CASCADE,
            name TEXT NOT NULL,
            ios TEXT,
            android TEXT,
            createdAt INTEGER NOT NULL,
            updatedAt INTEGER NOT NULL,
            UNIQUE (workspace, name)
        ) STRICT;
        CREATE TABLE linkApps (
            number INTEGER PRIMARY KEY,
            link INTEGER NOT NULL REFERENCES links (number) ON DELETE CASCADE,
            app INTEGER NOT NULL REFERENCES apps (number) ON DELETE CASCADE,
            path TEXT NOT NULL,
            UNIQUE (app, link)
        ) STRICT;
        CREATE INDEX appsOfLinks ON linkApps (link, number);

        CREATE TABLE linkPreviews (
            link INTEGER PRIMARY KEY REFERENCES links (number) ON DELETE CASCADE,
            title TEXT NOT NULL,
            description TEXT NOT NULL,
            image TEXT NOT NULL,
            type TEXT NOT NULL,
            locale TEXT NOT NULL
        ) STRICT;

        ALTER TABLE plans ADD COLUMN events INTEGER;
        -- The examples; a plan that somebody has stays as it is.
        UPDATE plans SET events = CASE name WHEN 'Free' THEN 10000 ELSE 1000000 END
        WHERE name IN ('Free', 'Pro') AND updatedAt = createdAt
        AND NOT EXISTS (SELECT 1 FROM workspaces WHERE plan = plans.number);
        CREATE TABLE usage (
            workspace INTEGER NOT NULL REFERENCES workspaces (number) ON DELETE CASCADE,
            month TEXT NOT NULL,
            startTotal INTEGER NOT NULL,
            events INTEGER NOT NULL,
            PRIMARY KEY (workspace, month)
        ) STRICT, WITHOUT ROWID;

        -- No reference to the workspace: what was done to it outlives it.
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            workspace INTEGER,
            actor TEXT NOT NULL,
            actorID TEXT,
            actorName TEXT,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            targetID TEXT,
            targetName TEXT,
            details TEXT NOT NULL,
            request TEXT
        ) STRICT;
        CREATE INDEX auditByWorkspace ON audit (workspace, number);
        CREATE INDEX auditByTime ON audit (at);
        """
}
