//! Faults built in on purpose, to see that the checker of recorded histories finds them. This is compiled with the
//! feature `planted` only, which nothing but that test switches on; `NATTER_PLANTED` then names the fault.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chat::{Code, ConnectionId, Message};

use crate::{
    Backend, Event, Result,
    event::Logged,
    message::{Posted, encode},
    store::{Appended, NewMessage},
};

/// Every so manieth commit fails once the bus was told of it.
const FAILS: u64 = 7;

static TOLD: AtomicU64 = AtomicU64::new(0);

/// Whether this fault is planted.
#[must_use]
pub fn is(fault: &str) -> bool {
    env::var("NATTER_PLANTED").is_ok_and(|planted| planted == fault)
}

/// `forget-nonce`: the nonce is neither looked up nor kept.
pub(crate) fn forget(new: NewMessage) -> NewMessage {
    let nonce = new.nonce.clone().filter(|_| !is("forget-nonce"));
    NewMessage { nonce, ..new }
}

impl Backend {
    /// `publish-before-commit`: the bus is told what will probably be stored, and then it sometimes is not.
    pub(crate) async fn tell_and_store(
        &self,
        new: NewMessage,
        origin: Option<ConnectionId>,
        born_us: u64,
    ) -> Result<Posted> {
        let heads = self.store.heads(&[new.room]).await?;
        let head = heads.first().ok_or(Code::RoomNotFound)?;
        let message = foretold(&new, head.last_seq + 1, head.last_rev + 1);
        let logged = Logged::posted(&message, encode(&message)?, origin, born_us);
        self.bus.publish(Event::Logged(logged)).await;
        if (TOLD.fetch_add(1, Ordering::SeqCst) + 1).is_multiple_of(FAILS) {
            return Err(Code::Unavailable.into());
        }
        let (message, repeated) = match self.store.append(new).await? {
            Appended::Stored(message) => (message, false),
            Appended::Repeated(message) => (message, true),
            Appended::NotAMember => return Err(Code::NotAMember.into()),
            Appended::RoomNotFound => return Err(Code::RoomNotFound.into()),
            // The test that plants this sends to rooms that take what it sends.
            Appended::Archived | Appended::Slow { .. } | Appended::AttachmentNotFound => {
                return Err(Code::Forbidden.into());
            }
        };
        let json: Arc<str> = encode(&message)?;
        Ok(Posted {
            message,
            json,
            repeated,
        })
    }
}

fn foretold(new: &NewMessage, seq: u64, rev: u64) -> Message {
    let new = new.clone();
    Message {
        id: new.id,
        room: new.room,
        seq,
        rev,
        author: new.author,
        body: new.body,
        html: new.html,
        created_at: new.created_at,
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce: new.nonce,
        reactions: Vec::new(),
        attachments: new.attachments,
        mentions: new.mentions,
        calls: new.calls,
    }
}
