//! What comes from other programs' archives.

use std::collections::HashSet;

use async_trait::async_trait;
use chat::{Author, MessageId, RoomId, RoomKind};
use uuid::Uuid;

use super::{
    Engine, Operation, Transaction,
    accounts::insert_member,
    rooms::NewRoom,
    statement::{Argument, Statement, both, ids, lock, statements},
};
use crate::store::{
    Arrived, Foreign, ForeignChannel, ForeignMessage, ForeignUser, Head, Imports, StoreError, Stored,
    imports::{fresh, number, numbers, roots_beyond},
    rows::user_columns,
    timed::timed,
};

statements! {
    IMPORTED = Statement {
        sqlite: "SELECT i.key, i.id FROM json_each($3) j
                 CROSS JOIN imported i ON i.source = $1 AND i.kind = $2 AND i.key = j.value",
        postgres: "SELECT i.key, i.id FROM imported i WHERE i.source = $1 AND i.kind = $2 AND i.key = ANY ($3)",
    };
    NOTE = both(
        "INSERT INTO imported (source, kind, key, id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source, kind, key) DO NOTHING"
    );
    FOUND = both("SELECT id FROM imported WHERE source = $1 AND kind = $2 AND key = $3");
    /// One import of a source after the other; the lock ends with the transaction.
    LOCK_SOURCE = lock("SELECT pg_advisory_xact_lock(hashtextextended($1, 7310579621302))");
    AUTHOR = both(concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = $1"));
    /// Who may be taken for someone from elsewhere.
    ADOPTABLE = both(concat!(
        "SELECT ", user_columns!(), " FROM users u
         WHERE u.username_key = $1 AND u.maker IS NULL AND u.erased_at IS NULL"
    ));
    DESCRIBE_USER = both("UPDATE users SET title = $2, time_zone = $3, deactivated_at = $4 WHERE id = $1");
    PUBLIC_CHANNEL = both("SELECT id FROM rooms WHERE slug = $1 AND kind = 'channel' AND NOT private");
    DESCRIBE_ROOM = both("UPDATE rooms SET description = $2, archived_at = $3 WHERE id = $1");
    /// Outgoing webhooks hear of what is written, not of what was written elsewhere.
    FOLLOW = both(
        "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
         SELECT w.id, $1, 0, 0, 0, 0 FROM outgoing_webhooks w WHERE w.room IS NULL"
    );
    THERE = Statement {
        sqlite: "SELECT m.id FROM json_each($1) j CROSS JOIN messages m ON m.id = unhex(j.value)",
        postgres: "SELECT id FROM messages WHERE id = ANY ($1)",
    };
    ROOTS = Statement {
        sqlite: "SELECT m.id FROM json_each($1) j CROSS JOIN messages m ON m.id = unhex(j.value)
                 WHERE m.room = $2 AND m.thread IS NULL",
        postgres: "SELECT id FROM messages WHERE id = ANY ($1) AND room = $2 AND thread IS NULL",
    };
    /// Stays locked until the commit, so the order of numbers is the order of commits.
    HEAD = Statement {
        sqlite: "SELECT room AS head_room, last_seq, last_rev FROM room_heads WHERE room = $1",
        postgres: "SELECT room AS head_room, last_seq, last_rev FROM room_heads WHERE room = $1 FOR NO KEY UPDATE",
    };
    TAKE = Statement {
        sqlite: "UPDATE room_heads
                 SET last_seq = last_seq + $2, last_rev = last_rev + $3, last_at = max(last_at, $4) WHERE room = $1",
        postgres: "UPDATE room_heads
                   SET last_seq = last_seq + $2, last_rev = last_rev + $3, last_at = greatest(last_at, $4)
                   WHERE room = $1",
    };
    /// Who had read everything has read this too: it is not new.
    MARK = both("UPDATE members SET read_seq = $3 WHERE room = $1 AND read_seq >= $2");
    /// The same for who is told.
    PASS = Statement {
        sqlite: "UPDATE webhook_cursors SET seq = $3, rev = $5
                 WHERE (webhook, room) IN (SELECT w.id, $1 FROM outgoing_webhooks w) AND seq >= $2 AND rev >= $4",
        postgres: "UPDATE webhook_cursors c SET seq = $3, rev = $5 FROM outgoing_webhooks w
                   WHERE c.webhook = w.id AND c.room = $1 AND c.seq >= $2 AND c.rev >= $4",
    };
}

#[async_trait]
impl<E: Engine> Imports for E {
    async fn imported(&self, source: &str, kind: Foreign, keys: &[String]) -> Stored<Vec<(String, Uuid)>> {
        let query = IMPORTED.bind(source).bind(kind.name());
        let query = query.bind(Argument::Texts(keys.to_vec()));
        timed("imported", self.ask_all(query)).await
    }

    async fn import_users(&self, source: &str, users: Vec<ForeignUser>) -> Stored<Vec<(String, Author)>> {
        let source = source.to_owned();
        self.perform(ImportUsers { source, users }).await
    }

    async fn import_channel(&self, source: &str, channel: ForeignChannel) -> Stored<(RoomId, bool)> {
        let source = source.to_owned();
        self.perform(ImportChannel { source, channel }).await
    }

    async fn note_imported(&self, source: &str, kind: Foreign, key: &str, id: Uuid) -> Stored<()> {
        let (source, key) = (source.to_owned(), key.to_owned());
        let operation = Note {
            source,
            kind,
            key,
            id,
        };
        self.perform(operation).await
    }

    async fn stored_among(&self, ids: &[MessageId]) -> Stored<Vec<MessageId>> {
        let found = self.column("stored_among", THERE.bind(among(ids))).await?;
        Ok(found.into_iter().map(MessageId).collect())
    }

    async fn import_messages(&self, room: RoomId, messages: Vec<ForeignMessage>) -> Stored<Option<Arrived>> {
        self.perform(ImportMessages { room, messages }).await
    }
}

fn among(messages: &[MessageId]) -> Argument {
    ids(messages.iter().map(|id| id.0))
}

async fn found(source: &str, kind: Foreign, key: &str, tx: &mut impl Transaction) -> Stored<Option<Uuid>> {
    tx.cell(FOUND.bind(source).bind(kind.name()).bind(key)).await
}

async fn note(source: &str, kind: Foreign, key: &str, id: Uuid, tx: &mut impl Transaction) -> Stored<()> {
    let query = NOTE.bind(source).bind(kind.name()).bind(key);
    tx.execute(query.bind(id)).await?;
    Ok(())
}

struct Note {
    source: String,
    kind: Foreign,
    key: String,
    id: Uuid,
}

impl Operation for Note {
    type Output = ();
    const NAME: &'static str = "note_imported";
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<()> {
        note(&self.source, self.kind, &self.key, self.id, tx).await
    }
}

struct ImportUsers {
    source: String,
    users: Vec<ForeignUser>,
}

impl Operation for ImportUsers {
    type Output = Vec<(String, Author)>;
    const NAME: &'static str = "import_users";
    const BULK: bool = true;

    fn writes(&self) -> usize {
        self.users.len()
    }

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Vec<(String, Author)>> {
        tx.execute(LOCK_SOURCE.bind(&self.source)).await?;
        let mut authors = Vec::with_capacity(self.users.len());
        for user in &self.users {
            let author = self.settle(user, tx).await?;
            note(&self.source, Foreign::User, &user.key, author.id.0, tx).await?;
            authors.push((user.key.clone(), author));
        }
        Ok(authors)
    }
}

impl ImportUsers {
    /// Whoever `user` is here: who came before, who is taken for the same, or someone new.
    async fn settle(&self, user: &ForeignUser, tx: &mut impl Transaction) -> Stored<Author> {
        if let Some(id) = found(&self.source, Foreign::User, &user.key, tx).await? {
            let author = tx.row(AUTHOR.bind(id)).await?;
            return author.ok_or_else(|| StoreError::failed("who came before is not there"));
        }
        if let (true, Some(username)) = (user.adopt, user.usernames.first())
            && let Some(author) = tx.row(ADOPTABLE.bind(username.to_lowercase())).await?
        {
            return Ok(author);
        }
        for username in &user.usernames {
            if insert_member(&user.account(username), tx).await? {
                let closed = user.deactivated.then_some(user.created_at.0);
                let query = DESCRIBE_USER.bind(user.id.0).bind(&user.title);
                tx.execute(query.bind(&user.time_zone).bind(closed)).await?;
                return Ok(user.author(username));
            }
        }
        Err(StoreError::failed("none of a person's usernames is free"))
    }
}

struct ImportChannel {
    source: String,
    channel: ForeignChannel,
}

impl Operation for ImportChannel {
    type Output = (RoomId, bool);
    const NAME: &'static str = "import_channel";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<(RoomId, bool)> {
        let Self { source, channel } = self;
        tx.execute(LOCK_SOURCE.bind(source)).await?;
        if let Some(id) = found(source, Foreign::Room, &channel.key, tx).await? {
            return Ok((RoomId(id), false));
        }
        let (room, new) = self.settle(tx).await?;
        note(source, Foreign::Room, &channel.key, room.0, tx).await?;
        Ok((room, new))
    }
}

impl ImportChannel {
    /// The public channel of this address, for a public one; otherwise a new one at an address that is free.
    async fn settle(&self, tx: &mut impl Transaction) -> Stored<(RoomId, bool)> {
        let channel = &self.channel;
        if let (false, Some(slug)) = (channel.private, channel.slugs.first())
            && let Some(id) = tx.cell(PUBLIC_CHANNEL.bind(slug)).await?
        {
            return Ok((RoomId(id), false));
        }
        for slug in &channel.slugs {
            if self.insert(slug, tx).await? {
                return Ok((channel.id, true));
            }
        }
        Err(StoreError::failed("none of a channel's addresses is free"))
    }

    /// False: the address is taken.
    async fn insert(&self, slug: &str, tx: &mut impl Transaction) -> Stored<bool> {
        let channel = &self.channel;
        let room = NewRoom {
            id: channel.id,
            kind: RoomKind::Channel,
            slug,
            name: &channel.name,
            topic: &channel.topic,
            private: channel.private,
            direct_key: None,
            created_by: channel.created_by,
            created_at: channel.created_at,
        };
        if !room.insert(tx).await? {
            return Ok(false);
        }
        let description = (!channel.description.is_empty()).then_some(channel.description.as_str());
        let archived_at = channel.archived.then_some(channel.created_at.0);
        let query = DESCRIBE_ROOM.bind(channel.id.0).bind(description);
        tx.execute(query.bind(archived_at)).await?;
        if !channel.private {
            tx.execute(FOLLOW.bind(channel.id.0)).await?;
        }
        Ok(true)
    }
}

struct ImportMessages {
    room: RoomId,
    messages: Vec<ForeignMessage>,
}

impl Operation for ImportMessages {
    type Output = Option<Arrived>;
    const NAME: &'static str = "import_messages";
    const BULK: bool = true;

    fn writes(&self) -> usize {
        self.messages.len()
    }

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Option<Arrived>> {
        let Some(before) = tx.row::<Head>(HEAD.bind(self.room.0)).await? else {
            return Ok(None);
        };
        let given = ids(self.messages.iter().map(|message| message.id.0));
        let there = tx.column(THERE.bind(given)).await?;
        let there: HashSet<MessageId> = there.into_iter().map(MessageId).collect();
        let new = fresh(&self.messages, &there);
        if new.is_empty() {
            return Ok(Some(Arrived {
                stored: 0,
                head: before,
            }));
        }
        let beyond = among(&roots_beyond(&new));
        let roots = tx.column(ROOTS.bind(beyond).bind(self.room.0)).await?;
        let roots: Vec<MessageId> = roots.into_iter().map(MessageId).collect();
        let head = take(&new, &roots, before, tx).await?;
        let numbered = number(self.room, &new, &roots, before);
        tx.insert_imported(before, &new, &numbered).await?;
        catch_up(before, head, tx).await?;
        Ok(Some(Arrived {
            stored: new.len() as u64,
            head,
        }))
    }
}

/// Takes the numbers for `new`; gives the head after them.
async fn take(
    new: &[&ForeignMessage],
    roots: &[MessageId],
    before: Head,
    tx: &mut impl Transaction,
) -> Stored<Head> {
    let (seqs, revs) = numbers(new, roots);
    let last_at = new.iter().map(|message| message.created_at.0).max();
    let query = TAKE.bind(before.room.0).bind(seqs).bind(revs);
    tx.execute(query.bind(last_at.unwrap_or(i64::MIN))).await?;
    Ok(Head {
        last_seq: before.last_seq + seqs,
        last_rev: before.last_rev + revs,
        ..before
    })
}

/// Moves those who had read everything, and those who had been told everything, to the new end.
async fn catch_up(before: Head, after: Head, tx: &mut impl Transaction) -> Stored<()> {
    let query = MARK.bind(before.room.0).bind(before.last_seq);
    tx.execute(query.bind(after.last_seq)).await?;
    let query = PASS
        .bind(before.room.0)
        .bind(before.last_seq)
        .bind(after.last_seq);
    tx.execute(query.bind(before.last_rev).bind(after.last_rev))
        .await?;
    Ok(())
}
