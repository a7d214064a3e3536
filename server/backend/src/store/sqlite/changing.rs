//! Changing messages that are there.

use async_trait::async_trait;
use chat::{
    Call, Message, MessageId, RoomId, Timestamp, UserId,
    message::{PINS_MAX, Version},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore, attachments, messages,
    rows::{Read, all, integer, json_ids, message_columns, pack, reactions_text, unpack},
    search,
    statement::statements,
    writer::Job,
};
use crate::store::{
    Alteration, Altered, Change, Changed, Changing, Stored,
    change::{Facts, Verdict, beyond, called_all, decide, unnamed},
    files::attachments_text,
    timed::timed,
};

statements! {
    FACTS = concat!(
        "SELECT ", message_columns!(), ", r.kind, r.private, r.archived_at IS NOT NULL AS archived,
                r.created_by IS ?2 AS creator, me.user IS NOT NULL AS member,
                EXISTS (SELECT 1 FROM reactions x WHERE x.message = ?1 AND x.emoji = ?3 AND x.user = ?2) AS reacted
         FROM messages m CROSS JOIN users u ON u.id = m.author CROSS JOIN rooms r ON r.id = m.room
         LEFT JOIN members me ON me.room = m.room AND me.user = ?2
         WHERE m.id = ?1"
    );
    PINS = "SELECT count(*) FROM messages WHERE room = ?1 AND pinned = 1";
    TAKE_REV = "UPDATE room_heads SET last_rev = last_rev + 1 WHERE room = ?1 RETURNING last_rev";
    WRITE = "UPDATE messages SET rev = ?2, body = ?3, html = ?4, edited_at = ?5, deleted = ?6, pinned = ?7,
                                 mentions = ?8, reactions = ?9, calls = ?10, attachments = ?11
             WHERE id = ?1";
    COUNT_REPLIES = "UPDATE messages SET rev = ?2, reply_count = reply_count + ?3 WHERE id = ?1";
    BY_ID = concat!(
        "SELECT ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author WHERE m.id = ?1"
    );
    KEEP_VERSION = "INSERT INTO versions (message, rev, body, written_at) VALUES (?1, ?2, ?3, ?4)";
    /// All that goes with a message.
    CLEAR = "DELETE FROM versions WHERE message = ?1;
             DELETE FROM reactions WHERE message = ?1";
    REACT = "INSERT INTO reactions (message, emoji, user, rev) VALUES (?1, ?2, ?3, ?4)";
    UNREACT = "DELETE FROM reactions WHERE message = ?1 AND emoji = ?2 AND user = ?3";
    FIRST_USERS = "SELECT user FROM reactions WHERE message = ?1 AND emoji = ?2 ORDER BY rev LIMIT ?3";
    FORGET_MENTIONS = "DELETE FROM mentions
                       WHERE user IN (SELECT unhex(j.value) FROM json_each(?1) j) AND room = ?2 AND seq = ?3";
    /// Whom it called with `@here`, and that it does so no longer.
    HERE = "SELECT here FROM messages WHERE id = ?1";
    FORGET_HERE = "UPDATE messages SET here = NULL WHERE id = ?1";
    FORGET_CALL = "DELETE FROM calls WHERE room = ?1 AND seq = ?2";
    HAVE_NOT_READ = "SELECT me.user FROM json_each(?1) j
                     CROSS JOIN members me ON me.room = ?2 AND me.user = unhex(j.value)
                     WHERE me.read_seq < ?3";
    PINNED = concat!(
        "SELECT ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author
         WHERE m.room = ?1 AND m.pinned = 1 ORDER BY m.seq DESC LIMIT ?2"
    );
    VERSIONS = "SELECT body, written_at FROM versions WHERE message = ?1 ORDER BY rev DESC LIMIT ?2";
}

#[async_trait]
impl Changing for SqliteStore {
    async fn change(&self, change: Change) -> Stored<Changed> {
        self.write(change).await
    }

    async fn versions(&self, id: MessageId) -> Stored<Vec<Version>> {
        timed("versions", async {
            let query = VERSIONS
                .read::<(String, i64)>()
                .bind(id.0)
                .bind(integer(chat::message::VERSIONS_MAX));
            let rows = query.fetch_all(&self.reads).await?;
            let version = |(body, written_at)| Version {
                body,
                written_at: Timestamp(written_at),
            };
            Ok(rows.into_iter().map(version).collect())
        })
        .await
    }

    async fn pins(&self, room: RoomId) -> Stored<Vec<Message>> {
        timed("pins", async {
            let query = PINNED.read::<Read<Message>>().bind(room.0);
            Ok(all(query.bind(integer(PINS_MAX)).fetch_all(&self.reads).await?))
        })
        .await
    }
}

impl Job for Change {
    type Output = Changed;
    const OP: &'static str = "change";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Changed> {
        let query = FACTS
            .read::<Read<Facts>>()
            .bind(self.message.0)
            .bind(self.by.0)
            .bind(self.what.emoji_key());
        let Some(Read(facts)) = query.fetch_optional(&mut *tx).await? else {
            return Ok(Changed::NotFound);
        };
        let before = facts.message.clone();
        let pins = match self.what {
            Alteration::Pin => PINS.scalar().bind(before.room.0).fetch_one(&mut *tx).await?,
            _ => 0,
        };
        match decide(facts, self, pins) {
            Verdict::Answer(answer) => Ok(answer),
            Verdict::Write(after) => store(self, &before, *after, tx).await,
        }
    }
}

/// Stores the state that was decided on, and all that goes with it.
async fn store(
    change: &Change,
    before: &Message,
    mut after: Message,
    tx: &mut SqliteConnection,
) -> Stored<Changed> {
    after.rev = take_rev(before.room, tx).await?;
    let (mut mentioned, mut root) = (Vec::new(), None);
    let uncalled = call(before, &after, tx).await?;
    match &change.what {
        Alteration::Edit { .. } => {
            let existing = messages::existing(after.mentions.iter().copied(), tx).await?;
            after.mentions = messages::known(&after.mentions, &existing);
            mentioned = edit(before, &after, tx).await?;
        }
        Alteration::Delete | Alteration::Erase => {
            CLEAR.query().bind(after.id.0).execute(&mut *tx).await?;
            forget(before, &before.mentions, tx).await?;
            attachments::remove(before, tx).await?;
            if let Some(id) = before.thread {
                root = Some(count_replies(id, before.room, -1, tx).await?);
            }
        }
        Alteration::React(emoji) => {
            let query = REACT.query().bind(after.id.0).bind(emoji.key()).bind(change.by.0);
            query.bind(integer(after.rev)).execute(&mut *tx).await?;
        }
        Alteration::Unreact(emoji) => unreact(&mut after, &emoji.key(), change.by, tx).await?,
        Alteration::Pin | Alteration::Unpin | Alteration::Preview { .. } => {}
    }
    write(&after, tx).await?;
    search::renew(before, &after, tx).await?;
    Ok(Changed::Stored(Box::new(Altered {
        unmentioned: [beyond(&before.mentions, &after.mentions), uncalled].concat(),
        called_all: called_all(before, &after),
        message: after,
        root,
        mentioned,
    })))
}

/// Notes whether the message calls on more than the people it mentions. Gives those whom it had called as they were
/// there, and does so no longer.
async fn call(before: &Message, after: &Message, tx: &mut SqliteConnection) -> Stored<Vec<UserId>> {
    match called_all(before, after) {
        Some(true) => messages::call_all(after, tx).await?,
        Some(false) => {
            let query = FORGET_CALL.query().bind(after.room.0).bind(integer(after.seq));
            query.execute(&mut *tx).await?;
        }
        None => {}
    }
    if before.calls != Some(Call::Here) || after.calls == Some(Call::Here) {
        return Ok(Vec::new());
    }
    let here: Option<Vec<u8>> = HERE.scalar().bind(after.id.0).fetch_one(&mut *tx).await?;
    let here: Vec<_> = unpack(&here.unwrap_or_default()).map(UserId).collect();
    let uncalled = beyond(&here, &after.mentions);
    forget(before, &uncalled, tx).await?;
    FORGET_HERE.query().bind(after.id.0).execute(tx).await?;
    Ok(uncalled)
}

/// Keeps what the message said before, and calls whom it mentions now. Gives those of the newly called who have not
/// read it.
async fn edit(before: &Message, after: &Message, tx: &mut SqliteConnection) -> Stored<Vec<UserId>> {
    let query = KEEP_VERSION
        .query()
        .bind(before.id.0)
        .bind(integer(after.rev))
        .bind(&before.body);
    let written_at = before.edited_at.unwrap_or(before.created_at);
    query.bind(written_at.0).execute(&mut *tx).await?;
    forget(before, &beyond(&before.mentions, &after.mentions), tx).await?;
    let called = beyond(&beyond(&after.mentions, &before.mentions), &[after.author.id]);
    if called.is_empty() {
        return Ok(called);
    }
    messages::call(after, &called, tx).await?;
    let query = HAVE_NOT_READ
        .scalar()
        .bind(json_ids(called.iter().map(|user| user.0)))
        .bind(after.room.0)
        .bind(integer(after.seq));
    let unread: Vec<Uuid> = query.fetch_all(tx).await?;
    Ok(unread.into_iter().map(UserId).collect())
}

/// `message` mentions these people no longer.
async fn forget(message: &Message, users: &[UserId], tx: &mut SqliteConnection) -> Stored<()> {
    if !users.is_empty() {
        let query = FORGET_MENTIONS
            .query()
            .bind(json_ids(users.iter().map(|user| user.0)))
            .bind(message.room.0);
        query.bind(integer(message.seq)).execute(tx).await?;
    }
    Ok(())
}

/// Takes a reaction away; whoever moves up is named in its place.
async fn unreact(message: &mut Message, key: &str, user: UserId, tx: &mut SqliteConnection) -> Stored<()> {
    let id = message.id.0;
    let query = UNREACT.query().bind(id).bind(key).bind(user.0);
    query.execute(&mut *tx).await?;
    if let Some(reaction) = unnamed(message, key) {
        let most = integer(chat::message::REACTION_USERS_MAX as u64);
        let query = FIRST_USERS.scalar().bind(id).bind(key).bind(most);
        let users: Vec<Uuid> = query.fetch_all(tx).await?;
        reaction.users = users.into_iter().map(UserId).collect();
    }
    Ok(())
}

async fn write(message: &Message, tx: &mut SqliteConnection) -> Stored<()> {
    let query = WRITE
        .query()
        .bind(message.id.0)
        .bind(integer(message.rev))
        .bind(&message.body)
        .bind(&message.html)
        .bind(message.edited_at.map(|at| at.0));
    let query = query
        .bind(message.deleted)
        .bind(message.pinned)
        .bind(pack(message.mentions.iter().copied()));
    let query = query
        .bind(reactions_text(&message.reactions))
        .bind(message.calls.map(Call::name))
        .bind(attachments_text(&message.attachments));
    query.execute(tx).await?;
    Ok(())
}

/// The room's next revision. The row stays locked until the commit, so the order of revisions is that of commits.
async fn take_rev(room: RoomId, tx: &mut SqliteConnection) -> Stored<u64> {
    Ok(TAKE_REV.scalar().bind(room.0).fetch_one(tx).await?)
}

/// Counts so many replies more for the message `root`, under the room's next revision; gives it as it is now.
pub(super) async fn count_replies(
    root: MessageId,
    room: RoomId,
    more: i64,
    tx: &mut SqliteConnection,
) -> Stored<Message> {
    let rev = take_rev(room, tx).await?;
    let query = COUNT_REPLIES.query().bind(root.0).bind(integer(rev)).bind(more);
    query.execute(&mut *tx).await?;
    let Read(root) = BY_ID.read::<Read<Message>>().bind(root.0).fetch_one(tx).await?;
    Ok(root)
}
