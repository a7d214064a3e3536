-- What someone attends to: calls on everyone, markers that go back, notifications, statuses, followed threads, saved
-- messages and drafts.

-- The turn of the read marker, in milliseconds since 1970; NULL: since the user joined.
ALTER TABLE members ADD COLUMN read_turn BIGINT;
-- Of which messages the member is notified; NULL: as the kind of room has it.
ALTER TABLE members ADD COLUMN level TEXT COLLATE "C";
ALTER TABLE members ADD COLUMN muted BOOLEAN;

-- Nobody has chosen a level yet, so there is nothing to build it from; the look at the table is short.
CREATE INDEX members_of_all ON members (room, "user") WHERE level = 'all';

-- `room` or `here` where a message calls on more than the people it mentions.
ALTER TABLE messages ADD COLUMN calls TEXT COLLATE "C";
-- Whom it called with `@here`, so that they can be told when it does so no longer.
ALTER TABLE messages ADD COLUMN here UUID[];

-- The messages that call on every member of their room: one row for all of them.
CREATE TABLE calls (
    room UUID NOT NULL REFERENCES rooms (id),
    seq BIGINT NOT NULL,
    author UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (room, seq)
);

ALTER TABLE users ADD COLUMN status_text TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN status_emoji TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN status_until BIGINT;

-- When someone does not want to be disturbed: until a time, and each day between two minutes of the day in UTC.
ALTER TABLE users ADD COLUMN quiet_until BIGINT;
ALTER TABLE users ADD COLUMN quiet_from BIGINT;
ALTER TABLE users ADD COLUMN quiet_to BIGINT;

-- Who follows which thread, and who wanted to follow it no longer.
CREATE TABLE followers (
    root UUID NOT NULL REFERENCES messages (id),
    "user" UUID NOT NULL REFERENCES users (id),
    room UUID NOT NULL REFERENCES rooms (id),
    following BOOLEAN NOT NULL,
    -- Up to which reply the thread itself was read; the room's marker may be further on.
    read_seq BIGINT NOT NULL,
    -- When it was last begun to be followed: the newest are the ones that are listed.
    since BIGINT NOT NULL,
    PRIMARY KEY (root, "user")
);

CREATE INDEX followers_by_user ON followers ("user", since DESC, root) WHERE following;

CREATE TABLE saved (
    "user" UUID NOT NULL REFERENCES users (id),
    message UUID NOT NULL REFERENCES messages (id),
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (message, "user")
);

CREATE INDEX saved_by_time ON saved ("user", saved_at, message);

-- The last word of whichever device wrote last; an empty one says that there is no draft any more.
CREATE TABLE drafts (
    "user" UUID NOT NULL REFERENCES users (id),
    room UUID NOT NULL REFERENCES rooms (id),
    body TEXT COLLATE "C" NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY ("user", room)
) WITH (
    fillfactor = 80
);

-- Where browsers want to be told while no page is open, each with the keys that only it can read by.
CREATE TABLE subscriptions (
    endpoint TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    "user" UUID NOT NULL REFERENCES users (id),
    session UUID REFERENCES sessions (id) ON DELETE CASCADE,
    key BYTEA NOT NULL,
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX subscriptions_by_user ON subscriptions ("user", created_at);
CREATE INDEX subscriptions_by_session ON subscriptions (session);

-- Keys that the server made for itself, and that a copy of the database has to keep.
CREATE TABLE keys (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);
