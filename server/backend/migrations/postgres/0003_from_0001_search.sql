-- Messages are found by what they say.

-- The order in which messages were stored, as far as searching needs one. Those that were there before count down.
CREATE SEQUENCE message_places START 4294967296;

-- Tokens that Natter made; no configuration of this server has a say in them. Beside the messages and not in them, so
-- that a reaction rewrites no index. No reference to the message: it was written by the same statement, nothing
-- removes it, and every post would look for it once more.
CREATE TABLE message_words (
    place BIGINT NOT NULL PRIMARY KEY,
    message UUID NOT NULL UNIQUE,
    tokens TSVECTOR NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

-- What is new waits in a list until there are so many kB of it: posts stay cheap, and a search, which reads all of the
-- list, has little to read.
CREATE INDEX message_words_by_token ON message_words USING gin (tokens) WITH (gin_pending_list_limit = 256);

-- The messages that are there already are added while the server runs, the newest first: from this one down.
INSERT INTO meta (key, value)
SELECT 'search_next', id::text FROM messages ORDER BY id DESC LIMIT 1;
