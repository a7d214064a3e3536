//! Bots: users who are programs. They are made by whoever runs the workspace, are known by tokens alone, and may do
//! what members may.

use std::sync::Arc;

use chat::{
    Author, Code, Problem, Role, RoomId, TokenId, User, UserId,
    permission::{Service, may_serve},
    user, username,
};

use crate::{
    Backend, Caller, Event, Result,
    session::secret::Secret,
    stamp::{new_id, now},
    store::{BotCreated, NO_PASSWORD, NewUser, TokenRecord},
};

/// The most bots of a workspace.
pub const BOTS_MAX: u64 = 200;

impl Backend {
    /// Creates a bot; without a display name it is called by its username.
    ///
    /// # Errors
    /// `forbidden`, `invalid` with the fields at fault, `username_taken`, `too_many`, `unavailable`.
    pub async fn create_bot(
        self: &Arc<Self>,
        caller: &Caller,
        username: &str,
        display_name: Option<&str>,
    ) -> Result<User> {
        allow_programs(caller)?;
        let username = username::parse(username).map_err(|e| Problem::invalid("username", e.reason()))?;
        let name = match display_name.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => user::display_name(name).ok_or_else(bad_name)?,
            None => username.to_owned(),
        };
        let bot = new_bot(username, name);
        let made = bot_of(&bot);
        match self.store.create_bot(bot, caller.id(), BOTS_MAX).await? {
            BotCreated::Created => Ok(made),
            BotCreated::Taken => Err(Code::UsernameTaken.into()),
            BotCreated::TooMany => Err(Code::TooMany.into()),
        }
    }

    /// The bots of the workspace by username.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn list_bots(&self, caller: &Caller) -> Result<Vec<User>> {
        allow_programs(caller)?;
        Ok(self.store.bots().await?)
    }

    /// Creates a token for a bot and gives its secret, which is never shown again.
    ///
    /// # Errors
    /// Those of [`Backend::create_token`]; `forbidden`, `bot_not_found`.
    pub async fn create_bot_token(
        &self,
        caller: &Caller,
        bot: UserId,
        name: &str,
    ) -> Result<(TokenRecord, Secret)> {
        self.find_bot(caller, bot).await?;
        self.add_token(bot, name).await
    }

    /// A bot's tokens, newest first.
    ///
    /// # Errors
    /// `forbidden`, `bot_not_found`, `unavailable`.
    pub async fn list_bot_tokens(&self, caller: &Caller, bot: UserId) -> Result<Vec<TokenRecord>> {
        self.find_bot(caller, bot).await?;
        Ok(self.store.tokens(bot).await?)
    }

    /// Revokes a bot's token; its connections are closed on every instance.
    ///
    /// # Errors
    /// `forbidden`, `bot_not_found`, `token_not_found`, `unavailable`.
    pub async fn revoke_bot_token(
        self: &Arc<Self>,
        caller: &Caller,
        bot: UserId,
        token: TokenId,
    ) -> Result<()> {
        self.find_bot(caller, bot).await?;
        self.remove_token(bot, token).await
    }

    /// The bot of this id, for whoever may run programs.
    pub(crate) async fn find_bot(&self, caller: &Caller, bot: UserId) -> Result<User> {
        allow_programs(caller)?;
        let found = self.store.user(bot).await?;
        Ok(found.filter(|user| user.bot).ok_or(Code::BotNotFound)?)
    }

    /// Takes a bot out of a room that it has nothing to do in any more.
    pub(crate) async fn dismiss_bot(&self, room: RoomId, bot: UserId) -> Result<()> {
        if self.store.remove_member(room, bot).await? {
            self.bus.publish(Event::Left { room, user: bot }).await;
        }
        Ok(())
    }
}

/// Refuses who may not run programs in the workspace.
pub(crate) fn allow_programs(caller: &Caller) -> Result<()> {
    if may_serve(Service::Programs, caller.role) && !caller.bot {
        Ok(())
    } else {
        Err(Code::Forbidden.into())
    }
}

pub(crate) fn bad_name() -> Problem {
    Problem::invalid(
        "display_name",
        "must have 1 to 64 characters and no control characters",
    )
}

/// A bot of these names, which were checked.
pub(crate) fn new_bot(username: &str, display_name: String) -> NewUser {
    NewUser {
        id: UserId(new_id()),
        username: username.to_owned(),
        display_name,
        password_hash: NO_PASSWORD.to_owned(),
        created_at: now(),
        // The first user is never a bot.
        general: RoomId(new_id()),
    }
}

fn bot_of(bot: &NewUser) -> User {
    User {
        author: Author {
            id: bot.id,
            username: bot.username.clone(),
            display_name: bot.display_name.clone(),
            avatar_url: None,
        },
        role: Role::Member,
        deactivated: false,
        status: None,
        custom: None,
        bot: true,
    }
}
