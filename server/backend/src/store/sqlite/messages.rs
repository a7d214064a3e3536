//! Messages: each room's log.

use std::collections::HashSet;

use async_trait::async_trait;
use chat::{
    Call, Message, MessageId, Nonce, RoomId, UserId,
    message::{Bound, Page},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, attachments,
    batch::AppendBatch,
    rows::{Read, integer, json_ids, message_columns, pack, with_head},
    statement::statements,
    writer::Job,
};
use crate::{
    search::Entry,
    store::{
        Appended, Changes, Head, Hindrance, Messages, NewMessage, Stored, files::attachments_text,
        timed::timed, window::Window,
    },
};

/// Whether the author `?2` may post into the room `?1` at `?4`; `?5`: slow mode does not hold.
macro_rules! may_post {
    () => {
        "EXISTS (SELECT 1 FROM members x CROSS JOIN rooms r ON r.id = x.room
                 WHERE x.room = ?1 AND x.user = ?2 AND r.archived_at IS NULL
                   AND (?5 OR r.slow_s IS NULL OR x.posted_at IS NULL OR x.posted_at + r.slow_s * 1000 <= ?4))
         AND NOT EXISTS (SELECT 1 FROM messages WHERE author = ?2 AND nonce = ?3)"
    };
}

statements! {
    BY_ID = concat!(
        "SELECT ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author WHERE m.id = ?1"
    );
    BY_NONCE = concat!(
        "SELECT ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author
         WHERE m.author = ?1 AND m.nonce = ?2"
    );
    /// What kept the author `?2` from posting into the room `?1` at `?3`.
    HINDRANCE = "SELECT x.user IS NOT NULL AS member, r.archived_at IS NOT NULL AS archived,
                        x.posted_at + r.slow_s * 1000 - ?3 AS wait_ms
                 FROM rooms r LEFT JOIN members x ON x.room = r.id AND x.user = ?2 WHERE r.id = ?1";
    /// Takes the room's next numbers, if the author `?2` may post and has not used the nonce `?3` before.
    /// The row stays locked until the commit, so the order of numbers is the order of commits.
    TAKE_NEXT = concat!(
        "UPDATE room_heads SET last_seq = last_seq + 1, last_rev = last_rev + 1, last_at = max(last_at, ?4)
         WHERE room = ?1 AND ", may_post!(), "
         RETURNING last_seq, last_rev"
    );
    /// What [`TAKE_NEXT`] asks before it takes any.
    MAY_POST = concat!("SELECT ", may_post!());
    /// One round trip for all. The first statement leaves no number out and the last takes low ones with few between
    /// them that it leaves out: numbers that a statement leaves out sqlx counts on through all statements, and binds
    /// nothing more once it is past the last value.
    INSERT_AND_MARK = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count,
                                             created_at, edited_at, deleted, pinned, mentions, calls, here, attachments)
                       VALUES (?1, ?2, ?3, ?9, ?5, ?6, ?7, ?8, ?11, 0, ?4, NULL, 0, 0, ?10, ?12, ?13, ?14);
                       INSERT INTO message_words (rowid, words, marks) VALUES (last_insert_rowid(), ?15, ?16);
                       UPDATE members SET read_seq = ?3, posted_at = ?4 WHERE room = ?2 AND user = ?5";
    INSERT_MENTIONS = "INSERT INTO mentions (user, room, seq, created_at)
                       SELECT unhex(j.value), ?2, ?3, ?4 FROM json_each(?1) j WHERE TRUE
                       ON CONFLICT (user, room, seq) DO NOTHING";
    INSERT_CALL = "INSERT INTO calls (room, seq, author, created_at) VALUES (?1, ?2, ?3, ?4)";
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
        timed(Append::OP, self.posts.append(message)).await
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

/// A message that is posted by itself.
pub(super) struct Append(pub(super) NewMessage);

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
        .bind(new.created_at.0)
        .bind(new.exempt);
    let Some((seq, rev)) = query.fetch_optional(&mut *tx).await? else {
        return refuse(new, tx).await;
    };
    let message = Message {
        thread: root,
        ..message(new, seq, rev, &existing)
    };
    insert(&message, &new.here, Entry::of_new(new, root.is_some()), tx).await?;
    call(&message, &new.called(&message.mentions), tx).await?;
    if message.calls == Some(Call::Room) {
        call_all(&message, tx).await?;
    }
    attachments::attach(&message, tx).await?;
    Ok(Appended::Stored(message))
}

async fn insert(message: &Message, here: &[UserId], entry: Entry, tx: &mut SqliteConnection) -> Stored<()> {
    let query = INSERT_AND_MARK
        .query()
        .bind(message.id.0)
        .bind(message.room.0)
        .bind(integer(message.seq))
        .bind(message.created_at.0);
    let query = query
        .bind(message.author.id.0)
        .bind(&message.body)
        .bind(&message.html)
        .bind(message.nonce.as_ref().map(|nonce| nonce.as_str()))
        .bind(integer(message.rev));
    query
        .bind(pack(message.mentions.iter().copied()))
        .bind(message.thread.map(|root| root.0))
        .bind(message.calls.map(Call::name))
        .bind((!here.is_empty()).then(|| pack(here.iter().copied())))
        .bind(attachments_text(&message.attachments))
        .bind(entry.words)
        .bind(entry.marks)
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes that `message` calls on every member: one row, however many they are.
pub(super) async fn call_all(message: &Message, tx: &mut SqliteConnection) -> Stored<()> {
    let query = INSERT_CALL
        .query()
        .bind(message.room.0)
        .bind(integer(message.seq))
        .bind(message.author.id.0);
    query.bind(message.created_at.0).execute(tx).await?;
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
    let query = query.bind(nonce).bind(new.created_at.0).bind(new.exempt);
    let may_post: bool = query.fetch_one(&mut *tx).await?;
    if may_post {
        return Ok(None);
    }
    refuse(new, tx).await.map(Some)
}

/// Why the numbers were not given. A repeated nonce comes first: its author may have left since.
pub(super) async fn refuse(new: &NewMessage, tx: &mut SqliteConnection) -> Stored<Appended> {
    if let Some(first) = repeated(new, tx).await? {
        return Ok(Appended::Repeated(first));
    }
    let query = HINDRANCE
        .read::<Read<Hindrance>>()
        .bind(new.room.0)
        .bind(new.author.id.0);
    let found = query.bind(new.created_at.0).fetch_optional(tx).await?;
    Ok(found.map_or(Appended::RoomNotFound, |Read(hindrance)| hindrance.refusal()))
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
pub(super) fn message(new: &NewMessage, seq: u64, rev: u64, existing: &HashSet<UserId>) -> Message {
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
        calls: new.calls,
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
