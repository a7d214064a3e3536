-- People have profiles and roles, rooms have rules, and what is done to either is written down. Versions that do not
-- know of this would let in whom these tables keep out.

ALTER TABLE users ADD COLUMN title TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN pronouns TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN time_zone TEXT COLLATE "C";
-- Nothing: the account is open.
ALTER TABLE users ADD COLUMN deactivated_at BIGINT;

CREATE INDEX users_owning ON users (id) WHERE role = 'owner';

-- What the browser calls itself.
ALTER TABLE sessions ADD COLUMN agent TEXT COLLATE "C";

ALTER TABLE rooms ADD COLUMN description TEXT COLLATE "C";
ALTER TABLE rooms ADD COLUMN archived_at BIGINT;
-- Seconds between two messages of a person. Nothing: no slow mode.
ALTER TABLE rooms ADD COLUMN slow_s BIGINT;
-- The version of all rooms at this one's last change. Nothing: as it was made.
ALTER TABLE rooms ADD COLUMN version BIGINT;

CREATE INDEX rooms_by_version ON rooms (version) WHERE version IS NOT NULL;

-- When the member last posted, for slow mode. Nothing: not since there is slow mode.
ALTER TABLE members ADD COLUMN posted_at BIGINT;

-- How often the names and pictures of people ('people'), and the settings of rooms ('rooms'), have changed: versions of
-- what shows them.
CREATE TABLE looks (
    what TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

INSERT INTO looks (what, version) VALUES ('people', 0), ('rooms', 0);

CREATE TABLE bans (
    room UUID NOT NULL REFERENCES rooms (id),
    "user" UUID NOT NULL REFERENCES users (id),
    banned_by UUID NOT NULL REFERENCES users (id),
    banned_at BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (room, "user")
);

CREATE INDEX bans_by_user ON bans ("user", room);

CREATE TABLE invites (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    role TEXT COLLATE "C" NOT NULL,
    rooms UUID[] NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    uses BIGINT NOT NULL,
    uses_max BIGINT
);

CREATE TABLE reports (
    id UUID NOT NULL PRIMARY KEY,
    message UUID NOT NULL REFERENCES messages (id),
    -- What the message said then.
    body TEXT COLLATE "C" NOT NULL,
    reporter UUID NOT NULL REFERENCES users (id),
    reason TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    -- Nothing: it waits.
    resolved_at BIGINT,
    resolved_by UUID REFERENCES users (id),
    resolution TEXT COLLATE "C" NOT NULL
);

-- Who reports a message twice has reported it once.
CREATE UNIQUE INDEX reports_open ON reports (reporter, message) WHERE resolved_at IS NULL;
CREATE INDEX reports_by_message ON reports (message);
CREATE INDEX reports_waiting ON reports (id) WHERE resolved_at IS NULL;
CREATE INDEX reports_resolved ON reports (id) WHERE resolved_at IS NOT NULL;

CREATE TABLE audit (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor UUID NOT NULL REFERENCES users (id),
    action TEXT COLLATE "C" NOT NULL,
    "user" UUID REFERENCES users (id),
    room UUID REFERENCES rooms (id),
    detail TEXT COLLATE "C" NOT NULL
);
