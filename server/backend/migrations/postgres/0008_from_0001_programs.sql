-- Programs: bots, and the ways in and out for them.

-- Who made this bot; nobody: it is a person. Nobody can sign in as a bot: its password's hash is none.
ALTER TABLE users ADD COLUMN maker UUID REFERENCES users (id);

CREATE INDEX users_bots ON users (username_key) WHERE maker IS NOT NULL;

-- Addresses at which programs post into a room, as the bot that was made with the address.
CREATE TABLE incoming_webhooks (
    id UUID NOT NULL PRIMARY KEY,
    -- Of the secret in the address.
    hash BYTEA NOT NULL UNIQUE,
    room UUID NOT NULL REFERENCES rooms (id),
    bot UUID NOT NULL REFERENCES users (id),
    name TEXT COLLATE "C" NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL
);

CREATE INDEX incoming_webhooks_by_room ON incoming_webhooks (room, created_at, id);

-- Addresses elsewhere that are told what is written in a room or, without one, in every public channel. A few dozen
-- at most.
CREATE TABLE outgoing_webhooks (
    id UUID NOT NULL PRIMARY KEY,
    room UUID REFERENCES rooms (id),
    name TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    -- What requests are signed with; so it cannot be a hash.
    secret BYTEA NOT NULL,
    changes BOOLEAN NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    -- Since when it is told nothing any more, and why.
    stopped_at BIGINT,
    fault TEXT COLLATE "C"
);

-- Up to where in the log of a room a webhook was told. The log is the queue: nothing is stored to be sent.
CREATE TABLE webhook_cursors (
    webhook UUID NOT NULL REFERENCES outgoing_webhooks (id) ON DELETE CASCADE,
    room UUID NOT NULL REFERENCES rooms (id),
    rev BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    -- How often the next one was tried in vain.
    attempts BIGINT NOT NULL,
    -- When it may be tried again; while an instance is at it, when another one may take over.
    due_at BIGINT NOT NULL,
    PRIMARY KEY (webhook, room)
);

-- Slash commands that programs answer.
CREATE TABLE commands (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    summary TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    secret BYTEA NOT NULL,
    -- As whom the program's answers are posted.
    bot UUID NOT NULL REFERENCES users (id),
    created_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL
);
