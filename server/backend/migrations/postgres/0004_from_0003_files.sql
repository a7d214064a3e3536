-- Messages carry files.

-- What is on a message as readers get it: a page of messages needs no second query for it. Nothing: no files.
ALTER TABLE messages ADD COLUMN attachments TEXT COLLATE "C";

-- Uploads under way. Nothing is written anywhere that no row names, so that nothing can be left behind.
CREATE TABLE uploads (
    id UUID NOT NULL PRIMARY KEY,
    owner UUID NOT NULL REFERENCES users (id),
    name TEXT COLLATE "C" NOT NULL,
    -- As announced; 0: unknown.
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX uploads_by_owner ON uploads (owner, size);
CREATE INDEX uploads_by_created_at ON uploads (created_at);

CREATE TABLE files (
    id UUID NOT NULL PRIMARY KEY,
    owner UUID NOT NULL REFERENCES users (id),
    size BIGINT NOT NULL,
    -- As readers get it.
    attachment TEXT COLLATE "C" NOT NULL,
    -- When it was uploaded, as long as it waits for its message.
    loose_since BIGINT
);

CREATE INDEX files_by_owner ON files (owner, size);
CREATE INDEX files_loose ON files (loose_since) WHERE loose_since IS NOT NULL;

-- On which message a file is: on one at most, for ever. Two instances that post it at once meet in this key. No
-- reference to the message: it is written by the same statement, and nothing removes it.
CREATE TABLE attachments (
    file UUID NOT NULL PRIMARY KEY REFERENCES files (id),
    message UUID NOT NULL,
    room UUID NOT NULL
);

-- Folders whose bytes nobody needs any more, and which are still to be removed.
CREATE TABLE remains (
    folder TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
