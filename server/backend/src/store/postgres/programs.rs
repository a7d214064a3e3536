//! Bots, webhooks and slash commands.

use async_trait::async_trait;
use chat::{CommandId, RoomId, Timestamp, User, UserId, WebhookId};
use sqlx::PgConnection;

use super::{
    PostgresStore,
    accounts::insert_member,
    pool::Work,
    rooms::join,
    rows::{Read, all, integer, user_columns},
    statement::statements,
};
use crate::store::{
    BotCreated, Command, CommandCreated, Cursor, Incoming, NewUser, Outgoing, Programs, SecretHash, Stop,
    Stored, timed::timed,
};

/// The columns of an incoming webhook `i`.
macro_rules! incoming_columns {
    () => {
        "i.id, i.hash, i.room, i.bot AS poster, i.name, i.created_by, i.created_at"
    };
}

statements! {
    /// Those who add a program at once wait for each other, so that there are no more than there may be.
    LOCK_PROGRAMS = "SELECT pg_advisory_xact_lock(7310579621302)";
    COUNT_BOTS = "SELECT count(*) FROM users WHERE maker IS NOT NULL";
    MARK_BOT = "UPDATE users SET maker = $2 WHERE id = $1";
    BOTS = concat!(
        "SELECT ", user_columns!(), " FROM users u WHERE u.maker IS NOT NULL ORDER BY u.username_key LIMIT 500"
    );
    COUNT_INCOMING = "SELECT count(*) FROM incoming_webhooks WHERE room = $1";
    INSERT_INCOMING = "INSERT INTO incoming_webhooks (id, hash, room, bot, name, created_by, created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
    INCOMING = concat!(
        "SELECT ", incoming_columns!(),
        " FROM incoming_webhooks i WHERE i.room = $1 ORDER BY i.created_at, i.id LIMIT 100"
    );
    INCOMING_AROUND = concat!(
        "SELECT ", incoming_columns!(),
        " FROM members m JOIN incoming_webhooks i ON i.room = m.room WHERE m.\"user\" = $1 LIMIT 200"
    );
    INCOMING_BY_HASH = concat!(
        "SELECT ", incoming_columns!(), ", ", user_columns!(),
        " FROM incoming_webhooks i JOIN users u ON u.id = i.bot WHERE i.hash = $1"
    );
    DELETE_INCOMING = "DELETE FROM incoming_webhooks WHERE id = $1 AND room = $2
                       RETURNING id, hash, room, bot AS poster, name, created_by, created_at";
    INSERT_OUTGOING = "INSERT INTO outgoing_webhooks (id, room, name, url, secret, changes, created_by, created_at)
                       SELECT $1, $2, $3, $4, $5, $6, $7, $8
                       WHERE (SELECT count(*) FROM outgoing_webhooks) < $9";
    FOLLOW_ROOM = "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
                   SELECT $1, h.room, h.last_rev, h.last_seq, 0, 0 FROM room_heads h WHERE h.room = $2";
    FOLLOW_ROOMS = "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
                    SELECT $1, h.room, h.last_rev, h.last_seq, 0, 0
                    FROM rooms r JOIN room_heads h ON h.room = r.id WHERE NOT r.private";
    /// Channels that came to be later are told of from their beginning.
    FOLLOW_NEW_ROOMS = "INSERT INTO webhook_cursors (webhook, room, rev, seq, attempts, due_at)
                        SELECT w.id, r.id, 0, 0, 0, 0 FROM outgoing_webhooks w CROSS JOIN rooms r
                        WHERE w.room IS NULL AND NOT r.private
                              AND NOT EXISTS (SELECT 1 FROM webhook_cursors c WHERE c.webhook = w.id AND c.room = r.id)";
    OUTGOING = "SELECT id, room, name, url, secret, changes, created_by, created_at, stopped_at, fault
                FROM outgoing_webhooks ORDER BY id LIMIT 100";
    HAS_OUTGOING = "SELECT EXISTS (SELECT 1 FROM outgoing_webhooks)";
    DELETE_OUTGOING = "DELETE FROM outgoing_webhooks WHERE id = $1";
    STOP_OUTGOING = "UPDATE outgoing_webhooks SET stopped_at = $2, fault = $3 WHERE id = $1";
    /// What a webhook that goes on was told in vain counts no more.
    FORGIVE = "UPDATE webhook_cursors SET attempts = 0, due_at = 0 WHERE webhook = $1 AND attempts > 0";
    IS_DUE = "SELECT EXISTS (
                  SELECT 1 FROM outgoing_webhooks w JOIN webhook_cursors c ON c.webhook = w.id
                                JOIN room_heads h ON h.room = c.room
                  WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
              )";
    /// Two instances that claim at once do not wait for each other, nor get the same.
    CLAIM = "UPDATE webhook_cursors c SET due_at = $2
             FROM (
                 SELECT c.webhook, c.room FROM outgoing_webhooks w JOIN webhook_cursors c ON c.webhook = w.id
                                               JOIN room_heads h ON h.room = c.room
                 WHERE w.stopped_at IS NULL AND c.due_at <= $1 AND h.last_rev > c.rev
                 LIMIT $3 FOR UPDATE OF c SKIP LOCKED
             ) due
             WHERE c.webhook = due.webhook AND c.room = due.room
             RETURNING c.webhook, c.room, c.rev, c.seq, c.attempts, c.due_at";
    MOVE = "UPDATE webhook_cursors SET rev = $5, seq = $6, attempts = $7, due_at = $8
            WHERE webhook = $1 AND room = $2 AND rev = $3 AND due_at = $4";
    COMMAND_STANDING = "SELECT EXISTS (SELECT 1 FROM commands WHERE name = $1), (SELECT count(*) FROM commands)";
    INSERT_COMMAND = "INSERT INTO commands (id, name, summary, url, secret, bot, created_by, created_at)
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    COMMANDS = "SELECT id, name, summary, url, secret, bot, created_by, created_at
                FROM commands ORDER BY name LIMIT 200";
    DELETE_COMMAND = "DELETE FROM commands WHERE id = $1";
}

#[async_trait]
impl Programs for PostgresStore {
    async fn create_bot(&self, bot: NewUser, maker: UserId, most: u64) -> Stored<BotCreated> {
        timed("create_bot", self.pool.run(&CreateBot { bot, maker, most })).await
    }

    async fn bots(&self) -> Stored<Vec<User>> {
        timed("bots", async {
            let query = || BOTS.read::<Read<User>>();
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn insert_incoming(&self, webhook: Incoming, bot: NewUser, most: u64) -> Stored<BotCreated> {
        timed(
            "insert_incoming",
            self.pool.run(&InsertIncoming { webhook, bot, most }),
        )
        .await
    }

    async fn incoming(&self, room: RoomId) -> Stored<Vec<Incoming>> {
        timed("incoming", async {
            let query = || INCOMING.read::<Read<Incoming>>().bind(room.0);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn incoming_around(&self, user: UserId) -> Stored<Vec<Incoming>> {
        timed("incoming_around", async {
            let query = || INCOMING_AROUND.read::<Read<Incoming>>().bind(user.0);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn incoming_by_hash(&self, hash: &SecretHash) -> Stored<Option<(Incoming, User)>> {
        timed("incoming_by_hash", async {
            let query = || INCOMING_BY_HASH.read::<Read<(Incoming, User)>>().bind(&hash[..]);
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn delete_incoming(&self, room: RoomId, id: WebhookId) -> Stored<Option<Incoming>> {
        timed("delete_incoming", self.pool.run(&DeleteIncoming { room, id })).await
    }

    async fn insert_outgoing(&self, webhook: Outgoing, most: u64) -> Stored<bool> {
        timed(
            "insert_outgoing",
            self.pool.run(&InsertOutgoing { webhook, most }),
        )
        .await
    }

    async fn outgoing(&self) -> Stored<Vec<Outgoing>> {
        timed("outgoing", async {
            let query = || OUTGOING.read::<Read<Outgoing>>();
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn has_outgoing(&self) -> Stored<bool> {
        let query = || HAS_OUTGOING.read::<(bool,)>();
        let found = timed("has_outgoing", self.pool.optional(query)).await?;
        Ok(found == Some((true,)))
    }

    async fn delete_outgoing(&self, id: WebhookId) -> Stored<bool> {
        timed("delete_outgoing", self.pool.run(&DeleteOutgoing(id))).await
    }

    async fn stop_outgoing(&self, id: WebhookId, stop: Option<Stop>) -> Stored<bool> {
        timed("stop_outgoing", self.pool.run(&StopOutgoing { id, stop })).await
    }

    async fn follow_new_rooms(&self) -> Stored<()> {
        timed("follow_new_rooms", self.pool.run(&FollowNewRooms)).await
    }

    async fn claim_cursors(&self, now: Timestamp, until: Timestamp, limit: u64) -> Stored<Vec<Cursor>> {
        let query = || IS_DUE.read::<(bool,)>().bind(now.0);
        let due = timed("cursors_due", self.pool.optional(query)).await?;
        // Asking locks nothing, and mostly there is nothing to tell.
        if due != Some((true,)) {
            return Ok(Vec::new());
        }
        timed(
            "claim_cursors",
            self.pool.run(&ClaimCursors { now, until, limit }),
        )
        .await
    }

    async fn move_cursor(&self, claimed: Cursor, to: Cursor) -> Stored<bool> {
        timed("move_cursor", self.pool.run(&MoveCursor { claimed, to })).await
    }

    async fn insert_command(&self, command: Command, most: u64) -> Stored<CommandCreated> {
        timed("insert_command", self.pool.run(&InsertCommand { command, most })).await
    }

    async fn commands(&self) -> Stored<Vec<Command>> {
        timed("commands", async {
            let query = || COMMANDS.read::<Read<Command>>();
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn delete_command(&self, id: CommandId) -> Stored<bool> {
        timed("delete_command", self.pool.run(&DeleteCommand(id))).await
    }
}

struct CreateBot {
    bot: NewUser,
    maker: UserId,
    most: u64,
}

impl Work for CreateBot {
    type Output = BotCreated;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<BotCreated> {
        LOCK_PROGRAMS.query().execute(&mut *tx).await?;
        let count: i64 = COUNT_BOTS.scalar().fetch_one(&mut *tx).await?;
        if count >= integer(self.most) {
            return Ok(BotCreated::TooMany);
        }
        insert_bot(&self.bot, self.maker, tx).await
    }
}

async fn insert_bot(bot: &NewUser, maker: UserId, tx: &mut PgConnection) -> Stored<BotCreated> {
    if !insert_member(bot, &mut *tx).await? {
        return Ok(BotCreated::Taken);
    }
    MARK_BOT.query().bind(bot.id.0).bind(maker.0).execute(tx).await?;
    Ok(BotCreated::Created)
}

struct InsertIncoming {
    webhook: Incoming,
    bot: NewUser,
    most: u64,
}

impl Work for InsertIncoming {
    type Output = BotCreated;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<BotCreated> {
        LOCK_PROGRAMS.query().execute(&mut *tx).await?;
        let Incoming {
            id,
            hash,
            room,
            bot,
            name,
            created_by,
            created_at,
        } = &self.webhook;
        let count: i64 = COUNT_INCOMING.scalar().bind(room.0).fetch_one(&mut *tx).await?;
        if count >= integer(self.most) {
            return Ok(BotCreated::TooMany);
        }
        let created = insert_bot(&self.bot, *created_by, &mut *tx).await?;
        if created == BotCreated::Created {
            join(*room, [*bot], *created_at, &mut *tx).await?;
            let query = INSERT_INCOMING.query().bind(id.0).bind(&hash[..]).bind(room.0);
            let query = query.bind(bot.0).bind(name).bind(created_by.0);
            query.bind(created_at.0).execute(tx).await?;
        }
        Ok(created)
    }
}

struct DeleteIncoming {
    room: RoomId,
    id: WebhookId,
}

impl Work for DeleteIncoming {
    type Output = Option<Incoming>;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Option<Incoming>> {
        let query = DELETE_INCOMING.read::<Read<Incoming>>().bind(self.id.0);
        let deleted = query.bind(self.room.0).fetch_optional(tx).await?;
        Ok(deleted.map(|Read(webhook)| webhook))
    }
}

struct InsertOutgoing {
    webhook: Outgoing,
    most: u64,
}

impl Work for InsertOutgoing {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        LOCK_PROGRAMS.query().execute(&mut *tx).await?;
        let webhook = &self.webhook;
        let query = INSERT_OUTGOING
            .query()
            .bind(webhook.id.0)
            .bind(webhook.room.map(|room| room.0))
            .bind(&webhook.name);
        let query = query
            .bind(&webhook.url)
            .bind(&webhook.key[..])
            .bind(webhook.changes)
            .bind(webhook.created_by.0);
        let query = query.bind(webhook.created_at.0).bind(integer(self.most));
        if query.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        match webhook.room {
            Some(room) => {
                FOLLOW_ROOM
                    .query()
                    .bind(webhook.id.0)
                    .bind(room.0)
                    .execute(tx)
                    .await?
            }
            None => FOLLOW_ROOMS.query().bind(webhook.id.0).execute(tx).await?,
        };
        Ok(true)
    }
}

struct DeleteOutgoing(WebhookId);

impl Work for DeleteOutgoing {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let query = DELETE_OUTGOING.query().bind(self.0.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct StopOutgoing {
    id: WebhookId,
    stop: Option<Stop>,
}

impl Work for StopOutgoing {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let stop = self.stop.as_ref();
        let query = STOP_OUTGOING.query().bind(self.id.0);
        let query = query
            .bind(stop.map(|stop| stop.at.0))
            .bind(stop.map(|stop| &stop.fault));
        let found = query.execute(&mut *tx).await?.rows_affected() > 0;
        if stop.is_none() {
            FORGIVE.query().bind(self.id.0).execute(tx).await?;
        }
        Ok(found)
    }
}

struct FollowNewRooms;

impl Work for FollowNewRooms {
    type Output = ();
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<()> {
        FOLLOW_NEW_ROOMS.query().execute(tx).await?;
        Ok(())
    }
}

struct ClaimCursors {
    now: Timestamp,
    until: Timestamp,
    limit: u64,
}

impl Work for ClaimCursors {
    type Output = Vec<Cursor>;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Vec<Cursor>> {
        let query = CLAIM.read::<Read<Cursor>>().bind(self.now.0).bind(self.until.0);
        Ok(all(query.bind(integer(self.limit)).fetch_all(tx).await?))
    }
}

struct MoveCursor {
    claimed: Cursor,
    to: Cursor,
}

impl Work for MoveCursor {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let Self { claimed, to } = self;
        let query = MOVE.query().bind(claimed.webhook.0).bind(claimed.room.0);
        let query = query.bind(integer(claimed.rev)).bind(claimed.due_at.0);
        let query = query.bind(integer(to.rev)).bind(integer(to.seq));
        let query = query.bind(i64::from(to.attempts)).bind(to.due_at.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

struct InsertCommand {
    command: Command,
    most: u64,
}

impl Work for InsertCommand {
    type Output = CommandCreated;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<CommandCreated> {
        LOCK_PROGRAMS.query().execute(&mut *tx).await?;
        let command = &self.command;
        let standing = COMMAND_STANDING.read().bind(&command.name);
        let (taken, count): (bool, i64) = standing.fetch_one(&mut *tx).await?;
        if taken {
            return Ok(CommandCreated::Taken);
        }
        if count >= integer(self.most) {
            return Ok(CommandCreated::TooMany);
        }
        let query = INSERT_COMMAND.query().bind(command.id.0).bind(&command.name);
        let query = query
            .bind(&command.summary)
            .bind(&command.url)
            .bind(&command.key[..]);
        let query = query.bind(command.bot.0).bind(command.created_by.0);
        query.bind(command.created_at.0).execute(tx).await?;
        Ok(CommandCreated::Created)
    }
}

struct DeleteCommand(CommandId);

impl Work for DeleteCommand {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let query = DELETE_COMMAND.query().bind(self.0.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}
