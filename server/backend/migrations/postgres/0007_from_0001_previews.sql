-- What other sites' pages say of themselves, as they did when they were last asked. A cache: nothing is lost with it.
CREATE TABLE previews (
    -- The SHA-256 of the address.
    key BYTEA NOT NULL PRIMARY KEY,
    -- Nothing: there was nothing to show.
    title TEXT COLLATE "C",
    description TEXT COLLATE "C" NOT NULL,
    site TEXT COLLATE "C" NOT NULL,
    fetched_at BIGINT NOT NULL
);

CREATE INDEX previews_by_fetched_at ON previews (fetched_at);
