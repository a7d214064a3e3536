-- Replies that were begun and not sent, as `drafts` are of rooms. The newest of each user are kept.
CREATE TABLE reply_drafts (
    "user" UUID NOT NULL REFERENCES users (id),
    root UUID NOT NULL REFERENCES messages (id),
    room UUID NOT NULL REFERENCES rooms (id),
    body TEXT COLLATE "C" NOT NULL,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (root, "user")
) WITH (
    fillfactor = 80
);

CREATE INDEX reply_drafts_by_time ON reply_drafts ("user", written_at);
