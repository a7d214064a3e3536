//! Messages: each room's log.

use std::collections::HashSet;

use async_trait::async_trait;
use chat::{
    Message, MessageId, Nonce, RoomId, UserId,
    message::{Bound, Page},
};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, attachments,
    rows::{Read, hex, integer, json, json_ids, message_columns, pack, with_head},
    statement::statements,
    writer::Job,
};
use crate::{
    search::Entry,
    store::{
        Appended, Changes, Head, Messages, NewMessage, Stored, files::attachments_text, timed::timed,
        window::Window,
    },
};

/// The most messages of one statement.
const MESSAGES_A_STATEMENT: usize = 1_000;

statements! {
    BY_ID = concat!(
        "SELECT ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author WHERE m.id = ?1"
    );
    BY_NONCE = concat!(
        "SELECT ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author
         WHERE m.author = ?1 AND m.nonce = ?2"
    );
    ROOM_EXISTS = "SELECT EXISTS (SELECT 1 FROM room_heads WHERE room = ?1)";
    /// Takes the room's next numbers, if the author `?2` may post and has not used the nonce `?3` before.
    /// The row stays locked until the commit, so the order of numbers is the order of commits.
    TAKE_NEXT = "UPDATE room_heads SET last_seq = last_seq + 1, last_rev = last_rev + 1, last_at = max(last_at, ?4)
                 WHERE room = ?1
                   AND EXISTS (SELECT 1 FROM members WHERE room = ?1 AND user = ?2)
                   AND NOT EXISTS (SELECT 1 FROM messages WHERE author = ?2 AND nonce = ?3)
                 RETURNING last_seq, last_rev";
    /// What [`TAKE_NEXT`] asks before it takes any.
    MAY_POST = "SELECT EXISTS (SELECT 1 FROM members WHERE room = ?1 AND user = ?2)
                   AND NOT EXISTS (SELECT 1 FROM messages WHERE author = ?2 AND nonce = ?3)";
    /// One round trip for all. The first of them leaves no number out: the numbers of the others would not be found.
    INSERT_AND_MARK = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count,
                                             created_at, edited_at, deleted, pinned, mentions, attachments)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?11, 0, ?9, NULL, 0, 0, ?10, ?12);
                       INSERT INTO message_words (rowid, words, marks) VALUES (last_insert_rowid(), ?13, ?14);
                       UPDATE members SET read_seq = ?3 WHERE room = ?2 AND user = ?5";
    INSERT_MENTIONS = "INSERT INTO mentions (user, room, seq, created_at)
                       SELECT unhex(j.value), ?2, ?3, ?4 FROM json_each(?1) j";
    TAKE_MANY = "UPDATE room_heads SET last_seq = last_seq + ?2, last_rev = last_rev + ?2, last_at = max(last_at, ?3)
                 WHERE room = ?1
                 RETURNING room AS head_room, last_seq, last_rev";
    INSERT_MANY = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count,
                                         created_at, edited_at, deleted, pinned, mentions, attachments)
                   SELECT unhex(row.value ->> 'id'), ?2, ?3 + row.key, ?4 + row.key, unhex(row.value ->> 'author'),
                          row.value ->> 'body', row.value ->> 'html', row.value ->> 'nonce', NULL, 0,
                          row.value ->> 'created_at', NULL, 0, 0, unhex(row.value ->> 'mentions'),
                          row.value ->> 'attachments'
                   FROM json_each(?1) row";
    INSERT_MANY_WORDS = "INSERT INTO message_words (rowid, words, marks)
                         SELECT m.rowid, row.value ->> 'words', row.value ->> 'marks'
                         FROM json_each(?1) row CROSS JOIN messages m ON m.room = ?2 AND m.seq = ?3 + row.key";
    INSERT_MANY_MENTIONS = "INSERT INTO mentions (user, room, seq, created_at)
                            SELECT unhex(user.value), ?2, ?3 + row.key, row.value ->> 'created_at'
                            FROM json_each(?1) row CROSS JOIN json_each(row.value, '$.mentioned') user";
    EXISTING = "SELECT u.id FROM json_each(?1) j CROSS JOIN users u ON u.id = unhex(j.value)";
    /// Head and messages in one statement, hence of one moment. What the window means: see [`Window`].
    PAGE = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev, ", message_columns!(), " FROM room_heads h
         LEFT JOIN messages m ON m.room = ?1 AND m.seq <= ?3 AND m.seq > max(?2, min(?3, h.last_seq) - ?4)
         LEFT JOIN users u ON u.id = m.author
         WHERE h.room = ?1 ORDER BY m.seq"
    );
    CHANGES = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev, ", message_columns!(), " FROM room_heads h
         LEFT JOIN messages m ON m.room = ?1 AND m.rev > ?2
         LEFT JOIN users u ON u.id = m.author
         WHERE h.room = ?1 ORDER BY m.rev LIMIT ?3"
    );
}

#[async_trait]
impl Messages for SqliteStore {
    async fn append(&self, message: NewMessage) -> Stored<Appended> {
        self.write(Append(message)).await
    }

    async fn append_batch(&self, room: RoomId, messages: Vec<NewMessage>) -> Stored<Option<Head>> {
        self.write(AppendBatch { room, messages }).await
    }

    async fn message_by_nonce(&self, author: UserId, nonce: &Nonce) -> Stored<Option<Message>> {
        timed("message_by_nonce", async {
            let query = BY_NONCE
                .read::<Read<Message>>()
                .bind(author.0)
                .bind(nonce.as_str());
            let message = query.fetch_optional(&self.reads).await?;
            Ok(message.map(|Read(message)| message))
        })
        .await
    }

    async fn message(&self, id: MessageId) -> Stored<Option<Message>> {
        timed("message", async {
            let message = BY_ID
                .read::<Read<Message>>()
                .bind(id.0)
                .fetch_optional(&self.reads)
                .await?;
            Ok(message.map(|Read(message)| message))
        })
        .await
    }

    async fn page(&self, room: RoomId, bound: Bound, limit: u64) -> Stored<Page> {
        timed("page", async {
            let window = Window::new(bound, limit);
            let query = PAGE
                .read()
                .bind(room.0)
                .bind(integer(window.above))
                .bind(integer(window.upto));
            let rows = query.bind(integer(window.limit)).fetch_all(&self.reads).await?;
            Ok(window.page_of(room, with_head(rows)))
        })
        .await
    }

    async fn changes(&self, room: RoomId, after_rev: u64, limit: u64) -> Stored<Option<Changes>> {
        timed("changes", async {
            // At least one row, which brings the head.
            let query = CHANGES
                .read()
                .bind(room.0)
                .bind(integer(after_rev))
                .bind(integer(limit.max(1)));
            let found = with_head(query.fetch_all(&self.reads).await?);
            Ok(found.map(|(head, mut messages)| {
                messages.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
                Changes { messages, head }
            }))
        })
        .await
    }
}

struct Append(NewMessage);

impl Job for Append {
    type Output = Appended;
    const OP: &'static str = "append";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Appended> {
        append(&self.0, None, tx).await
    }
}

/// Stores `new` with its room's next numbers, in the thread of `root` if there is one.
pub(super) async fn append(
    new: &NewMessage,
    root: Option<MessageId>,
    tx: &mut SqliteConnection,
) -> Stored<Appended> {
    if !attachments::are_loose(new, tx).await? {
        return Ok(refusal(new, tx).await?.unwrap_or(Appended::AttachmentNotFound));
    }
    let mentioned = new.mentions.iter().copied();
    let existing = existing(mentioned, tx).await?;
    let nonce = new.nonce.as_ref().map(|nonce| nonce.as_str());
    let query = TAKE_NEXT
        .read()
        .bind(new.room.0)
        .bind(new.author.id.0)
        .bind(nonce)
        .bind(new.created_at.0);
    let Some((seq, rev)) = query.fetch_optional(&mut *tx).await? else {
        return refuse(new, tx).await;
    };
    let message = Message {
        thread: root,
        ..message(new, seq, rev, &existing)
    };
    insert(&message, Entry::of_new(new, root.is_some()), tx).await?;
    call(&message, &message.mentions, tx).await?;
    attachments::attach(&message, tx).await?;
    Ok(Appended::Stored(message))
}

async fn insert(message: &Message, entry: Entry, tx: &mut SqliteConnection) -> Stored<()> {
    let query = INSERT_AND_MARK
        .query()
        .bind(message.id.0)
        .bind(message.room.0)
        .bind(integer(message.seq))
        .bind(integer(message.rev));
    let query = query
        .bind(message.author.id.0)
        .bind(&message.body)
        .bind(&message.html)
        .bind(message.nonce.as_ref().map(|nonce| nonce.as_str()))
        .bind(message.created_at.0);
    query
        .bind(pack(message.mentions.iter().copied()))
        .bind(message.thread.map(|root| root.0))
        .bind(attachments_text(&message.attachments))
        .bind(entry.words)
        .bind(entry.marks)
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes that `message` mentions these people.
pub(super) async fn call(message: &Message, users: &[UserId], tx: &mut SqliteConnection) -> Stored<()> {
    if !users.is_empty() {
        let query = INSERT_MENTIONS
            .query()
            .bind(json_ids(users.iter().map(|user| user.0)))
            .bind(message.room.0)
            .bind(integer(message.seq));
        query.bind(message.created_at.0).execute(tx).await?;
    }
    Ok(())
}

/// What keeps `new` from being stored; `None`: nothing does.
pub(super) async fn refusal(new: &NewMessage, tx: &mut SqliteConnection) -> Stored<Option<Appended>> {
    let query = MAY_POST.scalar().bind(new.room.0).bind(new.author.id.0);
    let nonce = new.nonce.as_ref().map(|nonce| nonce.as_str());
    let may_post: bool = query.bind(nonce).fetch_one(&mut *tx).await?;
    if may_post {
        return Ok(None);
    }
    refuse(new, tx).await.map(Some)
}

/// Why the numbers were not given. A repeated nonce comes first: its author may have left since.
async fn refuse(new: &NewMessage, tx: &mut SqliteConnection) -> Stored<Appended> {
    if let Some(first) = repeated(new, tx).await? {
        return Ok(Appended::Repeated(first));
    }
    let exists: bool = ROOM_EXISTS.scalar().bind(new.room.0).fetch_one(tx).await?;
    Ok(if exists {
        Appended::NotAMember
    } else {
        Appended::RoomNotFound
    })
}

/// The message that the author sent under the same nonce before.
async fn repeated(new: &NewMessage, tx: &mut SqliteConnection) -> Stored<Option<Message>> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let query = BY_NONCE
        .read::<Read<Message>>()
        .bind(new.author.id.0)
        .bind(nonce.as_str());
    Ok(query.fetch_optional(tx).await?.map(|Read(first)| first))
}

/// The message that `new` becomes; of its mentions, those that are `existing`.
fn message(new: &NewMessage, seq: u64, rev: u64, existing: &HashSet<UserId>) -> Message {
    Message {
        id: new.id,
        room: new.room,
        seq,
        rev,
        author: new.author.clone(),
        body: new.body.clone(),
        html: new.html.clone(),
        created_at: new.created_at,
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce: new.nonce.clone(),
        reactions: Vec::new(),
        attachments: new.attachments.clone(),
        mentions: known(&new.mentions, existing),
    }
}

/// Of the people who are `mentioned`, those who are among the `existing`, each once.
pub(super) fn known(mentioned: &[UserId], existing: &HashSet<UserId>) -> Vec<UserId> {
    let mut once = HashSet::new();
    mentioned
        .iter()
        .copied()
        .filter(|user| existing.contains(user) && once.insert(*user))
        .collect()
}

/// Of the people who are `mentioned`, those who exist.
pub(super) async fn existing(
    mentioned: impl IntoIterator<Item = UserId> + Send,
    tx: &mut SqliteConnection,
) -> Stored<HashSet<UserId>> {
    let mentioned: HashSet<Uuid> = mentioned.into_iter().map(|user| user.0).collect();
    if mentioned.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<Uuid> = EXISTING.scalar().bind(json_ids(mentioned)).fetch_all(tx).await?;
    Ok(found.into_iter().map(UserId).collect())
}

struct AppendBatch {
    room: RoomId,
    messages: Vec<NewMessage>,
}

impl Job for AppendBatch {
    type Output = Option<Head>;
    const OP: &'static str = "append_batch";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Option<Head>> {
        let mut head = self.take(&[], tx).await?;
        for messages in self.messages.chunks(MESSAGES_A_STATEMENT) {
            head = self.take(messages, tx).await?;
            let Some(head) = head else { break };
            self.insert(messages, head, tx).await?;
        }
        Ok(head)
    }
}

impl AppendBatch {
    /// Takes numbers for `messages`; gives the head after them.
    async fn take(&self, messages: &[NewMessage], tx: &mut SqliteConnection) -> Stored<Option<Head>> {
        let last_at = messages
            .iter()
            .map(|message| message.created_at.0)
            .max()
            .unwrap_or(i64::MIN);
        let query = TAKE_MANY
            .read::<Read<Head>>()
            .bind(self.room.0)
            .bind(integer(messages.len() as u64));
        Ok(query
            .bind(last_at)
            .fetch_optional(tx)
            .await?
            .map(|Read(head)| head))
    }

    /// Inserts `messages`, whose numbers end at `head`.
    async fn insert(&self, messages: &[NewMessage], head: Head, tx: &mut SqliteConnection) -> Stored<()> {
        let mentioned = messages
            .iter()
            .flat_map(|message| message.mentions.iter().copied());
        let existing = existing(mentioned, tx).await?;
        let lines: Vec<Line<'_>> = messages
            .iter()
            .map(|message| Line::new(message, &existing))
            .collect();
        let first = |last: u64| integer(last) - integer(lines.len() as u64) + 1;
        let (seq, rev, rows) = (first(head.last_seq), first(head.last_rev), json(&lines));
        INSERT_MANY
            .query()
            .bind(&rows)
            .bind(self.room.0)
            .bind(seq)
            .bind(rev)
            .execute(&mut *tx)
            .await?;
        let query = INSERT_MANY_WORDS.query().bind(&rows).bind(self.room.0).bind(seq);
        query.execute(&mut *tx).await?;
        if messages.iter().any(|message| !message.attachments.is_empty()) {
            attachments::attach_many(self.room, messages, tx).await?;
        }
        if !existing.is_empty() {
            INSERT_MANY_MENTIONS
                .query()
                .bind(&rows)
                .bind(self.room.0)
                .bind(seq)
                .execute(tx)
                .await?;
        }
        Ok(())
    }
}

/// A message as [`INSERT_MANY`] reads it.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    author: String,
    body: &'a str,
    html: &'a str,
    nonce: Option<&'a str>,
    created_at: i64,
    words: String,
    marks: String,
    /// The ids back to back, for the message.
    mentions: String,
    attachments: Option<String>,
    /// The ids one by one, for the mentions.
    mentioned: Vec<String>,
}

impl<'a> Line<'a> {
    fn new(message: &'a NewMessage, existing: &HashSet<UserId>) -> Self {
        let mentioned: Vec<String> = known(&message.mentions, existing)
            .into_iter()
            .map(|user| hex(user.0))
            .collect();
        let Entry { words, marks } = Entry::of_new(message, false);
        Self {
            id: hex(message.id.0),
            author: hex(message.author.id.0),
            body: &message.body,
            html: &message.html,
            nonce: message.nonce.as_ref().map(|nonce| nonce.as_str()),
            created_at: message.created_at.0,
            words,
            marks,
            mentions: mentioned.concat(),
            attachments: attachments_text(&message.attachments),
            mentioned,
        }
    }
}
