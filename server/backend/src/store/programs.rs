//! What the store knows of programs: bots, webhooks in both directions, slash commands.

use async_trait::async_trait;
use chat::{CommandId, RoomId, Timestamp, User, UserId, WebhookId};

use super::{NewUser, SecretHash, Stored};

/// The key of an HMAC.
pub type SigningKey = [u8; 32];

/// The hash of a password that nothing is the password of.
pub const NO_PASSWORD: &str = "!";

/// How the creation of a bot, or of something with a bot, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BotCreated {
    /// It exists now.
    Created,
    /// The username, or one that looks like it, is taken.
    Taken,
    /// There are as many as there may be.
    TooMany,
}

/// An address at which programs post into a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The id.
    pub id: WebhookId,
    /// The hash of the secret in the address.
    pub hash: SecretHash,
    /// Where it posts.
    pub room: RoomId,
    /// As whom.
    pub bot: UserId,
    /// What people call it.
    pub name: String,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// An address elsewhere that is told what is written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The id.
    pub id: WebhookId,
    /// In which room; `None`: in every public channel.
    pub room: Option<RoomId>,
    /// What people call it.
    pub name: String,
    /// Where.
    pub url: String,
    /// What requests are signed with.
    pub key: SigningKey,
    /// Whether it is told of changes too, and not of new messages alone.
    pub changes: bool,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Since when it is told nothing any more, and why.
    pub stopped: Option<Stop>,
}

/// Why a webhook is told nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Since when.
    pub at: Timestamp,
    /// Why, for people.
    pub fault: String,
}

/// Up to where in a room's log a webhook was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The webhook.
    pub webhook: WebhookId,
    /// The room.
    pub room: RoomId,
    /// The last revision that was told.
    pub rev: u64,
    /// The newest message that was told.
    pub seq: u64,
    /// How often the next one was tried in vain.
    pub attempts: u32,
    /// When it may be tried; while an instance is at it, when another one may take over.
    pub due_at: Timestamp,
}

/// Which cursors are wanted, and for how long.
#[derive(Clone, Debug)]
pub struct Claim {
    /// In which rooms; `None`: in all, which takes a look at every cursor.
    pub rooms: Option<Vec<RoomId>>,
    /// When.
    pub now: Timestamp,
    /// Until when they are claimed.
    pub until: Timestamp,
    /// How many at most.
    pub limit: u64,
}

/// A slash command that a program answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The id.
    pub id: CommandId,
    /// What follows the slash; unique.
    pub name: String,
    /// What it does.
    pub summary: String,
    /// Who answers.
    pub url: String,
    /// What requests are signed with.
    pub key: SigningKey,
    /// As whom the answers are posted.
    pub bot: UserId,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// How the creation of a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandCreated {
    /// It exists now.
    Created,
    /// There is one of this name.
    Taken,
    /// There are as many as there may be.
    TooMany,
}

/// Bots, webhooks and slash commands.
#[async_trait]
pub trait Programs: Send + Sync {
    /// Creates a bot, made by `maker`, unless there are `most`. It is a member of no room.
    async fn create_bot(&self, bot: NewUser, maker: UserId, most: u64) -> Stored<BotCreated>;
    /// The bots by username, at most 500.
    async fn bots(&self) -> Stored<Vec<User>>;
    /// Keeps a new incoming webhook with a bot of its own, who becomes a member of the room, unless the room has
    /// `most`; all or nothing.
    async fn insert_incoming(&self, webhook: Incoming, bot: NewUser, most: u64) -> Stored<BotCreated>;
    /// A room's incoming webhooks, oldest first, at most 100.
    async fn incoming(&self, room: RoomId) -> Stored<Vec<Incoming>>;
    /// The incoming webhooks of the rooms that a user is in, at most 200.
    async fn incoming_around(&self, user: UserId) -> Stored<Vec<Incoming>>;
    /// The incoming webhook with this secret's hash, and its bot.
    async fn incoming_by_hash(&self, hash: &SecretHash) -> Stored<Option<(Incoming, User)>>;
    /// Deletes an incoming webhook of a room; gives it as it was. Its bot stays.
    async fn delete_incoming(&self, room: RoomId, id: WebhookId) -> Stored<Option<Incoming>>;
    /// Keeps a new outgoing webhook unless there are `most`; false: so it is. It is told what comes from now on.
    async fn insert_outgoing(&self, webhook: Outgoing, most: u64) -> Stored<bool>;
    /// All outgoing webhooks, oldest first, at most 100.
    async fn outgoing(&self) -> Stored<Vec<Outgoing>>;
    /// Whether there is any outgoing webhook.
    async fn has_outgoing(&self) -> Stored<bool>;
    /// Deletes an outgoing webhook; false: there is none of this id.
    async fn delete_outgoing(&self, id: WebhookId) -> Stored<bool>;
    /// Stops an outgoing webhook, or lets it go on where it was; false: there is none of this id.
    async fn stop_outgoing(&self, id: WebhookId, stop: Option<Stop>) -> Stored<bool>;
    /// Gives the webhooks of all public channels a cursor in those that came to be since they were made.
    async fn follow_new_rooms(&self) -> Stored<()>;
    /// Takes at most `limit` cursors that are due at the claim's `now` and have something left to tell, and makes them due
    /// again at its `until`. Nobody else gets them before that.
    async fn claim_cursors(&self, claim: Claim) -> Stored<Vec<Cursor>>;
    /// Moves a cursor that was claimed; false: it is no longer as it was `claimed`.
    async fn move_cursor(&self, claimed: Cursor, to: Cursor) -> Stored<bool>;
    /// Keeps a new command unless its name is taken or there are `most`.
    async fn insert_command(&self, command: Command, most: u64) -> Stored<CommandCreated>;
    /// All commands by name, at most 200.
    async fn commands(&self) -> Stored<Vec<Command>>;
    /// Deletes a command; false: there is none of this id.
    async fn delete_command(&self, id: CommandId) -> Stored<bool>;
}
