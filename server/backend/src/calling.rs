//! Calls on more than the people named: `@room` and `@here`.
//!
//! A call on a room is one row, however many members there are. A call on those who are there is kept as the mentions
//! of these people, so who they were is settled once, when the message is posted.

use chat::{
    Call, RoomId, Status, UserId,
    mention::{self, call},
};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

use crate::{Backend, Result};

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
    /// What `body` calls on, as a message that `author` posts in `room` now.
    pub(crate) async fn calling(&self, room: RoomId, author: UserId, body: &str) -> Result<Calling> {
        let calls = widest_call(body);
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

/// The widest call in a body; in code there is none.
pub(crate) fn widest_call(body: &str) -> Option<Call> {
    // Hardly any body holds one, and what is not there need not be parsed.
    mention::call(body)?;
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut in_code = false;
    let mut widest = None;
    for event in TextMergeStream::new(Parser::new_ext(body, options)) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if !in_code => widest = widest.max(call(&text)),
            _ => {}
        }
    }
    widest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_calls_nobody() {
        assert_eq!(widest_call("**@here**, look"), Some(Call::Here));
        assert_eq!(widest_call("> @room\n\nand @here"), Some(Call::Room));
        assert_eq!(widest_call("- [ ] tell @room"), Some(Call::Room));
        for none in [
            "`@room`",
            "```\n@here\n```",
            "    @room",
            "mail a@room.org",
            "room",
        ] {
            assert_eq!(widest_call(none), None, "{none}");
        }
    }
}
