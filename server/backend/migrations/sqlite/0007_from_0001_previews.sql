-- What other sites' pages say of themselves, as they did when they were last asked. A cache: nothing is lost with it.
CREATE TABLE previews (
    -- The SHA-256 of the address.
    key BLOB NOT NULL PRIMARY KEY,
    -- Nothing: there was nothing to show.
    title TEXT,
    description TEXT NOT NULL,
    site TEXT NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX previews_by_fetched_at ON previews (fetched_at);
