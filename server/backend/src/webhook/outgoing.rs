//! Outgoing webhooks: addresses elsewhere that are told what is written in a room, or in every public channel.

use std::sync::Arc;

use chat::{Code, RoomId, WebhookId, permission::Action};

use super::{parse_name, parse_url, sign};
use crate::{
    Backend, Caller, Result,
    bot::allow_programs,
    stamp::{new_id, now},
    store::Outgoing,
};

/// The most outgoing webhooks of a workspace.
pub const OUTGOING_MAX: u64 = 50;

/// An outgoing webhook to create, as it came in.
#[derive(Clone, Debug)]
pub struct OutgoingDraft {
    /// In which room; `None`: in every public channel.
    pub room: Option<RoomId>,
    /// What to call it.
    pub name: String,
    /// Where it is told.
    pub url: String,
    /// Whether it is told of changes too.
    pub changes: bool,
}

impl Backend {
    /// Creates an outgoing webhook; what it is signed with is shown to its maker alone, and only now.
    ///
    /// # Errors
    /// `forbidden`, `room_not_found`, `not_a_member`, `invalid` with the field at fault, `too_many`, `unavailable`.
    pub async fn create_outgoing(
        self: &Arc<Self>,
        caller: &Caller,
        draft: OutgoingDraft,
    ) -> Result<Outgoing> {
        allow_programs(caller)?;
        if let Some(room) = draft.room {
            self.allow(caller, room, Action::Integrate).await?;
        }
        let webhook = Outgoing {
            id: WebhookId(new_id()),
            room: draft.room,
            name: parse_name(&draft.name)?,
            url: parse_url(&draft.url)?.into(),
            key: sign::draw_key(),
            changes: draft.changes,
            created_by: caller.id(),
            created_at: now(),
            stopped: None,
        };
        let made = webhook.clone();
        match self.store.insert_outgoing(webhook, OUTGOING_MAX).await? {
            true => {
                self.webhooks_changed.notify_one();
                Ok(made)
            }
            false => Err(Code::TooMany.into()),
        }
    }

    /// The outgoing webhooks that the caller may know of, oldest first: those of rooms that the caller is no member of
    /// are not among them.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn list_outgoing(&self, caller: &Caller) -> Result<Vec<Outgoing>> {
        allow_programs(caller)?;
        let mut shown = Vec::new();
        for webhook in self.store.outgoing().await? {
            let known = match webhook.room {
                Some(room) => self.store.membership(room, caller.id()).await?.is_some(),
                None => true,
            };
            if known {
                shown.push(webhook);
            }
        }
        Ok(shown)
    }

    /// Deletes an outgoing webhook, of whatever room.
    ///
    /// # Errors
    /// `forbidden`, `webhook_not_found`, `unavailable`.
    pub async fn delete_outgoing(&self, caller: &Caller, id: WebhookId) -> Result<()> {
        allow_programs(caller)?;
        match self.store.delete_outgoing(id).await? {
            true => Ok(()),
            false => Err(Code::WebhookNotFound.into()),
        }
    }

    /// Lets an outgoing webhook that was stopped go on where it was.
    ///
    /// # Errors
    /// `forbidden`, `webhook_not_found`, `unavailable`.
    pub async fn resume_outgoing(&self, caller: &Caller, id: WebhookId) -> Result<()> {
        allow_programs(caller)?;
        match self.store.stop_outgoing(id, None).await? {
            true => {
                self.webhooks_changed.notify_one();
                Ok(())
            }
            false => Err(Code::WebhookNotFound.into()),
        }
    }
}
