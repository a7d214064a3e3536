-- Messages change, and are answered in threads.

-- What is under a message as readers get it: a page of messages needs no second query for it. Nothing: no reactions.
ALTER TABLE messages ADD COLUMN reactions TEXT;

CREATE INDEX messages_by_thread ON messages (thread, seq) WHERE thread IS NOT NULL;
CREATE INDEX messages_pinned ON messages (room, seq) WHERE pinned = 1;

-- The same reactions one by one: who has reacted, and who is to be named next when somebody no longer is.
CREATE TABLE reactions (
    message BLOB NOT NULL REFERENCES messages (id),
    -- The key of the emoji: without what merely depends on the keyboard.
    emoji TEXT NOT NULL,
    user BLOB NOT NULL REFERENCES users (id),
    -- The room's at the reaction: their order.
    rev INTEGER NOT NULL,
    PRIMARY KEY (message, emoji, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX reactions_in_order ON reactions (message, emoji, rev);

-- What messages said before they were edited.
CREATE TABLE versions (
    message BLOB NOT NULL REFERENCES messages (id),
    -- The room's at the edit that ended it.
    rev INTEGER NOT NULL,
    body TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (message, rev)
) STRICT, WITHOUT ROWID;
