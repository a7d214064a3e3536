-- What comes from the archives of other programs, and people who want to be forgotten.

-- Which of ours is what there: whoever imports an archive again finds what came before.
CREATE TABLE imported (
    -- The program and its workspace.
    source TEXT COLLATE "C" NOT NULL,
    -- `user`, `room`, or `members` for a room whose members have come.
    kind TEXT COLLATE "C" NOT NULL,
    -- The id there.
    key TEXT COLLATE "C" NOT NULL,
    id UUID NOT NULL,
    PRIMARY KEY (source, kind, key)
);

-- When an account was erased; nothing: it was not.
ALTER TABLE users ADD COLUMN erased_at BIGINT;
-- Whether messages of an erased account are still to be taken away; nothing: they are, or they stay.
ALTER TABLE users ADD COLUMN erasing BOOLEAN;

CREATE INDEX users_erasing ON users (id) WHERE erasing IS NOT NULL;
