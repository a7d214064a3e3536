//! Ids: UUIDv7 strings on the wire, one type per noun so that none is taken for another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id!(
    /// One person or bot.
    UserId
);
id!(
    /// One room of any kind.
    RoomId
);
id!(
    /// One message.
    MessageId
);
id!(
    /// One file that somebody uploaded, on a message or still on its way to one.
    AttachmentId
);
id!(
    /// One signed-in browser. Not a secret: the secret is the cookie, of which only a hash is kept.
    SessionId
);
id!(
    /// One personal access token. Not a secret either.
    TokenId
);
id!(
    /// One webhook, incoming or outgoing. Not a secret.
    WebhookId
);
id!(
    /// One slash command that a program answers.
    CommandId
);
id!(
    /// One invitation. Not a secret: the secret is its code.
    InviteId
);
id!(
    /// One report of a message.
    ReportId
);
id!(
    /// One entry of the audit log.
    AuditId
);
id!(
    /// One WebSocket connection.
    ConnectionId
);
