//! What comes from other programs' archives.

use std::collections::HashSet;

use async_trait::async_trait;
use chat::{Author, Message, MessageId, RoomId, RoomKind};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    accounts::insert_member,
    attachments,
    rooms::InsertRoom,
    rows::{Read, hex, integer, json, json_ids, reactions_text, user_columns},
    statement::statements,
    writer::Job,
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
    IMPORTED = "SELECT i.key, i.id FROM json_each(?3) j
                CROSS JOIN imported i ON i.source = ?1 AND i.kind = ?2 AND i.key = j.value";
    NOTE = "INSERT INTO imported (source, kind, key, id) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (source, kind, key) DO NOTHING";
    FOUND = "SELECT id FROM imported WHERE source = ?1 AND kind = ?2 AND key = ?3";
    AUTHOR = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = ?1");
    /// Who may be taken for someone from elsewhere.
    ADOPTABLE = concat!(
        "SELECT ", user_columns!(), " FROM users u
         WHERE u.username_key = ?1 AND u.maker IS NULL AND u.erased_at IS NULL"
    );
    DESCRIBE_USER = "UPDATE users SET title = ?2, time_zone = ?3, deactivated_at = ?4 WHERE id = ?1";
    PUBLIC_CHANNEL = "SELECT id FROM rooms WHERE slug = ?1 AND kind = 'channel' AND private = 0";
    SLUG_TAKEN = "SELECT EXISTS (SELECT 1 FROM rooms WHERE slug = ?1)";
    DESCRIBE_ROOM = "UPDATE rooms SET description = ?2, archived_at = ?3 WHERE id = ?1";
    /// Outgoing webhooks hear of what is written, not of what was written elsewhere.
    FOLLOW = "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
              SELECT w.id, ?1, 0, 0, 0, 0 FROM outgoing_webhooks w WHERE w.room IS NULL";
    THERE = "SELECT m.id FROM json_each(?1) j CROSS JOIN messages m ON m.id = unhex(j.value)";
    ROOTS = "SELECT m.id FROM json_each(?1) j CROSS JOIN messages m ON m.id = unhex(j.value)
             WHERE m.room = ?2 AND m.thread IS NULL";
    HEAD = "SELECT room AS head_room, last_seq, last_rev FROM room_heads WHERE room = ?1";
    TAKE = "UPDATE room_heads SET last_seq = last_seq + ?2, last_rev = last_rev + ?3, last_at = max(last_at, ?4)
            WHERE room = ?1";
    INSERT = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count, created_at,
                                    edited_at, deleted, pinned, mentions, reactions, calls, here, attachments)
              SELECT unhex(j.value ->> 'id'), unhex(j.value ->> 'room'), j.value ->> 'seq', j.value ->> 'rev',
                     unhex(j.value ->> 'author'), j.value ->> 'body', j.value ->> 'html', NULL,
                     unhex(j.value ->> 'thread'), j.value ->> 'reply_count', j.value ->> 'created_at',
                     j.value ->> 'edited_at', j.value ->> 'deleted', j.value ->> 'pinned',
                     unhex(j.value ->> 'mentions'), j.value ->> 'reactions', NULL, NULL, j.value ->> 'attachments'
              FROM json_each(?1) j ORDER BY j.key";
    INSERT_WORDS = "INSERT INTO message_words (rowid, words, marks)
                    SELECT m.rowid, j.value ->> 'words', j.value ->> 'marks'
                    FROM json_each(?1) j CROSS JOIN messages m ON m.id = unhex(j.value ->> 'id')
                    WHERE j.value ->> 'deleted' = 0 ORDER BY j.key";
    INSERT_MENTIONS = "INSERT INTO mentions (user, room, seq, created_at)
                       SELECT unhex(u.value), unhex(j.value ->> 'room'), j.value ->> 'seq', j.value ->> 'created_at'
                       FROM json_each(?1) j CROSS JOIN json_each(j.value, '$.mentioned') u";
    INSERT_REACTIONS = "INSERT INTO reactions (message, emoji, user, rev)
                        SELECT unhex(j.value ->> 'message'), j.value ->> 'emoji', unhex(j.value ->> 'user'),
                               j.value ->> 'rev'
                        FROM json_each(?1) j WHERE TRUE ON CONFLICT (message, emoji, user) DO NOTHING";
    ANSWER = "UPDATE messages SET reply_count = reply_count + ?2, rev = ?3 WHERE id = ?1";
    /// Who had read everything has read this too: it is not new.
    MARK = "UPDATE members SET read_seq = ?3 WHERE room = ?1 AND read_seq >= ?2";
    /// The same for who is told.
    PASS = "UPDATE webhook_cursors SET seq = ?3, rev = ?5
            WHERE (webhook, room) IN (SELECT w.id, ?1 FROM outgoing_webhooks w) AND seq >= ?2 AND rev >= ?4";
}

#[async_trait]
impl Imports for SqliteStore {
    async fn imported(&self, source: &str, kind: Foreign, keys: &[String]) -> Stored<Vec<(String, Uuid)>> {
        timed("imported", async {
            let query = IMPORTED.read::<(String, Uuid)>().bind(source).bind(kind.name());
            Ok(query.bind(json(keys)).fetch_all(&self.reads).await?)
        })
        .await
    }

    async fn import_users(&self, source: &str, users: Vec<ForeignUser>) -> Stored<Vec<(String, Author)>> {
        let source = source.to_owned();
        self.write(ImportUsers { source, users }).await
    }

    async fn import_channel(&self, source: &str, channel: ForeignChannel) -> Stored<(RoomId, bool)> {
        let source = source.to_owned();
        self.write(ImportChannel { source, channel }).await
    }

    async fn note_imported(&self, source: &str, kind: Foreign, key: &str, id: Uuid) -> Stored<()> {
        let (source, key) = (source.to_owned(), key.to_owned());
        self.write(Note {
            source,
            kind,
            key,
            id,
        })
        .await
    }

    async fn stored_among(&self, ids: &[MessageId]) -> Stored<Vec<MessageId>> {
        timed("stored_among", async {
            let query = THERE.scalar::<Uuid>().bind(texts(ids));
            let found = query.fetch_all(&self.reads).await?;
            Ok(found.into_iter().map(MessageId).collect())
        })
        .await
    }

    async fn import_messages(&self, room: RoomId, messages: Vec<ForeignMessage>) -> Stored<Option<Arrived>> {
        self.write(ImportMessages { room, messages }).await
    }
}

async fn found(source: &str, kind: Foreign, key: &str, tx: &mut SqliteConnection) -> Stored<Option<Uuid>> {
    let query = FOUND.scalar().bind(source).bind(kind.name()).bind(key);
    Ok(query.fetch_optional(tx).await?)
}

async fn note(source: &str, kind: Foreign, key: &str, id: Uuid, tx: &mut SqliteConnection) -> Stored<()> {
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

impl Job for Note {
    type Output = ();
    const OP: &'static str = "note_imported";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        note(&self.source, self.kind, &self.key, self.id, tx).await
    }
}

struct ImportUsers {
    source: String,
    users: Vec<ForeignUser>,
}

impl Job for ImportUsers {
    type Output = Vec<(String, Author)>;
    const OP: &'static str = "import_users";

    fn writes(&self) -> usize {
        self.users.len()
    }

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Vec<(String, Author)>> {
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
    async fn settle(&self, user: &ForeignUser, tx: &mut SqliteConnection) -> Stored<Author> {
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

impl Job for ImportChannel {
    type Output = (RoomId, bool);
    const OP: &'static str = "import_channel";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<(RoomId, bool)> {
        let Self { source, channel } = self;
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
    async fn settle(&self, tx: &mut SqliteConnection) -> Stored<(RoomId, bool)> {
        let channel = &self.channel;
        if let (false, Some(slug)) = (channel.private, channel.slugs.first()) {
            let query = PUBLIC_CHANNEL.scalar::<Uuid>().bind(slug);
            if let Some(id) = query.fetch_optional(&mut *tx).await? {
                return Ok((RoomId(id), false));
            }
        }
        for slug in &channel.slugs {
            let taken: bool = SLUG_TAKEN.scalar().bind(slug).fetch_one(&mut *tx).await?;
            if !taken {
                self.insert(slug, tx).await?;
                return Ok((channel.id, true));
            }
        }
        Err(StoreError::failed("none of a channel's addresses is free"))
    }

    async fn insert(&self, slug: &str, tx: &mut SqliteConnection) -> Stored<()> {
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
        room.execute(&mut *tx).await?;
        let query = DESCRIBE_ROOM.query().bind(channel.id.0);
        let query = query.bind((!channel.description.is_empty()).then_some(&channel.description));
        let archived_at = channel.archived.then_some(channel.created_at.0);
        query.bind(archived_at).execute(&mut *tx).await?;
        if !channel.private {
            FOLLOW.query().bind(channel.id.0).execute(tx).await?;
        }
        Ok(())
    }
}

struct ImportMessages {
    room: RoomId,
    messages: Vec<ForeignMessage>,
}

impl Job for ImportMessages {
    type Output = Option<Arrived>;
    const OP: &'static str = "import_messages";

    fn writes(&self) -> usize {
        self.messages.len()
    }

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Option<Arrived>> {
        let query = HEAD.read::<Read<Head>>().bind(self.room.0);
        let Some(Read(before)) = query.fetch_optional(&mut *tx).await? else {
            return Ok(None);
        };
        let ids: Vec<MessageId> = self.messages.iter().map(|message| message.id).collect();
        let there: Vec<Uuid> = THERE.scalar().bind(texts(&ids)).fetch_all(&mut *tx).await?;
        let there: HashSet<MessageId> = there.into_iter().map(MessageId).collect();
        let new = fresh(&self.messages, &there);
        if new.is_empty() {
            return Ok(Some(Arrived {
                stored: 0,
                head: before,
            }));
        }
        let query = ROOTS.scalar::<Uuid>().bind(texts(&roots_beyond(&new)));
        let roots = query.bind(self.room.0).fetch_all(&mut *tx).await?;
        let roots: Vec<MessageId> = roots.into_iter().map(MessageId).collect();
        let head = self.take(&new, &roots, before, tx).await?;
        let numbered = number(self.room, &new, &roots, before);
        insert(&new, &numbered.messages, tx).await?;
        attach(&numbered.messages, tx).await?;
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
        tx: &mut SqliteConnection,
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

/// Writes numbered messages down, with all that is beside them.
async fn insert(new: &[&ForeignMessage], messages: &[Message], tx: &mut SqliteConnection) -> Stored<()> {
    let lines: Vec<Line<'_>> = messages.iter().map(Line::new).collect();
    let rows = json(&lines);
    INSERT.query().bind(&rows).execute(&mut *tx).await?;
    INSERT_WORDS.query().bind(&rows).execute(&mut *tx).await?;
    if lines.iter().any(|line| !line.mentioned.is_empty()) {
        INSERT_MENTIONS.query().bind(&rows).execute(&mut *tx).await?;
    }
    let given: Vec<Given> = new
        .iter()
        .zip(messages)
        .flat_map(|(new, message)| given(new, message.rev))
        .collect();
    if !given.is_empty() {
        INSERT_REACTIONS.query().bind(json(&given)).execute(tx).await?;
    }
    Ok(())
}

async fn attach(messages: &[Message], tx: &mut SqliteConnection) -> Stored<()> {
    for message in messages {
        attachments::attach(message, tx).await?;
    }
    Ok(())
}

async fn answer(answered: &[Answered], tx: &mut SqliteConnection) -> Stored<()> {
    for Answered { root, replies, rev } in answered {
        let query = ANSWER.query().bind(root.0).bind(integer(*replies));
        query.bind(integer(*rev)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Moves those who had read everything, and those who had been told everything, to the new end.
async fn catch_up(before: Head, after: Head, tx: &mut SqliteConnection) -> Stored<()> {
    let query = MARK.query().bind(before.room.0).bind(integer(before.last_seq));
    query.bind(integer(after.last_seq)).execute(&mut *tx).await?;
    let query = PASS.query().bind(before.room.0).bind(integer(before.last_seq));
    let query = query.bind(integer(after.last_seq)).bind(integer(before.last_rev));
    query.bind(integer(after.last_rev)).execute(tx).await?;
    Ok(())
}

/// A message as [`INSERT`] reads it.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    room: String,
    seq: u64,
    rev: u64,
    author: String,
    body: &'a str,
    html: &'a str,
    thread: Option<String>,
    reply_count: u64,
    created_at: i64,
    edited_at: Option<i64>,
    deleted: u8,
    pinned: u8,
    /// The ids back to back, for the message.
    mentions: String,
    /// The ids of all who are called, for the mentions.
    mentioned: Vec<String>,
    reactions: Option<String>,
    attachments: Option<String>,
    words: String,
    marks: String,
}

impl<'a> Line<'a> {
    fn new(message: &'a Message) -> Self {
        let hexes = |users: &[chat::UserId]| users.iter().map(|user| hex(user.0)).collect::<Vec<_>>();
        let Entry { words, marks } = Entry::of(message).unwrap_or_default();
        Self {
            id: hex(message.id.0),
            room: hex(message.room.0),
            seq: message.seq,
            rev: message.rev,
            author: hex(message.author.id.0),
            body: &message.body,
            html: &message.html,
            thread: message.thread.map(|root| hex(root.0)),
            reply_count: message.reply_count,
            created_at: message.created_at.0,
            edited_at: message.edited_at.map(|at| at.0),
            deleted: message.deleted.into(),
            pinned: message.pinned.into(),
            mentions: hexes(&message.mentions).concat(),
            mentioned: hexes(&called(message.author.id, &message.mentions, &[])),
            reactions: reactions_text(&message.reactions),
            attachments: attachments_text(&message.attachments),
            words,
            marks,
        }
    }
}

/// A reaction as [`INSERT_REACTIONS`] reads it.
#[derive(Serialize)]
struct Given {
    message: String,
    emoji: String,
    user: String,
    rev: u64,
}

fn given(new: &ForeignMessage, rev: u64) -> impl Iterator<Item = Given> {
    new.reactions.iter().flat_map(move |(emoji, users)| {
        users.iter().map(move |user| Given {
            message: hex(new.id.0),
            emoji: emoji.key(),
            user: hex(user.0),
            rev,
        })
    })
}

fn texts(ids: &[MessageId]) -> String {
    json_ids(ids.iter().map(|id| id.0))
}
