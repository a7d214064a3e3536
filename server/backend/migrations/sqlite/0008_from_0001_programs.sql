-- Programs: bots, and the ways in and out for them.

-- Who made this bot; nobody: it is a person. Nobody can sign in as a bot: its password's hash is none.
ALTER TABLE users ADD COLUMN maker BLOB REFERENCES users (id);

CREATE INDEX users_bots ON users (username_key) WHERE maker IS NOT NULL;

-- Addresses at which programs post into a room, as the bot that was made with the address.
CREATE TABLE incoming_webhooks (
    id BLOB NOT NULL PRIMARY KEY,
    -- Of the secret in the address.
    hash BLOB NOT NULL UNIQUE,
    room BLOB NOT NULL REFERENCES rooms (id),
    bot BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX incoming_webhooks_by_room ON incoming_webhooks (room, created_at, id);

-- Addresses elsewhere that are told what is written in a room or, without one, in every public channel. A few dozen
-- at most.
CREATE TABLE outgoing_webhooks (
    id BLOB NOT NULL PRIMARY KEY,
    room BLOB REFERENCES rooms (id),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    -- What requests are signed with; so it cannot be a hash.
    secret BLOB NOT NULL,
    changes INTEGER NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    -- Since when it is told nothing any more, and why.
    stopped_at INTEGER,
    fault TEXT
) STRICT;

-- Up to where in the log of a room a webhook was told. The log is the queue: nothing is stored to be sent.
CREATE TABLE webhook_cursors (
    webhook BLOB NOT NULL REFERENCES outgoing_webhooks (id) ON DELETE CASCADE,
    room BLOB NOT NULL REFERENCES rooms (id),
    rev INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    -- How often the next one was tried in vain.
    attempts INTEGER NOT NULL,
    -- When it may be tried again; while an instance is at it, when another one may take over.
    due_at INTEGER NOT NULL,
    PRIMARY KEY (webhook, room)
) STRICT, WITHOUT ROWID;

-- Slash commands that programs answer.
CREATE TABLE commands (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    summary TEXT NOT NULL,
    url TEXT NOT NULL,
    secret BLOB NOT NULL,
    -- As whom the program's answers are posted.
    bot BLOB NOT NULL REFERENCES users (id),
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL
) STRICT;
