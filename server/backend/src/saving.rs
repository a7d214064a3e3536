//! Saved messages: what people keep for themselves, on all of their devices.

use std::sync::Arc;

use chat::{Code, Message, MessageId, Problem, Timestamp, wire::ServerFrame};

use crate::{Backend, Caller, Result, stamp::now, store::Saved};

/// The most saved messages of a page.
pub const SAVED_LIMIT_MAX: u64 = 100;

/// One page of saved messages.
#[derive(Clone, Debug)]
pub struct SavedPage {
    /// The messages with the time of their saving, the last saved first.
    pub saved: Vec<(Timestamp, Message)>,
    /// What to ask the next page with; `None`: this is the last one.
    pub next_cursor: Option<String>,
}

impl Backend {
    /// Saves a message for the caller, or does so no longer.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `message_deleted` and `too_many` for one more, `unavailable`.
    pub async fn save_message(self: &Arc<Self>, caller: &Caller, id: MessageId, save: bool) -> Result<()> {
        let user = caller.id();
        if save && self.find_message(caller, id).await?.deleted {
            return Err(Code::MessageDeleted.into());
        }
        let caller = caller.clone();
        self.carry_through(move |backend| async move {
            let changed = match save {
                true => backend.store.save(user, id, now()).await?,
                false if backend.store.unsave(user, id).await? => Saved::Saved,
                false => backend.find_message(&caller, id).await.map(|_| Saved::Kept)?,
            };
            match changed {
                Saved::Saved => {
                    let frame = ServerFrame::Saved {
                        message: id,
                        saved: save,
                    };
                    backend.tell_own(user, frame).await;
                    Ok(())
                }
                Saved::Kept => Ok(()),
                Saved::TooMany => Err(Code::TooMany.into()),
            }
        })
        .await
    }

    /// The caller's saved messages, the last saved first.
    ///
    /// # Errors
    /// `invalid` for a cursor that is none, `unavailable`.
    pub async fn list_saved(&self, caller: &Caller, limit: u64, cursor: Option<&str>) -> Result<SavedPage> {
        let before = cursor.map(read_cursor).transpose()?;
        let limit = limit.clamp(1, SAVED_LIMIT_MAX);
        let mut saved = self.store.saved(caller.id(), before, limit + 1).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = saved.len() > limit;
        saved.truncate(limit);
        let last = saved.last().filter(|_| more);
        let next_cursor = last.map(|(at, message)| format!("{}.{}", at.0, message.id));
        Ok(SavedPage { saved, next_cursor })
    }

    /// Those of the messages that the caller has saved.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn saved_among(&self, caller: &Caller, messages: &[MessageId]) -> Result<Vec<MessageId>> {
        Ok(self.store.saved_among(caller.id(), messages).await?)
    }
}

fn read_cursor(cursor: &str) -> Result<(Timestamp, MessageId)> {
    let read = || {
        let (at, id) = cursor.split_once('.')?;
        Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
    };
    read().ok_or_else(|| Problem::invalid("cursor", "is none that was given"))
}
