-- Ids are UUIDv7, times are milliseconds since 1970 in UTC, what can be told apart by case has a lowercase key beside
-- it. Nothing here has a default and no trigger runs: what is stored is what was sent. Texts are compared by their
-- bytes (COLLATE "C"), so that order, prefixes and pages are the same on every server and run on plain indexes.

CREATE TABLE meta (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    username TEXT COLLATE "C" NOT NULL,
    username_key TEXT COLLATE "C" NOT NULL UNIQUE,
    -- What is left when everything that the eye confuses is made the same.
    skeleton TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    display_key TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    avatar_url TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);

CREATE INDEX users_by_display_key ON users (display_key, username_key);

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    "user" UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE INDEX sessions_by_user ON sessions ("user");
CREATE INDEX sessions_by_created_at ON sessions (created_at);
CREATE INDEX sessions_by_seen_at ON sessions (seen_at);

CREATE TABLE tokens (
    id UUID NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL UNIQUE,
    "user" UUID NOT NULL REFERENCES users (id),
    name TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX tokens_by_user ON tokens ("user", created_at, id);

CREATE TABLE rooms (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    private BOOLEAN NOT NULL,
    -- A direct room's people: their ids, ascending, back to back. What makes it unique for them.
    direct_key BYTEA,
    created_by UUID REFERENCES users (id),
    created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX rooms_by_direct_key ON rooms (direct_key) WHERE direct_key IS NOT NULL;
-- Direct rooms are always private, so these are the public channels.
CREATE INDEX rooms_public ON rooms (name_key, id) WHERE NOT private;

-- Where each room stands: the one row that every change of a room writes, kept narrow. Half of each page stays free,
-- so that a new version finds room beside the old one and no index has to learn of it; and what is dead is cleared
-- away by the count, as a share of a small table would be reached either always or never.
CREATE TABLE room_heads (
    room UUID NOT NULL PRIMARY KEY REFERENCES rooms (id),
    last_seq BIGINT NOT NULL,
    last_rev BIGINT NOT NULL,
    last_at BIGINT NOT NULL
) WITH (
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);

-- Read markers move often; no index holds them, so a little room on each page is enough.
CREATE TABLE members (
    room UUID NOT NULL REFERENCES rooms (id),
    "user" UUID NOT NULL REFERENCES users (id),
    -- The user's, repeated so that a room's members are paged by name on an index.
    username_key TEXT COLLATE "C" NOT NULL,
    read_seq BIGINT NOT NULL,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (room, "user")
) WITH (
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0.05
);

CREATE INDEX members_by_user ON members ("user", room);
CREATE INDEX members_by_name ON members (room, username_key);

-- Mostly inserted into: the thresholds keep statistics and the visibility map fresh however large it is.
CREATE TABLE messages (
    id UUID NOT NULL PRIMARY KEY,
    room UUID NOT NULL REFERENCES rooms (id),
    seq BIGINT NOT NULL,
    rev BIGINT NOT NULL,
    author UUID NOT NULL REFERENCES users (id),
    body TEXT COLLATE "C" NOT NULL,
    html TEXT COLLATE "C" NOT NULL,
    nonce TEXT COLLATE "C",
    thread UUID,
    reply_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    deleted BOOLEAN NOT NULL,
    pinned BOOLEAN NOT NULL,
    -- The people mentioned: a page of messages needs no second query for them.
    mentions UUID[] NOT NULL,
    UNIQUE (room, seq),
    UNIQUE (room, rev)
) WITH (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

CREATE UNIQUE INDEX messages_by_nonce ON messages (author, nonce) WHERE nonce IS NOT NULL;

-- The same mentions once more, by reader: what mentions someone and is unread is one range.
CREATE TABLE mentions (
    "user" UUID NOT NULL REFERENCES users (id),
    room UUID NOT NULL REFERENCES rooms (id),
    seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY ("user", room, seq)
) WITH (
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
