-- Replies that were begun and not sent, as `drafts` are of rooms. The newest of each user are kept.
CREATE TABLE reply_drafts (
    user BLOB NOT NULL REFERENCES users (id),
    root BLOB NOT NULL REFERENCES messages (id),
    room BLOB NOT NULL REFERENCES rooms (id),
    body TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (root, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX reply_drafts_by_time ON reply_drafts (user, written_at);
