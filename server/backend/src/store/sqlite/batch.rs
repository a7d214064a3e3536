//! Many messages in a few statements: what waited together, and what a tool fills in.

use std::collections::{BTreeMap, HashMap};

use chat::{Call, Message, MessageId, RoomId, UserId};
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{
    attachments,
    messages::{existing, message},
    rows::{Read, hex, json, json_object},
    statement::statements,
    writer::Job,
};
use crate::{
    search::Entry,
    store::{Head, NewMessage, Stored, called, files::attachments_text},
};

/// The most messages of one statement.
const MESSAGES_A_STATEMENT: usize = 1_000;

statements! {
    /// Takes each room's next numbers, as many as it says. The rows stay locked until the commit, so the order of
    /// numbers is the order of commits.
    /// Not joined: rooms would be walked where SQLite believes that there are few.
    TAKE = "UPDATE room_heads SET last_seq = last_seq + (?1 ->> ('$.\"' || hex(room) || '\".count')),
                                  last_rev = last_rev + (?1 ->> ('$.\"' || hex(room) || '\".count')),
                                  last_at = max(last_at, ?1 ->> ('$.\"' || hex(room) || '\".last_at'))
            WHERE room IN (SELECT unhex(j.key) FROM json_each(?1) j)
            RETURNING room AS head_room, last_seq, last_rev";
    HEAD = "SELECT room AS head_room, last_seq, last_rev FROM room_heads WHERE room = ?1";
    INSERT = "INSERT INTO messages (id, room, seq, rev, author, body, html, nonce, thread, reply_count,
                                    created_at, edited_at, deleted, pinned, mentions, calls, here, attachments)
              SELECT unhex(j.value ->> 'id'), unhex(j.value ->> 'room'), j.value ->> 'seq', j.value ->> 'rev',
                     unhex(j.value ->> 'author'), j.value ->> 'body', j.value ->> 'html', j.value ->> 'nonce', NULL, 0,
                     j.value ->> 'created_at', NULL, 0, 0, unhex(j.value ->> 'mentions'), j.value ->> 'calls',
                     unhex(j.value ->> 'here'), j.value ->> 'attachments'
              FROM json_each(?1) j ORDER BY j.key;
              INSERT INTO message_words (rowid, words, marks)
              SELECT m.rowid, j.value ->> 'words', j.value ->> 'marks'
              FROM json_each(?1) j CROSS JOIN messages m ON m.id = unhex(j.value ->> 'id') ORDER BY j.key";
    INSERT_MENTIONS = "INSERT INTO mentions (user, room, seq, created_at)
                       SELECT unhex(u.value), unhex(j.value ->> 'room'), j.value ->> 'seq', j.value ->> 'created_at'
                       FROM json_each(?1) j CROSS JOIN json_each(j.value, '$.mentioned') u";
    INSERT_CALLS = "INSERT INTO calls (room, seq, author, created_at)
                    SELECT unhex(j.value ->> 'room'), j.value ->> 'seq', unhex(j.value ->> 'author'), j.value ->> 'created_at'
                    FROM json_each(?1) j WHERE j.value ->> 'calls' = 'room'";
}

/// Gives `new` messages, which may all be stored, their rooms' next numbers, in order. Messages for a room that does
/// not exist are left out.
pub(super) async fn number(new: &[&NewMessage], tx: &mut SqliteConnection) -> Stored<Vec<Message>> {
    let mentioned = new.iter().flat_map(|new| new.mentions.iter().copied());
    let existing = existing(mentioned, tx).await?;
    let mut next = take(new, tx).await?;
    let numbered = new.iter().filter_map(|new| {
        let head = next.get_mut(&new.room)?;
        (head.last_seq, head.last_rev) = (head.last_seq + 1, head.last_rev + 1);
        Some(message(new, head.last_seq, head.last_rev, &existing))
    });
    Ok(numbered.collect())
}

/// Takes the numbers for `new`; gives each room's head before them.
async fn take(new: &[&NewMessage], tx: &mut SqliteConnection) -> Stored<HashMap<RoomId, Head>> {
    let mut rooms: HashMap<RoomId, Wanted> = HashMap::new();
    for new in new {
        let wanted = rooms.entry(new.room).or_insert_with(|| Wanted {
            count: 0,
            last_at: i64::MIN,
        });
        wanted.count += 1;
        wanted.last_at = wanted.last_at.max(new.created_at.0);
    }
    let wanted: BTreeMap<String, &Wanted> = rooms
        .iter()
        .map(|(room, wanted)| (hex(room.0).to_uppercase(), wanted))
        .collect();
    let heads = TAKE
        .read::<Read<Head>>()
        .bind(json_object(&wanted))
        .fetch_all(tx)
        .await?;
    let before = heads.into_iter().map(|Read(head)| {
        let count = rooms.get(&head.room).map_or(0, |wanted| wanted.count);
        let (last_seq, last_rev) = (head.last_seq - count, head.last_rev - count);
        (
            head.room,
            Head {
                last_seq,
                last_rev,
                ..head
            },
        )
    });
    Ok(before.collect())
}

/// How many numbers a room is to give, as [`TAKE`] reads it under the room's id.
#[derive(Serialize)]
struct Wanted {
    count: u64,
    last_at: i64,
}

/// Writes numbered messages, which answer nobody, down. They are those of `new` that could be numbered.
pub(super) async fn insert(
    new: &[&NewMessage],
    messages: &[Message],
    tx: &mut SqliteConnection,
) -> Stored<()> {
    let here: HashMap<MessageId, &[UserId]> = new
        .iter()
        .filter(|new| !new.here.is_empty())
        .map(|new| (new.id, new.here.as_slice()))
        .collect();
    let line = |message| Line::new(message, &here);
    let lines: Vec<Line<'_>> = messages.iter().map(line).collect();
    let rows = json(&lines);
    INSERT.query().bind(&rows).execute(&mut *tx).await?;
    if lines.iter().any(|line| !line.mentioned.is_empty()) {
        INSERT_MENTIONS.query().bind(&rows).execute(&mut *tx).await?;
    }
    if messages.iter().any(|message| message.calls == Some(Call::Room)) {
        INSERT_CALLS.query().bind(&rows).execute(tx).await?;
    }
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
    nonce: Option<&'a str>,
    created_at: i64,
    words: String,
    marks: String,
    calls: Option<&'static str>,
    attachments: Option<String>,
    /// The ids back to back, for the message.
    mentions: String,
    /// The same of those who are called because they are there.
    here: Option<String>,
    /// The ids of all who are called one by one, for the mentions.
    mentioned: Vec<String>,
}

impl<'a> Line<'a> {
    fn new(message: &'a Message, here: &HashMap<MessageId, &[UserId]>) -> Self {
        let here = here.get(&message.id).copied();
        let hexes = |users: &[UserId]| users.iter().map(|user| hex(user.0)).collect::<Vec<_>>();
        let called = called(message.author.id, &message.mentions, here.unwrap_or_default());
        // A new message is not deleted, so it has an entry.
        let Entry { words, marks } = Entry::of(message).unwrap_or_default();
        Self {
            id: hex(message.id.0),
            room: hex(message.room.0),
            seq: message.seq,
            rev: message.rev,
            author: hex(message.author.id.0),
            body: &message.body,
            html: &message.html,
            nonce: message.nonce.as_ref().map(|nonce| nonce.as_str()),
            created_at: message.created_at.0,
            words,
            marks,
            calls: message.calls.map(Call::name),
            attachments: attachments_text(&message.attachments),
            mentions: hexes(&message.mentions).concat(),
            here: here.map(|here| hexes(here).concat()),
            mentioned: hexes(&called),
        }
    }
}

/// What a tool fills a room with: nobody is asked whether they may, and nobody has read it.
pub(super) struct AppendBatch {
    pub(super) room: RoomId,
    pub(super) messages: Vec<NewMessage>,
}

impl Job for AppendBatch {
    type Output = Option<Head>;
    const OP: &'static str = "append_batch";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Option<Head>> {
        for messages in self.messages.chunks(MESSAGES_A_STATEMENT) {
            let new: Vec<&NewMessage> = messages.iter().collect();
            let numbered = number(&new, tx).await?;
            insert(&new, &numbered, tx).await?;
            if messages.iter().any(|message| !message.attachments.is_empty()) {
                attachments::attach_many(self.room, messages, tx).await?;
            }
        }
        let head = HEAD
            .read::<Read<Head>>()
            .bind(self.room.0)
            .fetch_optional(tx)
            .await?;
        Ok(head.map(|Read(head)| head))
    }
}
