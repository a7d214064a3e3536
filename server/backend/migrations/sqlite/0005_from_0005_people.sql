-- People have profiles and roles, rooms have rules, and what is done to either is written down. Versions that do not
-- know of this would let in whom these tables keep out.

ALTER TABLE users ADD COLUMN title TEXT;
ALTER TABLE users ADD COLUMN pronouns TEXT;
ALTER TABLE users ADD COLUMN time_zone TEXT;
-- Nothing: the account is open.
ALTER TABLE users ADD COLUMN deactivated_at INTEGER;

CREATE INDEX users_owning ON users (id) WHERE role = 'owner';

-- What the browser calls itself.
ALTER TABLE sessions ADD COLUMN agent TEXT;

ALTER TABLE rooms ADD COLUMN description TEXT;
ALTER TABLE rooms ADD COLUMN archived_at INTEGER;
-- Seconds between two messages of a person. Nothing: no slow mode.
ALTER TABLE rooms ADD COLUMN slow_s INTEGER;
-- The version of all rooms at this one's last change. Nothing: as it was made.
ALTER TABLE rooms ADD COLUMN version INTEGER;

CREATE INDEX rooms_by_version ON rooms (version) WHERE version IS NOT NULL;

-- When the member last posted, for slow mode. Nothing: not since there is slow mode.
ALTER TABLE members ADD COLUMN posted_at INTEGER;

-- How often the names and pictures of people ('people'), and the settings of rooms ('rooms'), have changed: versions of
-- what shows them.
CREATE TABLE looks (
    what TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO looks (what, version) VALUES ('people', 0), ('rooms', 0);

CREATE TABLE bans (
    room BLOB NOT NULL REFERENCES rooms (id),
    user BLOB NOT NULL REFERENCES users (id),
    banned_by BLOB NOT NULL REFERENCES users (id),
    banned_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX bans_by_user ON bans (user, room);

CREATE TABLE invites (
    id BLOB NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    -- The ids of rooms, back to back.
    rooms BLOB NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    uses INTEGER NOT NULL,
    uses_max INTEGER
) STRICT;

CREATE TABLE reports (
    id BLOB NOT NULL PRIMARY KEY,
    message BLOB NOT NULL REFERENCES messages (id),
    -- What the message said then.
    body TEXT NOT NULL,
    reporter BLOB NOT NULL REFERENCES users (id),
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Nothing: it waits.
    resolved_at INTEGER,
    resolved_by BLOB REFERENCES users (id),
    resolution TEXT NOT NULL
) STRICT;

-- Who reports a message twice has reported it once.
CREATE UNIQUE INDEX reports_open ON reports (reporter, message) WHERE resolved_at IS NULL;
CREATE INDEX reports_by_message ON reports (message);
CREATE INDEX reports_waiting ON reports (id) WHERE resolved_at IS NULL;
CREATE INDEX reports_resolved ON reports (id) WHERE resolved_at IS NOT NULL;

CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor BLOB NOT NULL REFERENCES users (id),
    action TEXT NOT NULL,
    user BLOB REFERENCES users (id),
    room BLOB REFERENCES rooms (id),
    detail TEXT NOT NULL
) STRICT, WITHOUT ROWID;
