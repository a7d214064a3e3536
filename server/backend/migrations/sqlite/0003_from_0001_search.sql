-- Messages are found by what they say.

-- Tokens that Natter made, with a space in between: nothing is left to the tokenizer but to part them. A row's number is
-- the message's. Words have neighbours; marks are what lies within words, and what else can be asked of a message.
CREATE VIRTUAL TABLE message_words USING fts5 (
    words,
    marks,
    content = '',
    contentless_delete = 1,
    tokenize = "ascii tokenchars '='",
    prefix = '2 3'
);

-- The messages that are there already are added while the server runs, the newest first: from this row down.
INSERT INTO meta (key, value)
SELECT 'search_next', max(rowid) FROM messages HAVING max(rowid) IS NOT NULL;
