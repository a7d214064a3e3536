//! Messages that come from other programs' archives, a batch at a time.

use chat::{Message, RoomId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    messages::{attach_many, index_words},
    rows::{integer, reactions_text},
    statement::statements,
};
use crate::{
    search::Entry,
    store::{
        ForeignMessage, Head, Stored, called,
        files::attachments_text,
        imports::{Answered, Numbered},
    },
};

statements! {
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
}

/// Writes numbered messages down, whose numbers begin after `before`, with all that is beside them, and answers the roots
/// that were there. Each of `new` is what became the message of the same place.
pub(super) async fn insert(
    before: Head,
    new: &[&ForeignMessage],
    numbered: &Numbered,
    tx: &mut PgConnection,
) -> Stored<()> {
    let Numbered { messages, answered } = numbered;
    insert_messages(before, messages, tx).await?;
    insert_mentions(before.room, messages, tx).await?;
    insert_reactions(new, messages, tx).await?;
    attach(before.room, messages, tx).await?;
    answer(answered, tx).await
}

/// The messages, and what they say into the index of words.
async fn insert_messages(before: Head, messages: &[Message], tx: &mut PgConnection) -> Stored<()> {
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
