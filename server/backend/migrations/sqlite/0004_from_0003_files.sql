-- Messages carry files.

-- What is on a message as readers get it: a page of messages needs no second query for it. Nothing: no files.
ALTER TABLE messages ADD COLUMN attachments TEXT;

-- Uploads under way. Nothing is written anywhere that no row names, so that nothing can be left behind.
CREATE TABLE uploads (
    id BLOB NOT NULL PRIMARY KEY,
    owner BLOB NOT NULL REFERENCES users (id),
    name TEXT NOT NULL,
    -- As announced; 0: unknown.
    size INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX uploads_by_owner ON uploads (owner, size);
CREATE INDEX uploads_by_created_at ON uploads (created_at);

CREATE TABLE files (
    id BLOB NOT NULL PRIMARY KEY,
    owner BLOB NOT NULL REFERENCES users (id),
    size INTEGER NOT NULL,
    -- As readers get it.
    attachment TEXT NOT NULL,
    -- When it was uploaded, as long as it waits for its message.
    loose_since INTEGER
) STRICT;

CREATE INDEX files_by_owner ON files (owner, size);
CREATE INDEX files_loose ON files (loose_since) WHERE loose_since IS NOT NULL;

-- On which message a file is: on one at most, for ever. No reference to the message: it is written in the same
-- transaction, and nothing removes it.
CREATE TABLE attachments (
    file BLOB NOT NULL PRIMARY KEY REFERENCES files (id),
    message BLOB NOT NULL,
    room BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Folders whose bytes nobody needs any more, and which are still to be removed.
CREATE TABLE remains (
    folder TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
