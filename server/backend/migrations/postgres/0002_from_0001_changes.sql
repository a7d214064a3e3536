-- Messages change, and are answered in threads.

-- What is under a message as readers get it: a page of messages needs no second query for it. Nothing: no reactions.
ALTER TABLE messages ADD COLUMN reactions TEXT COLLATE "C";

-- Nobody has a large table without these: no version that used this database was ever without them.
CREATE INDEX messages_by_thread ON messages (thread, seq) WHERE thread IS NOT NULL;
CREATE INDEX messages_pinned ON messages (room, seq) WHERE pinned;

-- The same reactions one by one: who has reacted, and who is to be named next when somebody no longer is.
CREATE TABLE reactions (
    message UUID NOT NULL REFERENCES messages (id),
    -- The key of the emoji: without what merely depends on the keyboard.
    emoji TEXT COLLATE "C" NOT NULL,
    "user" UUID NOT NULL REFERENCES users (id),
    -- The room's at the reaction: their order.
    rev BIGINT NOT NULL,
    PRIMARY KEY (message, emoji, "user")
) WITH (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

CREATE INDEX reactions_in_order ON reactions (message, emoji, rev);

-- What messages said before they were edited.
CREATE TABLE versions (
    message UUID NOT NULL REFERENCES messages (id),
    -- The room's at the edit that ended it.
    rev BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (message, rev)
) WITH (
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
