//! Calls on more than the people named: `@room` and `@here`.
//!
//! A call on a room is one row, however many members there are. A call on those who are there is kept as the mentions
//! of these people, so who they were is settled once, when the message is posted.

use chat::{Call, RoomId, Status, UserId};

use crate::{Backend, Result, markdown};

/// The most people who are called because they are there. Where more are, `@here` calls the room.
pub(crate) const HERE_MAX: usize = 500;
/// In a room of more members it is not asked who of them is there: `@here` calls the room.
pub(crate) const HERE_MEMBERS_MAX: u64 = 5_000;

/// What a message calls on beside the people it mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calling {
    /// The call.
    pub(crate) calls: Option<Call>,
    /// For [`Call::Here`]: the members who are there.
    pub(crate) here: Vec<UserId>,
}

impl Backend {
    /// What a message with this rendering calls on, as `author` posts it in `room` now.
    pub(crate) async fn calling(&self, room: RoomId, author: UserId, html: &str) -> Result<Calling> {
        let calls = markdown::call(html);
        if calls != Some(Call::Here) {
            return Ok(Calling {
                calls,
                here: Vec::new(),
            });
        }
        Ok(match self.who_is_here(room, author).await? {
            Some(here) => Calling { calls, here },
            None => Calling {
                calls: Some(Call::Room),
                here: Vec::new(),
            },
        })
    }

    /// The members who are there, but for one; `None`: they are too many to be told one by one. Of whom it is not known,
    /// he or she counts as there.
    async fn who_is_here(&self, room: RoomId, but: UserId) -> Result<Option<Vec<UserId>>> {
        let mut members = self.store.member_ids(room, HERE_MEMBERS_MAX + 1).await?;
        if members.len() as u64 > HERE_MEMBERS_MAX {
            return Ok(None);
        }
        members.retain(|user| *user != but);
        let statuses = self.presence.statuses(&members).await;
        let is_here = |status: &Option<Status>| status.is_none_or(|status| status == Status::Online);
        let here: Vec<UserId> = members
            .into_iter()
            .zip(statuses)
            .filter(|(_, status)| is_here(status))
            .map(|(user, _)| user)
            .collect();
        Ok((here.len() <= HERE_MAX).then_some(here))
    }
}
