//! Changing messages that are there.
//!
//! The row of the room's head is locked first, and only then is anything read: each further statement sees what was
//! committed by then, and until the commit nobody else changes a message of the room, whichever instance it is on.

use async_trait::async_trait;
use chat::{
    Call, Message, MessageId, RoomId, Timestamp, UserId,
    message::{PINS_MAX, REACTION_USERS_MAX, VERSIONS_MAX, Version},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore, attachments,
    messages::once_each,
    pool::Work,
    rows::{Read, all, integer, message_columns, reactions_text, unsigned, users},
    search,
    statement::statements,
};
use crate::store::{
    Alteration, Altered, Change, Changed, Changing, Stored,
    change::{Facts, Verdict, beyond, called_all, decide, unnamed},
    files::attachments_text,
    timed::timed,
};

statements! {
    LOCK = "SELECT h.room FROM messages m
            CROSS JOIN LATERAL (SELECT room FROM room_heads WHERE room = m.room FOR NO KEY UPDATE) h
            WHERE m.id = $1";
    FACTS = concat!(
        "SELECT ", message_columns!(), ", r.kind, r.private, r.archived_at IS NOT NULL AS archived,
                r.created_by IS NOT DISTINCT FROM $2 AS creator, me.\"user\" IS NOT NULL AS member,
                EXISTS (SELECT FROM reactions x WHERE x.message = $1 AND x.emoji = $3 AND x.\"user\" = $2) AS reacted
         FROM messages m CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
         CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = m.room OFFSET 0) r
         LEFT JOIN LATERAL (SELECT \"user\" FROM members WHERE room = m.room AND \"user\" = $2 OFFSET 0) me ON TRUE
         WHERE m.id = $1"
    );
    PINS = "SELECT count(*) FROM messages WHERE room = $1 AND pinned";
    TAKE_REV = "UPDATE room_heads SET last_rev = last_rev + 1 WHERE room = $1 RETURNING last_rev";
    WRITE = "UPDATE messages SET rev = $2, body = $3, html = $4, edited_at = $5, deleted = $6, pinned = $7,
                                 mentions = $8, reactions = $9, calls = $10, attachments = $11
             WHERE id = $1";
    /// One reply less, under the room's next revision.
    DISCOUNT = "WITH head AS (UPDATE room_heads SET last_rev = last_rev + 1 WHERE room = $2 RETURNING last_rev)
                UPDATE messages SET rev = head.last_rev, reply_count = reply_count - 1 FROM head WHERE id = $1";
    BY_ID = concat!(
        "SELECT ", message_columns!(), " FROM messages m JOIN users u ON u.id = m.author WHERE m.id = $1"
    );
    KEEP_VERSION = "INSERT INTO versions (message, rev, body, written_at) VALUES ($1, $2, $3, $4)";
    /// All that goes with a message.
    CLEAR = "WITH versions AS (DELETE FROM versions WHERE message = $1)
             DELETE FROM reactions WHERE message = $1";
    REACT = "INSERT INTO reactions (message, emoji, \"user\", rev) VALUES ($1, $2, $3, $4)";
    UNREACT = "DELETE FROM reactions WHERE message = $1 AND emoji = $2 AND \"user\" = $3";
    FIRST_USERS = "SELECT \"user\" FROM reactions WHERE message = $1 AND emoji = $2 ORDER BY rev LIMIT $3";
    /// Of these people those who exist, in their order.
    EXISTING = "SELECT u.id FROM unnest($1::uuid[]) WITH ORDINALITY c (id, turn)
                CROSS JOIN LATERAL (SELECT id FROM users WHERE id = c.id OFFSET 0) u ORDER BY c.turn";
    /// Notes who is mentioned now; gives those who have not read it.
    CALL = "WITH noted AS (
                INSERT INTO mentions (\"user\", room, seq, created_at)
                SELECT c.id, $2, $3, $4 FROM unnest($1::uuid[]) c (id)
                ON CONFLICT (\"user\", room, seq) DO NOTHING
            )
            SELECT me.\"user\" FROM unnest($1::uuid[]) c (id)
            CROSS JOIN LATERAL (SELECT * FROM members WHERE room = $2 AND \"user\" = c.id OFFSET 0) me
            WHERE me.read_seq < $3";
    CALL_ALL = "INSERT INTO calls (room, seq, author, created_at) VALUES ($1, $2, $3, $4)";
    FORGET_CALL = "DELETE FROM calls WHERE room = $1 AND seq = $2";
    /// Whom it called with `@here`.
    HERE = "SELECT here FROM messages WHERE id = $1";
    FORGET_HERE = "UPDATE messages SET here = NULL WHERE id = $1";
    FORGET_MENTIONS = "DELETE FROM mentions WHERE \"user\" = ANY ($1) AND room = $2 AND seq = $3";
    PINNED = concat!(
        "SELECT ", message_columns!(), " FROM messages m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.author OFFSET 0) u
         WHERE m.room = $1 AND m.pinned ORDER BY m.seq DESC LIMIT $2"
    );
    VERSIONS = "SELECT body, written_at FROM versions WHERE message = $1 ORDER BY rev DESC LIMIT $2";
}

#[async_trait]
impl Changing for PostgresStore {
    async fn change(&self, change: Change) -> Stored<Changed> {
        timed("change", self.pool.run(&change)).await
    }

    async fn versions(&self, id: MessageId) -> Stored<Vec<Version>> {
        timed("versions", async {
            let query = || {
                VERSIONS
                    .read::<(String, i64)>()
                    .bind(id.0)
                    .bind(integer(VERSIONS_MAX))
            };
            let version = |(body, written_at)| Version {
                body,
                written_at: Timestamp(written_at),
            };
            Ok(self.pool.rows(query).await?.into_iter().map(version).collect())
        })
        .await
    }

    async fn pins(&self, room: RoomId) -> Stored<Vec<Message>> {
        timed("pins", async {
            let query = || {
                PINNED
                    .read::<Read<Message>>()
                    .bind(room.0)
                    .bind(integer(PINS_MAX))
            };
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }
}

impl Work for Change {
    type Output = Changed;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Changed> {
        let locked = LOCK.scalar::<Uuid>().bind(self.message.0);
        if locked.fetch_optional(&mut *tx).await?.is_none() {
            return Ok(Changed::NotFound);
        }
        let query = FACTS
            .read::<Read<Facts>>()
            .bind(self.message.0)
            .bind(self.by.0)
            .bind(self.what.emoji_key());
        let Some(Read(facts)) = query.fetch_optional(&mut *tx).await? else {
            return Ok(Changed::NotFound);
        };
        let before = facts.message.clone();
        let pins: i64 = match self.what {
            Alteration::Pin => PINS.scalar().bind(before.room.0).fetch_one(&mut *tx).await?,
            _ => 0,
        };
        match decide(facts, self, unsigned(pins)) {
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
    tx: &mut PgConnection,
) -> Stored<Changed> {
    let rev: i64 = TAKE_REV.scalar().bind(before.room.0).fetch_one(&mut *tx).await?;
    after.rev = unsigned(rev);
    let (mut mentioned, mut root) = (Vec::new(), None);
    let uncalled = call(before, &after, tx).await?;
    match &change.what {
        Alteration::Edit { .. } => mentioned = edit(before, &mut after, tx).await?,
        Alteration::Delete | Alteration::Erase => {
            CLEAR.query().bind(after.id.0).execute(&mut *tx).await?;
            forget(before, &before.mentions, tx).await?;
            attachments::remove(before, tx).await?;
            if let Some(id) = before.thread {
                root = Some(discount(id, before.room, tx).await?);
            }
        }
        Alteration::React(emoji) => {
            let query = REACT.query().bind(after.id.0).bind(emoji.key()).bind(change.by.0);
            query.bind(rev).execute(&mut *tx).await?;
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
async fn call(before: &Message, after: &Message, tx: &mut PgConnection) -> Stored<Vec<UserId>> {
    match called_all(before, after) {
        Some(true) => {
            let query = CALL_ALL.query().bind(after.room.0).bind(integer(after.seq));
            let query = query.bind(after.author.id.0).bind(after.created_at.0);
            query.execute(&mut *tx).await?;
        }
        Some(false) => {
            let query = FORGET_CALL.query().bind(after.room.0).bind(integer(after.seq));
            query.execute(&mut *tx).await?;
        }
        None => {}
    }
    if before.calls != Some(Call::Here) || after.calls == Some(Call::Here) {
        return Ok(Vec::new());
    }
    let here: Option<Vec<Uuid>> = HERE.scalar().bind(after.id.0).fetch_one(&mut *tx).await?;
    let uncalled = beyond(&users(here.unwrap_or_default()), &after.mentions);
    forget(before, &uncalled, tx).await?;
    FORGET_HERE.query().bind(after.id.0).execute(tx).await?;
    Ok(uncalled)
}

/// Keeps what the message said before, and calls whom it mentions now. Gives those of the newly called who have not
/// read it.
async fn edit(before: &Message, after: &mut Message, tx: &mut PgConnection) -> Stored<Vec<UserId>> {
    if !after.mentions.is_empty() {
        let called: Vec<Uuid> = once_each(&after.mentions).collect();
        after.mentions = users(EXISTING.scalar().bind(called).fetch_all(&mut *tx).await?);
    }
    let written_at = before.edited_at.unwrap_or(before.created_at);
    let query = KEEP_VERSION.query().bind(before.id.0).bind(integer(after.rev));
    let query = query.bind(&before.body).bind(written_at.0);
    query.execute(&mut *tx).await?;
    forget(before, &beyond(&before.mentions, &after.mentions), tx).await?;
    let called = beyond(&beyond(&after.mentions, &before.mentions), &[after.author.id]);
    if called.is_empty() {
        return Ok(called);
    }
    let query = CALL.scalar().bind(ids(&called)).bind(after.room.0);
    let query = query.bind(integer(after.seq)).bind(after.created_at.0);
    Ok(users(query.fetch_all(tx).await?))
}

/// `message` mentions these people no longer.
async fn forget(message: &Message, users: &[UserId], tx: &mut PgConnection) -> Stored<()> {
    if !users.is_empty() {
        let query = FORGET_MENTIONS.query().bind(ids(users)).bind(message.room.0);
        query.bind(integer(message.seq)).execute(tx).await?;
    }
    Ok(())
}

/// Takes a reaction away; whoever moves up is named in its place.
async fn unreact(message: &mut Message, key: &str, user: UserId, tx: &mut PgConnection) -> Stored<()> {
    let id = message.id.0;
    let query = UNREACT.query().bind(id).bind(key).bind(user.0);
    query.execute(&mut *tx).await?;
    if let Some(reaction) = unnamed(message, key) {
        let most = integer(REACTION_USERS_MAX as u64);
        let query = FIRST_USERS.scalar().bind(id).bind(key).bind(most);
        reaction.users = users(query.fetch_all(tx).await?);
    }
    Ok(())
}

async fn write(message: &Message, tx: &mut PgConnection) -> Stored<()> {
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
        .bind(ids(&message.mentions));
    let query = query
        .bind(reactions_text(&message.reactions))
        .bind(message.calls.map(Call::name))
        .bind(attachments_text(&message.attachments));
    query.execute(tx).await?;
    Ok(())
}

/// Counts one reply less for the message `root`; gives it as it is now.
async fn discount(root: MessageId, room: RoomId, tx: &mut PgConnection) -> Stored<Message> {
    let query = DISCOUNT.query().bind(root.0).bind(room.0);
    query.execute(&mut *tx).await?;
    by_id(root, tx).await
}

/// The message of this id, which is there.
pub(super) async fn by_id(id: MessageId, tx: &mut PgConnection) -> Stored<Message> {
    let Read(message) = BY_ID.read::<Read<Message>>().bind(id.0).fetch_one(tx).await?;
    Ok(message)
}

fn ids(users: &[UserId]) -> Vec<Uuid> {
    users.iter().map(|user| user.0).collect()
}
