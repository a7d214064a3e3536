//! What comes from other programs' archives.

use std::{collections::HashSet, time::Duration};

use async_trait::async_trait;
use chat::{Author, Message, MessageId, RoomId, RoomKind};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    accounts::insert_member,
    messages::{attach_many, index_words},
    pool::{BULK_MAX, Work},
    rooms::InsertRoom,
    rows::{Read, integer, reactions_text, user_columns},
    statement::statements,
};
use crate::{
    search::Entry,
    store::{
        Arrived, Foreign, ForeignChannel, ForeignMessage, ForeignUser, Head, Imports, StoreError, Stored,
        called,
        files::attachments_text,
        imports::{Answered, fresh, number, numbers, roots_beyond},
        timed::timed,
    },
};

statements! {
    IMPORTED = "SELECT i.key, i.id FROM imported i WHERE i.source = $1 AND i.kind = $2 AND i.key = ANY ($3)";
    NOTE = "INSERT INTO imported (source, kind, key, id) VALUES ($1, $2, $3, $4)
            ON CONFLICT (source, kind, key) DO NOTHING";
    FOUND = "SELECT id FROM imported WHERE source = $1 AND kind = $2 AND key = $3";
    /// One import of a source after the other; the lock ends with the transaction.
    LOCK_SOURCE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7310579621302))";
    AUTHOR = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = $1");
    /// Who may be taken for someone from elsewhere.
    ADOPTABLE = concat!(
        "SELECT ", user_columns!(), " FROM users u
         WHERE u.username_key = $1 AND u.maker IS NULL AND u.erased_at IS NULL"
    );
    DESCRIBE_USER = "UPDATE users SET title = $2, time_zone = $3, deactivated_at = $4 WHERE id = $1";
    PUBLIC_CHANNEL = "SELECT id FROM rooms WHERE slug = $1 AND kind = 'channel' AND NOT private";
    DESCRIBE_ROOM = "UPDATE rooms SET description = $2, archived_at = $3 WHERE id = $1";
    /// Outgoing webhooks hear of what is written, not of what was written elsewhere.
    FOLLOW = "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
              SELECT w.id, $1, 0, 0, 0, 0 FROM outgoing_webhooks w WHERE w.room IS NULL";
    THERE = "SELECT id FROM messages WHERE id = ANY ($1)";
    ROOTS = "SELECT id FROM messages WHERE id = ANY ($1) AND room = $2 AND thread IS NULL";
    /// Stays locked until the commit, so the order of numbers is the order of commits.
    HEAD = "SELECT room AS head_room, last_seq, last_rev FROM room_heads WHERE room = $1 FOR NO KEY UPDATE";
    TAKE = "UPDATE room_heads
            SET last_seq = last_seq + $2, last_rev = last_rev + $3, last_at = greatest(last_at, $4) WHERE room = $1";
    INSERT = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count, created_at,
                                    edited_at, deleted, pinned, mentions, reactions, calls, here, attachments)
              SELECT row.id, $1, $2 + row.place, $3 + row.place, row.author, row.body, row.html, NULL, row.thread,
                     row.reply_count, row.created_at, row.edited_at, row.deleted, row.pinned, row.mentions::uuid[],
                     row.reactions, NULL, NULL, row.attachments
              FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::uuid[], $9::bigint[], $10::bigint[],
                          $11::bigint[], $12::boolean[], $13::boolean[], $14::text[], $15::text[], $16::text[])
                   WITH ORDINALITY row (id, author, body, html, thread, reply_count, created_at, edited_at, deleted,
                                        pinned, mentions, reactions, attachments, place)";
    INSERT_MENTIONS = "INSERT INTO mentions (\"user\", room, seq, created_at)
                       SELECT row.\"user\", $1, row.seq, row.created_at
                       FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) row (\"user\", seq, created_at)
                       ON CONFLICT (\"user\", room, seq) DO NOTHING";
    INSERT_REACTIONS = "INSERT INTO reactions (message, emoji, \"user\", rev)
                        SELECT row.message, row.emoji, row.\"user\", row.rev
                        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[])
                             row (message, emoji, \"user\", rev)
                        ON CONFLICT (message, emoji, \"user\") DO NOTHING";
    ANSWER = "UPDATE messages SET reply_count = messages.reply_count + row.replies, rev = row.rev
              FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) row (id, replies, rev) WHERE messages.id = row.id";
    /// Who had read everything has read this too: it is not new.
    MARK = "UPDATE members SET read_seq = $3 WHERE room = $1 AND read_seq >= $2";
    /// The same for who is told.
    PASS = "UPDATE webhook_cursors c SET seq = $3, rev = $5 FROM outgoing_webhooks w
            WHERE c.webhook = w.id AND c.room = $1 AND c.seq >= $2 AND c.rev >= $4";
}

#[async_trait]
impl Imports for PostgresStore {
    async fn imported(&self, source: &str, kind: Foreign, keys: &[String]) -> Stored<Vec<(String, Uuid)>> {
        timed("imported", async {
            let query = || {
                let query = IMPORTED.read::<(String, Uuid)>().bind(source);
                query.bind(kind.name()).bind(keys)
            };
            self.pool.rows(query).await
        })
        .await
    }

    async fn import_users(&self, source: &str, users: Vec<ForeignUser>) -> Stored<Vec<(String, Author)>> {
        let source = source.to_owned();
        timed("import_users", self.pool.run(&ImportUsers { source, users })).await
    }

    async fn import_channel(&self, source: &str, channel: ForeignChannel) -> Stored<(RoomId, bool)> {
        let source = source.to_owned();
        timed(
            "import_channel",
            self.pool.run(&ImportChannel { source, channel }),
        )
        .await
    }

    async fn note_imported(&self, source: &str, kind: Foreign, key: &str, id: Uuid) -> Stored<()> {
        let (source, key) = (source.to_owned(), key.to_owned());
        let work = Note {
            source,
            kind,
            key,
            id,
        };
        timed("note_imported", self.pool.run(&work)).await
    }

    async fn stored_among(&self, ids: &[MessageId]) -> Stored<Vec<MessageId>> {
        timed("stored_among", async {
            let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
            let query = || THERE.read::<(Uuid,)>().bind(&ids);
            let found = self.pool.rows(query).await?;
            Ok(found.into_iter().map(|(id,)| MessageId(id)).collect())
        })
        .await
    }

    async fn import_messages(&self, room: RoomId, messages: Vec<ForeignMessage>) -> Stored<Option<Arrived>> {
        let work = ImportMessages { room, messages };
        timed("import_messages", self.pool.run(&work)).await
    }
}

async fn found(source: &str, kind: Foreign, key: &str, tx: &mut PgConnection) -> Stored<Option<Uuid>> {
    let query = FOUND.scalar().bind(source).bind(kind.name()).bind(key);
    Ok(query.fetch_optional(tx).await?)
}

async fn note(source: &str, kind: Foreign, key: &str, id: Uuid, tx: &mut PgConnection) -> Stored<()> {
    let query = NOTE.query().bind(source).bind(kind.name()).bind(key);
    query.bind(id).execute(tx).await?;
    Ok(())
}

struct Note {
    source: String,
    kind: Foreign,
    key: String,
    id: Uuid,
}

impl Work for Note {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<()> {
        note(&self.source, self.kind, &self.key, self.id, connection).await
    }
}

struct ImportUsers {
    source: String,
    users: Vec<ForeignUser>,
}

impl Work for ImportUsers {
    type Output = Vec<(String, Author)>;
    const REPEATABLE: bool = false;
    const MAX: Duration = BULK_MAX;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Vec<(String, Author)>> {
        LOCK_SOURCE.query().bind(&self.source).execute(&mut *tx).await?;
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
    async fn settle(&self, user: &ForeignUser, tx: &mut PgConnection) -> Stored<Author> {
        if let Some(id) = found(&self.source, Foreign::User, &user.key, tx).await? {
            let Read(author) = AUTHOR.read::<Read<Author>>().bind(id).fetch_one(tx).await?;
            return Ok(author);
        }
        if let (true, Some(username)) = (user.adopt, user.usernames.first()) {
            let query = ADOPTABLE.read::<Read<Author>>().bind(username.to_lowercase());
            if let Some(Read(author)) = query.fetch_optional(&mut *tx).await? {
                return Ok(author);
            }
        }
        for username in &user.usernames {
            if insert_member(&user.account(username), tx).await? {
                let query = DESCRIBE_USER.query().bind(user.id.0).bind(&user.title);
                let closed = user.deactivated.then_some(user.created_at.0);
                query.bind(&user.time_zone).bind(closed).execute(tx).await?;
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

impl Work for ImportChannel {
    type Output = (RoomId, bool);
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<(RoomId, bool)> {
        let Self { source, channel } = self;
        LOCK_SOURCE.query().bind(source).execute(&mut *tx).await?;
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
    async fn settle(&self, tx: &mut PgConnection) -> Stored<(RoomId, bool)> {
        let channel = &self.channel;
        if let (false, Some(slug)) = (channel.private, channel.slugs.first()) {
            let query = PUBLIC_CHANNEL.scalar::<Uuid>().bind(slug);
            if let Some(id) = query.fetch_optional(&mut *tx).await? {
                return Ok((RoomId(id), false));
            }
        }
        for slug in &channel.slugs {
            if self.insert(slug, tx).await? {
                return Ok((channel.id, true));
            }
        }
        Err(StoreError::failed("none of a channel's addresses is free"))
    }

    /// False: the address is taken.
    async fn insert(&self, slug: &str, tx: &mut PgConnection) -> Stored<bool> {
        let channel = &self.channel;
        let room = InsertRoom {
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
        if !room.execute(&mut *tx).await? {
            return Ok(false);
        }
        let query = DESCRIBE_ROOM.query().bind(channel.id.0);
        let query = query.bind((!channel.description.is_empty()).then_some(&channel.description));
        let archived_at = channel.archived.then_some(channel.created_at.0);
        query.bind(archived_at).execute(&mut *tx).await?;
        if !channel.private {
            FOLLOW.query().bind(channel.id.0).execute(tx).await?;
        }
        Ok(true)
    }
}

struct ImportMessages {
    room: RoomId,
    messages: Vec<ForeignMessage>,
}

impl Work for ImportMessages {
    type Output = Option<Arrived>;
    const REPEATABLE: bool = false;
    const MAX: Duration = BULK_MAX;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Option<Arrived>> {
        let query = HEAD.read::<Read<Head>>().bind(self.room.0);
        let Some(Read(before)) = query.fetch_optional(&mut *tx).await? else {
            return Ok(None);
        };
        let ids: Vec<Uuid> = self.messages.iter().map(|message| message.id.0).collect();
        let there: Vec<Uuid> = THERE.scalar().bind(ids).fetch_all(&mut *tx).await?;
        let there: HashSet<MessageId> = there.into_iter().map(MessageId).collect();
        let new = fresh(&self.messages, &there);
        if new.is_empty() {
            return Ok(Some(Arrived {
                stored: 0,
                head: before,
            }));
        }
        let beyond: Vec<Uuid> = roots_beyond(&new).into_iter().map(|root| root.0).collect();
        let query = ROOTS.scalar::<Uuid>().bind(beyond).bind(self.room.0);
        let roots: Vec<MessageId> = query
            .fetch_all(&mut *tx)
            .await?
            .into_iter()
            .map(MessageId)
            .collect();
        let head = self.take(&new, &roots, before, tx).await?;
        let numbered = number(self.room, &new, &roots, before);
        insert(before, &numbered.messages, tx).await?;
        insert_mentions(self.room, &numbered.messages, tx).await?;
        insert_reactions(&new, &numbered.messages, tx).await?;
        attach(self.room, &numbered.messages, tx).await?;
        answer(&numbered.answered, tx).await?;
        catch_up(before, head, tx).await?;
        Ok(Some(Arrived {
            stored: new.len() as u64,
            head,
        }))
    }
}

impl ImportMessages {
    /// Takes the numbers for `new`; gives the head after them.
    async fn take(
        &self,
        new: &[&ForeignMessage],
        roots: &[MessageId],
        before: Head,
        tx: &mut PgConnection,
    ) -> Stored<Head> {
        let (seqs, revs) = numbers(new, roots);
        let last_at = new.iter().map(|message| message.created_at.0).max();
        let query = TAKE
            .query()
            .bind(self.room.0)
            .bind(integer(seqs))
            .bind(integer(revs));
        query.bind(last_at.unwrap_or(i64::MIN)).execute(tx).await?;
        Ok(Head {
            last_seq: before.last_seq + seqs,
            last_rev: before.last_rev + revs,
            ..before
        })
    }
}

/// Writes numbered messages down, whose numbers begin after `before`, and what they say into the index of words.
async fn insert(before: Head, messages: &[Message], tx: &mut PgConnection) -> Stored<()> {
    fn column<T>(messages: &[Message], of: impl FnMut(&Message) -> T) -> Vec<T> {
        messages.iter().map(of).collect()
    }
    let query = INSERT
        .query()
        .bind(before.room.0)
        .bind(integer(before.last_seq))
        .bind(integer(before.last_rev));
    let query = query
        .bind(column(messages, |message| message.id.0))
        .bind(column(messages, |message| message.author.id.0))
        .bind(column(messages, |message| message.body.clone()))
        .bind(column(messages, |message| message.html.clone()));
    let query = query
        .bind(column(messages, |message| message.thread.map(|root| root.0)))
        .bind(column(messages, |message| integer(message.reply_count)))
        .bind(column(messages, |message| message.created_at.0))
        .bind(column(messages, |message| message.edited_at.map(|at| at.0)));
    let query = query
        .bind(column(messages, |message| message.deleted))
        .bind(column(messages, |message| message.pinned))
        .bind(column(messages, |message| array_text(&message.mentions)))
        .bind(column(messages, |message| reactions_text(&message.reactions)))
        .bind(column(messages, |message| attachments_text(&message.attachments)));
    query.execute(&mut *tx).await?;
    let (ids, tokens): (Vec<Uuid>, Vec<String>) = messages
        .iter()
        .filter_map(|message| Some((message.id.0, Entry::of(message)?.vector())))
        .unzip();
    index_words(ids, tokens, tx).await
}

/// Ids as the text of an array: one parameter holds no arrays of different lengths.
fn array_text(users: &[chat::UserId]) -> String {
    let ids: Vec<String> = users.iter().map(ToString::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

async fn insert_mentions(room: RoomId, messages: &[Message], tx: &mut PgConnection) -> Stored<()> {
    let (mut users, mut seqs, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for message in messages {
        for user in called(message.author.id, &message.mentions, &[]) {
            users.push(user.0);
            seqs.push(integer(message.seq));
            times.push(message.created_at.0);
        }
    }
    if !users.is_empty() {
        let query = INSERT_MENTIONS.query().bind(room.0).bind(users);
        query.bind(seqs).bind(times).execute(tx).await?;
    }
    Ok(())
}

async fn insert_reactions(
    new: &[&ForeignMessage],
    messages: &[Message],
    tx: &mut PgConnection,
) -> Stored<()> {
    let (mut on, mut emojis, mut users, mut revs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (new, message) in new.iter().zip(messages) {
        for (emoji, given) in &new.reactions {
            for user in given {
                on.push(new.id.0);
                emojis.push(emoji.key());
                users.push(user.0);
                revs.push(integer(message.rev));
            }
        }
    }
    if !on.is_empty() {
        let query = INSERT_REACTIONS.query().bind(on).bind(emojis);
        query.bind(users).bind(revs).execute(tx).await?;
    }
    Ok(())
}

async fn attach(room: RoomId, messages: &[Message], tx: &mut PgConnection) -> Stored<()> {
    let carried = messages
        .iter()
        .flat_map(|message| message.attachments.iter().map(|file| (file.id.0, message.id.0)));
    let (files, on): (Vec<Uuid>, Vec<Uuid>) = carried.unzip();
    if files.is_empty() {
        return Ok(());
    }
    attach_many(room, files, on, tx).await
}

async fn answer(answered: &[Answered], tx: &mut PgConnection) -> Stored<()> {
    if !answered.is_empty() {
        let column = |of: fn(&Answered) -> i64| answered.iter().map(of).collect::<Vec<_>>();
        let roots: Vec<Uuid> = answered.iter().map(|answered| answered.root.0).collect();
        let query = ANSWER.query().bind(roots);
        let query = query.bind(column(|answered| integer(answered.replies)));
        query
            .bind(column(|answered| integer(answered.rev)))
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// Moves those who had read everything, and those who had been told everything, to the new end.
async fn catch_up(before: Head, after: Head, tx: &mut PgConnection) -> Stored<()> {
    let query = MARK.query().bind(before.room.0).bind(integer(before.last_seq));
    query.bind(integer(after.last_seq)).execute(&mut *tx).await?;
    let query = PASS.query().bind(before.room.0).bind(integer(before.last_seq));
    let query = query.bind(integer(after.last_seq)).bind(integer(before.last_rev));
    query.bind(integer(after.last_rev)).execute(tx).await?;
    Ok(())
}
