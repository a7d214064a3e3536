-- What someone attends to: calls on everyone, markers that go back, notifications, statuses, followed threads, saved
-- messages and drafts.

-- The turn of the read marker, in milliseconds since 1970; NULL: since the user joined.
ALTER TABLE members ADD COLUMN read_turn INTEGER;
-- Of which messages the member is notified; NULL: as the kind of room has it.
ALTER TABLE members ADD COLUMN level TEXT;
ALTER TABLE members ADD COLUMN muted INTEGER;

CREATE INDEX members_of_all ON members (room, user) WHERE level = 'all';

-- `room` or `here` where a message calls on more than the people it mentions.
ALTER TABLE messages ADD COLUMN calls TEXT;
-- Whom it called with `@here`: their ids back to back, so that they can be told when it does so no longer.
ALTER TABLE messages ADD COLUMN here BLOB;

-- The messages that call on every member of their room: one row for all of them.
CREATE TABLE calls (
    room BLOB NOT NULL REFERENCES rooms (id),
    seq INTEGER NOT NULL,
    author BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

ALTER TABLE users ADD COLUMN status_text TEXT;
ALTER TABLE users ADD COLUMN status_emoji TEXT;
ALTER TABLE users ADD COLUMN status_until INTEGER;

-- When someone does not want to be disturbed: until a time, and each day between two minutes of the day in UTC.
ALTER TABLE users ADD COLUMN quiet_until INTEGER;
ALTER TABLE users ADD COLUMN quiet_from INTEGER;
ALTER TABLE users ADD COLUMN quiet_to INTEGER;

-- Who follows which thread, and who wanted to follow it no longer.
CREATE TABLE followers (
    root BLOB NOT NULL REFERENCES messages (id),
    user BLOB NOT NULL REFERENCES users (id),
    room BLOB NOT NULL REFERENCES rooms (id),
    following INTEGER NOT NULL,
    -- Up to which reply the thread itself was read; the room's marker may be further on.
    read_seq INTEGER NOT NULL,
    -- When it was last begun to be followed: the newest are the ones that are listed.
    since INTEGER NOT NULL,
    PRIMARY KEY (root, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX followers_by_user ON followers (user, since DESC, root) WHERE following = 1;

CREATE TABLE saved (
    user BLOB NOT NULL REFERENCES users (id),
    message BLOB NOT NULL REFERENCES messages (id),
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (message, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX saved_by_time ON saved (user, saved_at, message);

-- The last word of whichever device wrote last; an empty one says that there is no draft any more.
CREATE TABLE drafts (
    user BLOB NOT NULL REFERENCES users (id),
    room BLOB NOT NULL REFERENCES rooms (id),
    body TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (user, room)
) STRICT, WITHOUT ROWID;

-- Where browsers want to be told while no page is open, each with the keys that only it can read by.
CREATE TABLE subscriptions (
    endpoint TEXT NOT NULL PRIMARY KEY,
    user BLOB NOT NULL REFERENCES users (id),
    session BLOB REFERENCES sessions (id) ON DELETE CASCADE,
    key BLOB NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_by_user ON subscriptions (user, created_at);
CREATE INDEX subscriptions_by_session ON subscriptions (session);

-- Keys that the server made for itself, and that a copy of the database has to keep.
CREATE TABLE keys (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
