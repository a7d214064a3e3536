-- Ids are UUIDv7 in 16 bytes, times are milliseconds since 1970 in UTC, what can be told apart by case has a
-- lowercase key beside it. Nothing here has a default and no trigger runs: what is stored is what was sent.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    -- What is left when everything that the eye confuses is made the same.
    skeleton TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    display_key TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    avatar_url TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX users_by_display_key ON users (display_key, username_key);

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    user BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user);
CREATE INDEX sessions_by_created_at ON sessions (created_at);
CREATE INDEX sessions_by_seen_at ON sessions (seen_at);

CREATE TABLE tokens (
    id BLOB NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    user BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX tokens_by_user ON tokens (user, created_at, id);

CREATE TABLE rooms (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    topic TEXT NOT NULL,
    private INTEGER NOT NULL,
    -- A direct room's people: their ids, ascending, back to back. What makes it unique for them.
    direct_key BLOB,
    created_by BLOB REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX rooms_by_direct_key ON rooms (direct_key) WHERE direct_key IS NOT NULL;
-- Direct rooms are always private, so these are the public channels.
CREATE INDEX rooms_public ON rooms (name_key, id) WHERE private = 0;

-- Where each room stands: the one row that every change of a room writes, kept narrow.
CREATE TABLE room_heads (
    room BLOB NOT NULL PRIMARY KEY REFERENCES rooms (id),
    last_seq INTEGER NOT NULL,
    last_rev INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    room BLOB NOT NULL REFERENCES rooms (id),
    user BLOB NOT NULL REFERENCES users (id),
    -- The user's, repeated so that a room's members are paged by name on an index.
    username_key TEXT NOT NULL,
    read_seq INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_user ON members (user, room);
CREATE INDEX members_by_name ON members (room, username_key);

CREATE TABLE messages (
    -- An alias of SQLite's row number, so that it survives VACUUM and a full-text index can hold on to it.
    rowid INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    room BLOB NOT NULL REFERENCES rooms (id),
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    author BLOB NOT NULL REFERENCES users (id),
    body TEXT NOT NULL,
    html TEXT NOT NULL,
    nonce TEXT,
    thread BLOB,
    reply_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    -- The ids of the people mentioned, back to back: a page of messages needs no second query for them.
    mentions BLOB NOT NULL,
    UNIQUE (room, seq),
    UNIQUE (room, rev)
) STRICT;

CREATE UNIQUE INDEX messages_by_nonce ON messages (author, nonce) WHERE nonce IS NOT NULL;

-- The same mentions once more, by reader: what mentions someone and is unread is one range.
CREATE TABLE mentions (
    user BLOB NOT NULL REFERENCES users (id),
    room BLOB NOT NULL REFERENCES rooms (id),
    seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user, room, seq)
) STRICT, WITHOUT ROWID;
