//! What a change makes of a message: a pure decision over what any engine reads, inside of its transaction.

use chat::{
    Call, Emoji, Message, Reaction, RoomKind, UserId, emoji,
    message::{PINS_MAX, REACTION_USERS_MAX, REACTIONS_MAX},
    permission::{Action, Standing, may},
};

use super::{Alteration, Change, Changed};

/// A message, and how whoever wants to change it stands to it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) message: Message,
    /// The room's.
    pub(crate) kind: RoomKind,
    /// The room's.
    pub(crate) private: bool,
    /// The room's.
    pub(crate) archived: bool,
    /// Whether whoever asks made the room.
    pub(crate) creator: bool,
    /// Whether whoever asks is a member of the room.
    pub(crate) member: bool,
    /// Whether whoever asks has reacted with the emoji that the change is about.
    pub(crate) reacted: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is to be written.
    Answer(Changed),
    /// The message is to be stored like this, under its next `rev`.
    Write(Box<Message>),
}

impl Alteration {
    /// What right it takes; `None`: nobody is asked for one.
    const fn action(&self) -> Option<Action> {
        Some(match self {
            Self::Edit { .. } => Action::Edit,
            Self::Delete => Action::Delete,
            Self::React(_) | Self::Unreact(_) => Action::React,
            Self::Pin | Self::Unpin => Action::Pin,
            Self::Preview { .. } | Self::Erase => return None,
        })
    }

    /// The key of the emoji that it is about.
    pub(crate) fn emoji_key(&self) -> Option<String> {
        match self {
            Self::React(emoji) | Self::Unreact(emoji) => Some(emoji.key()),
            _ => None,
        }
    }
}

/// What `change` makes of the message. `pins` is how many messages of the room are pinned, and matters for
/// [`Alteration::Pin`] alone.
pub(crate) fn decide(facts: Facts, change: &Change, pins: u64) -> Verdict {
    let Facts {
        message,
        kind,
        private,
        archived,
        creator,
        member,
        reacted,
    } = facts;
    let standing = Standing {
        kind,
        private,
        archived,
        member,
        banned: false,
        creator,
        role: change.role,
        own: message.author.id == change.by,
    };
    let refused = |standing| change.what.action().is_some_and(|action| !may(action, standing));
    if refused(standing) {
        let archived = Standing {
            archived: false,
            ..standing
        };
        return Verdict::Answer(match member {
            false => Changed::NotAMember,
            true if !refused(archived) => Changed::Archived,
            true => Changed::Forbidden,
        });
    }
    let kept = |message| Verdict::Answer(Changed::Kept(Box::new(message)));
    match &change.what {
        Alteration::Delete | Alteration::Erase if message.deleted => kept(message),
        Alteration::Delete | Alteration::Erase => write(tombstone(message)),
        Alteration::Unreact(_) if !reacted => kept(message),
        Alteration::Unreact(emoji) => write(without(message, emoji, change.by)),
        Alteration::Unpin if !message.pinned => kept(message),
        Alteration::Unpin => write(Message {
            pinned: false,
            ..message
        }),
        Alteration::Preview { seen, .. } if message.deleted || message.html != *seen => kept(message),
        Alteration::Preview { html, .. } => write(Message {
            html: html.clone(),
            ..message
        }),
        _ if message.deleted => Verdict::Answer(Changed::Deleted),
        Alteration::Edit { body, .. } if *body == message.body => kept(message),
        Alteration::Edit { body, .. } if body.is_empty() && message.attachments.is_empty() => {
            Verdict::Answer(Changed::Empty)
        }
        Alteration::Edit {
            body,
            html,
            mentions,
            calls,
        } => write(Message {
            body: body.clone(),
            html: html.clone(),
            mentions: mentions.clone(),
            calls: *calls,
            edited_at: Some(change.at),
            ..message
        }),
        Alteration::React(_) if reacted => kept(message),
        Alteration::React(emoji) => with(message, emoji, change.by),
        Alteration::Pin if message.pinned => kept(message),
        Alteration::Pin if pins >= PINS_MAX => Verdict::Answer(Changed::TooMany),
        Alteration::Pin => write(Message {
            pinned: true,
            ..message
        }),
    }
}

fn write(message: Message) -> Verdict {
    Verdict::Write(Box::new(message))
}

/// What is left of a deleted message: its place in the room and in its thread, and whose it was.
fn tombstone(message: Message) -> Message {
    Message {
        body: String::new(),
        html: String::new(),
        edited_at: None,
        deleted: true,
        pinned: false,
        reactions: Vec::new(),
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
        ..message
    }
}

/// The message with one more reaction.
fn with(mut message: Message, emoji: &Emoji, user: UserId) -> Verdict {
    let full = message.reactions.len() >= REACTIONS_MAX;
    match find(&mut message.reactions, emoji) {
        Some(reaction) => {
            reaction.count += 1;
            if reaction.users.len() < REACTION_USERS_MAX {
                reaction.users.push(user);
            }
        }
        None if full => return Verdict::Answer(Changed::TooMany),
        None => message.reactions.push(Reaction {
            emoji: emoji.as_str().to_owned(),
            count: 1,
            users: vec![user],
        }),
    }
    write(message)
}

/// The message with one reaction less. Where more people reacted than are named, somebody is to be named in the
/// place of whoever is not any more: see [`unnamed`].
fn without(mut message: Message, emoji: &Emoji, user: UserId) -> Message {
    if let Some(reaction) = find(&mut message.reactions, emoji) {
        reaction.count = reaction.count.saturating_sub(1);
        reaction.users.retain(|named| *named != user);
    }
    message.reactions.retain(|reaction| reaction.count > 0);
    message
}

/// Whether the message calls on every member now and did not before, or the other way round.
pub(crate) fn called_all(before: &Message, after: &Message) -> Option<bool> {
    let calls = |message: &Message| message.calls == Some(Call::Room);
    (calls(before) != calls(after)).then(|| calls(after))
}

/// The reaction under `message` that could name more people than it does.
pub(crate) fn unnamed<'a>(message: &'a mut Message, key: &str) -> Option<&'a mut Reaction> {
    message.reactions.iter_mut().find(|reaction| {
        let named = reaction.users.len();
        emoji::key(&reaction.emoji) == key && named < REACTION_USERS_MAX && (named as u64) < reaction.count
    })
}

fn find<'a>(reactions: &'a mut [Reaction], emoji: &Emoji) -> Option<&'a mut Reaction> {
    let key = emoji.key();
    reactions
        .iter_mut()
        .find(|reaction| emoji::key(&reaction.emoji) == key)
}

/// Those of the one list who are not in the other.
pub(crate) fn beyond(these: &[UserId], those: &[UserId]) -> Vec<UserId> {
    these
        .iter()
        .filter(|user| !those.contains(user))
        .copied()
        .collect()
}
