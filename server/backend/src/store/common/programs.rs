//! Bots, webhooks and slash commands.

use async_trait::async_trait;
use chat::{CommandId, RoomId, User, UserId, WebhookId};

use super::{
    Engine, Operation, Transaction,
    accounts::insert_member,
    outgoing::{
        self, ClaimCursors, DeleteOutgoing, FollowNewRooms, InsertOutgoing, MoveCursor, StopOutgoing,
    },
    rooms::join,
    statement::{Statement, both, lock, statements},
};
use crate::store::{
    BotCreated, Claim, Command, CommandCreated, Cursor, Incoming, NewUser, Outgoing, Programs, SecretHash,
    Stop, Stored,
    rows::{unsigned, user_columns},
};

/// The columns of an incoming webhook `i`.
macro_rules! incoming_columns {
    () => {
        "i.id, i.hash, i.room, i.bot AS poster, i.name, i.created_by, i.created_at"
    };
}

statements! {
    /// Those who add a program at once wait for each other, so that there are no more than there may be.
    LOCK_PROGRAMS = lock("SELECT pg_advisory_xact_lock(7310579621302)");
    COUNT_BOTS = both("SELECT count(*) FROM users WHERE maker IS NOT NULL");
    MARK_BOT = both("UPDATE users SET maker = $2 WHERE id = $1");
    BOTS = both(concat!(
        "SELECT ", user_columns!(), " FROM users u WHERE u.maker IS NOT NULL ORDER BY u.username_key LIMIT 500"
    ));
    COUNT_INCOMING = both("SELECT count(*) FROM incoming_webhooks WHERE room = $1");
    INSERT_INCOMING = both(
        "INSERT INTO incoming_webhooks (id, hash, room, bot, name, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    INCOMING = both(concat!(
        "SELECT ", incoming_columns!(),
        " FROM incoming_webhooks i WHERE i.room = $1 ORDER BY i.created_at, i.id LIMIT 100"
    ));
    INCOMING_AROUND = Statement {
        sqlite: concat!(
            "SELECT ", incoming_columns!(),
            " FROM members m CROSS JOIN incoming_webhooks i ON i.room = m.room WHERE m.user = $1 LIMIT 200"
        ),
        postgres: concat!(
            "SELECT ", incoming_columns!(),
            " FROM members m JOIN incoming_webhooks i ON i.room = m.room WHERE m.\"user\" = $1 LIMIT 200"
        ),
    };
    INCOMING_BY_HASH = both(concat!(
        "SELECT ", incoming_columns!(), ", ", user_columns!(),
        " FROM incoming_webhooks i JOIN users u ON u.id = i.bot WHERE i.hash = $1"
    ));
    DELETE_INCOMING = both(
        "DELETE FROM incoming_webhooks WHERE id = $1 AND room = $2
         RETURNING id, hash, room, bot AS poster, name, created_by, created_at"
    );
    COMMAND_STANDING = both(
        "SELECT EXISTS (SELECT 1 FROM commands WHERE name = $1), (SELECT count(*) FROM commands)"
    );
    INSERT_COMMAND = both(
        "INSERT INTO commands (id, name, summary, url, secret, bot, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    COMMANDS = both(
        "SELECT id, name, summary, url, secret, bot, created_by, created_at FROM commands ORDER BY name LIMIT 200"
    );
    DELETE_COMMAND = both("DELETE FROM commands WHERE id = $1");
}

#[async_trait]
impl<E: Engine> Programs for E {
    async fn create_bot(&self, bot: NewUser, maker: UserId, most: u64) -> Stored<BotCreated> {
        self.perform(CreateBot { bot, maker, most }).await
    }

    async fn bots(&self) -> Stored<Vec<User>> {
        self.rows("bots", BOTS).await
    }

    async fn insert_incoming(&self, webhook: Incoming, bot: NewUser, most: u64) -> Stored<BotCreated> {
        self.perform(InsertIncoming { webhook, bot, most }).await
    }

    async fn incoming(&self, room: RoomId) -> Stored<Vec<Incoming>> {
        self.rows("incoming", INCOMING.bind(room.0)).await
    }

    async fn incoming_around(&self, user: UserId) -> Stored<Vec<Incoming>> {
        self.rows("incoming_around", INCOMING_AROUND.bind(user.0)).await
    }

    async fn incoming_by_hash(&self, hash: &SecretHash) -> Stored<Option<(Incoming, User)>> {
        self.row("incoming_by_hash", INCOMING_BY_HASH.bind(hash)).await
    }

    async fn delete_incoming(&self, room: RoomId, id: WebhookId) -> Stored<Option<Incoming>> {
        self.perform(DeleteIncoming { room, id }).await
    }

    async fn insert_outgoing(&self, webhook: Outgoing, most: u64) -> Stored<bool> {
        self.perform(InsertOutgoing { webhook, most }).await
    }

    async fn outgoing(&self) -> Stored<Vec<Outgoing>> {
        self.rows("outgoing", outgoing::all()).await
    }

    async fn has_outgoing(&self) -> Stored<bool> {
        self.scalar("has_outgoing", outgoing::any()).await
    }

    async fn delete_outgoing(&self, id: WebhookId) -> Stored<bool> {
        self.perform(DeleteOutgoing(id)).await
    }

    async fn stop_outgoing(&self, id: WebhookId, stop: Option<Stop>) -> Stored<bool> {
        self.perform(StopOutgoing { id, stop }).await
    }

    async fn follow_new_rooms(&self) -> Stored<()> {
        self.perform(FollowNewRooms).await
    }

    async fn claim_cursors(&self, claim: Claim) -> Stored<Vec<Cursor>> {
        // Asking takes the writer from nobody and locks nothing, and mostly there is nothing to tell.
        if !self.scalar("cursors_due", outgoing::is_due(&claim)).await? {
            return Ok(Vec::new());
        }
        self.perform(ClaimCursors(claim)).await
    }

    async fn move_cursor(&self, claimed: Cursor, to: Cursor) -> Stored<bool> {
        self.perform(MoveCursor { claimed, to }).await
    }

    async fn insert_command(&self, command: Command, most: u64) -> Stored<CommandCreated> {
        self.perform(InsertCommand { command, most }).await
    }

    async fn commands(&self) -> Stored<Vec<Command>> {
        self.rows("commands", COMMANDS).await
    }

    async fn delete_command(&self, id: CommandId) -> Stored<bool> {
        self.perform(DeleteCommand(id)).await
    }
}

struct CreateBot {
    bot: NewUser,
    maker: UserId,
    most: u64,
}

impl Operation for CreateBot {
    type Output = BotCreated;
    const NAME: &'static str = "create_bot";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<BotCreated> {
        lock_programs(tx).await?;
        if unsigned(tx.scalar(COUNT_BOTS).await?) >= self.most {
            return Ok(BotCreated::TooMany);
        }
        insert_bot(&self.bot, self.maker, tx).await
    }
}

/// Lets one program be added after the other.
pub(super) async fn lock_programs(tx: &mut impl Transaction) -> Stored<()> {
    tx.execute(LOCK_PROGRAMS).await?;
    Ok(())
}

async fn insert_bot(bot: &NewUser, maker: UserId, tx: &mut impl Transaction) -> Stored<BotCreated> {
    if !insert_member(bot, tx).await? {
        return Ok(BotCreated::Taken);
    }
    tx.execute(MARK_BOT.bind(bot.id.0).bind(maker.0)).await?;
    Ok(BotCreated::Created)
}

struct InsertIncoming {
    webhook: Incoming,
    bot: NewUser,
    most: u64,
}

impl Operation for InsertIncoming {
    type Output = BotCreated;
    const NAME: &'static str = "insert_incoming";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<BotCreated> {
        let Incoming {
            id,
            hash,
            room,
            bot,
            name,
            created_by,
            created_at,
        } = &self.webhook;
        lock_programs(tx).await?;
        if unsigned(tx.scalar(COUNT_INCOMING.bind(room.0)).await?) >= self.most {
            return Ok(BotCreated::TooMany);
        }
        let created = insert_bot(&self.bot, *created_by, tx).await?;
        if created == BotCreated::Created {
            join(*room, [*bot], *created_at, tx).await?;
            let query = INSERT_INCOMING.bind(id.0).bind(hash).bind(room.0).bind(bot.0);
            let query = query.bind(name).bind(created_by.0).bind(created_at.0);
            tx.execute(query).await?;
        }
        Ok(created)
    }
}

struct DeleteIncoming {
    room: RoomId,
    id: WebhookId,
}

impl Operation for DeleteIncoming {
    type Output = Option<Incoming>;
    const NAME: &'static str = "delete_incoming";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Option<Incoming>> {
        tx.row(DELETE_INCOMING.bind(self.id.0).bind(self.room.0)).await
    }
}

struct InsertCommand {
    command: Command,
    most: u64,
}

impl Operation for InsertCommand {
    type Output = CommandCreated;
    const NAME: &'static str = "insert_command";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<CommandCreated> {
        lock_programs(tx).await?;
        let command = &self.command;
        let standing = tx.fetch_optional(COMMAND_STANDING.bind(&command.name)).await?;
        let (taken, count): (bool, i64) = standing.unwrap_or_default();
        if taken {
            return Ok(CommandCreated::Taken);
        }
        if unsigned(count) >= self.most {
            return Ok(CommandCreated::TooMany);
        }
        let query = INSERT_COMMAND.bind(command.id.0).bind(&command.name);
        let query = query.bind(&command.summary).bind(&command.url).bind(&command.key);
        let query = query.bind(command.bot.0).bind(command.created_by.0);
        tx.execute(query.bind(command.created_at.0)).await?;
        Ok(CommandCreated::Created)
    }
}

struct DeleteCommand(CommandId);

impl Operation for DeleteCommand {
    type Output = bool;
    const NAME: &'static str = "delete_command";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        Ok(tx.execute(DELETE_COMMAND.bind(self.0.0)).await? > 0)
    }
}
