//! Who calls a use case.

use chat::{Author, CommandId, Role, SessionId, TokenId, User, UserId, WebhookId};

/// By what the caller is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A browser's cookie.
    Session(SessionId),
    /// A program's personal access token.
    Token(TokenId),
    /// The address of an incoming webhook. No connection is opened with it.
    Webhook(WebhookId),
    /// A slash command that a program answers. Nor with it.
    Command(CommandId),
}

/// The user on whose behalf a use case runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Id, names and picture.
    pub author: Author,
    /// What the user may do.
    pub role: Role,
    /// Whether the user is a program's.
    pub bot: bool,
    /// By what the user is known on this occasion.
    pub credential: Credential,
}

impl Caller {
    /// The user's id.
    #[must_use]
    pub const fn id(&self) -> UserId {
        self.author.id
    }

    /// The caller as a user list shows people, without a status.
    #[must_use]
    pub fn user(&self) -> User {
        User {
            author: self.author.clone(),
            role: self.role,
            // Nobody calls with a closed account.
            deactivated: false,
            status: None,
            custom: None,
            bot: self.bot,
        }
    }
}
