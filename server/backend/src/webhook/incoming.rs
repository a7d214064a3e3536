//! Incoming webhooks: a secret address at which any program that can make a request posts into one room, in the format
//! that Slack's webhooks take.

use std::sync::Arc;

use chat::{Code, Problem, RoomId, WebhookId, permission::Action, username::USERNAME_CHARS_MAX};

use super::{parse_name, slack};
use crate::{
    Backend, Caller, Credential, Result,
    bot::{allow_programs, new_bot},
    message::Post,
    session::secret::Secret,
    stamp::{new_id, now},
    store::{BotCreated, Incoming},
};

/// The most incoming webhooks of a room.
pub const INCOMING_MAX: u64 = 20;

/// How many usernames are tried for a webhook's bot.
const NAMES_MAX: u32 = 10;

impl Backend {
    /// Creates an address at which programs post into a room, as a bot that is called like the webhook. The secret of
    /// the address is never shown again.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`, `invalid` for the name, `too_many`, `unavailable`.
    pub async fn create_incoming(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        name: &str,
    ) -> Result<(Incoming, Secret)> {
        self.allow_integrations(caller, room).await?;
        let name = parse_name(name)?;
        let created_by = caller.id();
        self.carry_through(move |backend| async move {
            for turn in 0..NAMES_MAX {
                let secret = Secret::draw();
                let bot = new_bot(&bot_name(&name, turn), name.clone());
                let webhook = Incoming {
                    id: WebhookId(new_id()),
                    hash: secret.hash(),
                    room,
                    bot: bot.id,
                    name: name.clone(),
                    created_by,
                    created_at: now(),
                };
                let made = webhook.clone();
                match backend.store.insert_incoming(webhook, bot, INCOMING_MAX).await? {
                    BotCreated::Created => {
                        backend.tell_joined(room, &[made.bot]).await;
                        return Ok((made, secret));
                    }
                    BotCreated::Taken => {}
                    BotCreated::TooMany => return Err(Code::TooMany.into()),
                }
            }
            Err(Code::UsernameTaken.into())
        })
        .await
    }

    /// A room's incoming webhooks, oldest first.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`, `unavailable`.
    pub async fn list_incoming(&self, caller: &Caller, room: RoomId) -> Result<Vec<Incoming>> {
        self.allow_integrations(caller, room).await?;
        Ok(self.store.incoming(room).await?)
    }

    /// The incoming webhooks of all rooms that the caller is in and keeps order in.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn list_incoming_around(&self, caller: &Caller) -> Result<Vec<Incoming>> {
        allow_programs(caller)?;
        Ok(self.store.incoming_around(caller.id()).await?)
    }

    /// Deletes an incoming webhook; its bot leaves the room, and what it has posted stays.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`, `webhook_not_found`, `unavailable`.
    pub async fn delete_incoming(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        id: WebhookId,
    ) -> Result<()> {
        self.allow_integrations(caller, room).await?;
        self.carry_through(move |backend| async move {
            let deleted = backend.store.delete_incoming(room, id).await?;
            let deleted = deleted.ok_or(Code::WebhookNotFound)?;
            backend.dismiss_bot(room, deleted.bot).await
        })
        .await
    }

    /// Posts what a program has sent to the address with this secret.
    ///
    /// # Errors
    /// `webhook_not_found`, `invalid` for what cannot be a message, `not_a_member` where the bot was sent out of the
    /// room, `too_fast`, `unavailable`.
    pub async fn post_at_incoming(
        self: &Arc<Self>,
        secret: &Secret,
        payload: &serde_json::Value,
    ) -> Result<()> {
        let found = self.store.incoming_by_hash(&secret.hash()).await?;
        let (webhook, bot) = found.ok_or(Code::WebhookNotFound)?;
        let body = slack::body(payload)?;
        let caller = Caller {
            author: bot.author,
            role: bot.role,
            bot: true,
            credential: Credential::Webhook(webhook.id),
        };
        let post = Post {
            room: webhook.room,
            body,
            thread: None,
            nonce: None,
            attachments: Vec::new(),
            origin: None,
        };
        let posted = self.post_message(&caller, post).await;
        posted.map(drop).map_err(about_text)
    }

    async fn allow_integrations(&self, caller: &Caller, room: RoomId) -> Result<()> {
        self.allow(caller, room, Action::Integrate).await?;
        // A bot that could make addresses could not be got rid of by revoking its tokens.
        if caller.bot {
            Err(Code::Forbidden.into())
        } else {
            Ok(())
        }
    }
}

/// Who sends to the address knows nothing of a body, only of a text.
fn about_text(mut problem: Problem) -> Problem {
    for fault in &mut problem.faults {
        if fault.field == "body" {
            "text".clone_into(&mut fault.field);
        }
    }
    problem
}

/// The username to try for the bot of a webhook of this name: what is left of it in letters, digits and dashes.
fn bot_name(name: &str, turn: u32) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('-') {
            plain.push('-');
        }
    }
    let end = match turn {
        0 => "-bot".to_owned(),
        1..5 => format!("-bot-{}", turn + 1),
        _ => format!("-bot-{:04x}", rand::random::<u16>()),
    };
    plain.truncate(USERNAME_CHARS_MAX - end.len());
    let plain = plain.trim_end_matches('-');
    let plain = if plain.is_empty() { "webhook" } else { plain };
    format!("{plain}{end}")
}

#[cfg(test)]
mod tests {
    use chat::username;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bot_is_called_like_its_webhook() {
        assert_eq!(bot_name("Deploys to Production!", 0), "deploys-to-production-bot");
        assert_eq!(bot_name("Deploys", 1), "deploys-bot-2");
        assert_eq!(bot_name("港の話", 0), "webhook-bot");
        assert_eq!(bot_name(&"x".repeat(64), 0).len(), USERNAME_CHARS_MAX);
    }

    proptest! {
        #[test]
        fn every_name_leads_to_a_username(name in "\\PC{0,64}", turn in 0..NAMES_MAX) {
            let name = bot_name(&name, turn);
            prop_assert_eq!(username::parse(&name), Ok(name.as_str()));
        }
    }
}
