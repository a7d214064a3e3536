//! Own sends between the key press and the server's word.

use super::{Change, View};
use crate::{attachment::Attachment, id::RoomId, nonce::Nonce, time::Timestamp};

/// A message that was sent but is not known to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Where.
    pub room: RoomId,
    /// The client's id for the send; however often it is repeated, it is stored once.
    pub nonce: Nonce,
    /// Markdown source.
    pub body: String,
    /// Files that were uploaded for it.
    pub attachments: Vec<Attachment>,
    /// When it was sent, by the client's clock.
    pub created_at: Timestamp,
    /// Why the server refused it; `None`: it waits.
    pub failed: Option<String>,
}

impl View {
    /// The own sends that are not stored yet, in their order.
    #[must_use]
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Shows an own send that is on its way.
    pub fn post(&mut self, pending: Pending) -> Change {
        let nonce = pending.nonce.clone();
        match self.pending.iter_mut().find(|known| known.nonce == nonce) {
            Some(known) => *known = pending,
            None => self.pending.push(pending),
        }
        Change::Pending(nonce)
    }

    /// The server refused a send, for a reason; or, with `None`, it is tried again.
    pub fn mark(&mut self, nonce: &Nonce, failed: Option<&str>) -> Option<Change> {
        let pending = self.pending.iter_mut().find(|pending| pending.nonce == *nonce)?;
        pending.failed = failed.map(str::to_owned);
        Some(Change::Pending(nonce.clone()))
    }

    /// The user gave a send up.
    pub fn discard(&mut self, nonce: &Nonce) -> Option<Change> {
        self.forget(nonce).then(|| Change::Dropped(nonce.clone()))
    }

    /// Takes a send off the list; false: it was not there.
    pub(super) fn forget(&mut self, nonce: &Nonce) -> bool {
        let before = self.pending.len();
        self.pending.retain(|pending| pending.nonce != *nonce);
        self.pending.len() < before
    }
}
