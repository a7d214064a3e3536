//! Messages that come from other programs' archives, a batch at a time.

use chat::Message;
use serde::Serialize;
use sqlx::SqliteConnection;

use super::{
    attachments,
    rows::{hex, integer, json, reactions_text},
    statement::statements,
};
use crate::{
    search::Entry,
    store::{
        ForeignMessage, Stored, called,
        files::attachments_text,
        imports::{Answered, Numbered},
    },
};

statements! {
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
}

/// Writes numbered messages down, with all that is beside them, and answers the roots that were there. Each of `new` is
/// what became the message of the same place.
pub(super) async fn insert(
    new: &[&ForeignMessage],
    numbered: &Numbered,
    tx: &mut SqliteConnection,
) -> Stored<()> {
    let Numbered { messages, answered } = numbered;
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
        INSERT_REACTIONS
            .query()
            .bind(json(&given))
            .execute(&mut *tx)
            .await?;
    }
    for message in messages {
        attachments::attach(message, tx).await?;
    }
    answer(answered, tx).await
}

async fn answer(answered: &[Answered], tx: &mut SqliteConnection) -> Stored<()> {
    for Answered { root, replies, rev } in answered {
        let query = ANSWER.query().bind(root.0).bind(integer(*replies));
        query.bind(integer(*rev)).execute(&mut *tx).await?;
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
