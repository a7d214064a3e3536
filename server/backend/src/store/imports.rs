//! What the store takes and gives of other programs' archives, and how what comes is numbered: the same for every
//! engine.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chat::{
    Attachment, Author, Emoji, Message, MessageId, Reaction, RoomId, Timestamp, UserId,
    message::{REACTION_USERS_MAX, REACTIONS_MAX},
};
use uuid::Uuid;

use super::{Head, NO_PASSWORD, NewUser, Stored};

/// What has an id in another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A person or a program.
    User,
    /// A room.
    Room,
    /// A room whose members have come.
    Members,
}

impl Foreign {
    /// Its name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Room => "room",
            Self::Members => "members",
        }
    }
}

/// Someone who comes from elsewhere.
#[derive(Clone, Debug)]
pub struct ForeignUser {
    /// The id there.
    pub key: String,
    /// The id to give.
    pub id: UserId,
    /// The usernames that fit, the best first; the first that is free is given.
    pub usernames: Vec<String>,
    /// The name to read.
    pub display_name: String,
    /// What the user does.
    pub title: String,
    /// Where the user's clock is.
    pub time_zone: String,
    /// Whether the account is closed.
    pub deactivated: bool,
    /// Whether someone who is here under the first of the usernames is taken for the same: a person, not a bot.
    pub adopt: bool,
    /// When.
    pub created_at: Timestamp,
}

impl ForeignUser {
    /// The account under one of the usernames. Nobody can sign in to it until it has a password.
    pub(crate) fn account(&self, username: &str) -> NewUser {
        NewUser {
            id: self.id,
            username: username.to_owned(),
            display_name: self.display_name.clone(),
            password_hash: NO_PASSWORD.to_owned(),
            created_at: self.created_at,
            // Never the first user, who would be the owner.
            general: RoomId(self.id.0),
        }
    }

    /// Who it is under one of the usernames.
    pub(crate) fn author(&self, username: &str) -> Author {
        Author {
            id: self.id,
            username: username.to_owned(),
            display_name: self.display_name.clone(),
            avatar_url: None,
        }
    }
}

/// A channel that comes from elsewhere.
#[derive(Clone, Debug)]
pub struct ForeignChannel {
    /// The id there.
    pub key: String,
    /// The id to give.
    pub id: RoomId,
    /// The addresses that fit, the best first; the first that is free is given. The last is always free.
    pub slugs: Vec<String>,
    /// What to call it.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// What it is for.
    pub description: String,
    /// Whether only members can see it.
    pub private: bool,
    /// Whether it is put away.
    pub archived: bool,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// A message that comes from elsewhere, with what became of it there.
#[derive(Clone, Debug)]
pub struct ForeignMessage {
    /// The id to give: always the same for the same message there.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// Markdown source.
    pub body: String,
    /// Its safe rendering.
    pub html: String,
    /// Who is mentioned.
    pub mentions: Vec<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last edited.
    pub edited_at: Option<Timestamp>,
    /// Whether it was deleted and only its place is left.
    pub deleted: bool,
    /// Whether it is pinned.
    pub pinned: bool,
    /// The message that it answers.
    pub thread: Option<MessageId>,
    /// Who has reacted with what, each emoji once and each person once an emoji.
    pub reactions: Vec<(Emoji, Vec<UserId>)>,
    /// Its author's files that go with it, which are on no message.
    pub attachments: Vec<Attachment>,
}

/// What came of a batch of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// How many were stored; the others were there.
    pub stored: u64,
    /// The room's head after them.
    pub head: Head,
}

/// A message that was there and has been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) root: MessageId,
    /// How many replies came.
    pub(crate) replies: u64,
    /// The root's new revision.
    pub(crate) rev: u64,
}

/// A batch with its numbers.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub(crate) messages: Vec<Message>,
    pub(crate) answered: Vec<Answered>,
}

/// Those of `messages` that are not `there`, each once.
pub(crate) fn fresh<'a>(
    messages: &'a [ForeignMessage],
    there: &HashSet<MessageId>,
) -> Vec<&'a ForeignMessage> {
    let mut once = HashSet::new();
    let is_new = |message: &&ForeignMessage| !there.contains(&message.id) && once.insert(message.id);
    messages.iter().filter(is_new).collect()
}

/// The messages that are answered from within the batch and not in it.
pub(crate) fn roots_beyond(fresh: &[&ForeignMessage]) -> Vec<MessageId> {
    let within: HashSet<MessageId> = fresh.iter().map(|message| message.id).collect();
    let mut beyond: Vec<MessageId> = fresh.iter().filter_map(|message| message.thread).collect();
    beyond.retain(|root| !within.contains(root));
    beyond.sort_unstable_by_key(|root| root.0);
    beyond.dedup();
    beyond
}

/// How many numbers a batch takes: `seq`, `rev`. Each root that was there takes a revision for its `reply_count`, as it
/// does when it is answered here.
pub(crate) const fn numbers(fresh: &[&ForeignMessage], roots: &[MessageId]) -> (u64, u64) {
    let count = fresh.len() as u64;
    (count, count + roots.len() as u64)
}

/// Gives a batch the numbers after `before`. `roots` are those of [`roots_beyond`] that are in the room and answer
/// nobody; a reply to anything else is a message like any other.
pub(crate) fn number(room: RoomId, fresh: &[&ForeignMessage], roots: &[MessageId], before: Head) -> Numbered {
    let mut heads: HashSet<MessageId> = roots.iter().copied().collect();
    let mut replies: HashMap<MessageId, u64> = HashMap::new();
    let mut messages = Vec::with_capacity(fresh.len());
    for (message, place) in fresh.iter().zip(1..) {
        let thread = message.thread.filter(|root| heads.contains(root));
        match thread {
            Some(root) => *replies.entry(root).or_default() += 1,
            None => drop(heads.insert(message.id)),
        }
        messages.push(Message {
            seq: before.last_seq + place,
            rev: before.last_rev + place,
            thread,
            ..plain(room, message)
        });
    }
    for message in &mut messages {
        message.reply_count = replies.get(&message.id).copied().unwrap_or_default();
    }
    let first = before.last_rev + fresh.len() as u64 + 1;
    let answered = roots.iter().zip(first..).map(|(root, rev)| Answered {
        root: *root,
        replies: replies.get(root).copied().unwrap_or_default(),
        rev,
    });
    Numbered {
        answered: answered.collect(),
        messages,
    }
}

/// The message without numbers.
fn plain(room: RoomId, message: &ForeignMessage) -> Message {
    let reactions = message.reactions.iter().take(REACTIONS_MAX);
    let reactions = reactions.map(|(emoji, users)| Reaction {
        emoji: emoji.as_str().to_owned(),
        count: users.len() as u64,
        users: users.iter().take(REACTION_USERS_MAX).copied().collect(),
    });
    Message {
        id: message.id,
        room,
        seq: 0,
        rev: 0,
        author: message.author.clone(),
        body: message.body.clone(),
        html: message.html.clone(),
        created_at: message.created_at,
        edited_at: message.edited_at,
        deleted: message.deleted,
        pinned: message.pinned,
        thread: None,
        reply_count: 0,
        nonce: None,
        reactions: reactions.collect(),
        attachments: message.attachments.clone(),
        mentions: message.mentions.clone(),
        calls: None,
    }
}

/// What comes from the archives of other programs. Each of them is a `source`, whose ids are kept beside ours, so that
/// what came once does not come again.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Our ids for those of the `keys` that came before; at most 1,000 are asked for.
    async fn imported(&self, source: &str, kind: Foreign, keys: &[String]) -> Stored<Vec<(String, Uuid)>>;
    /// Brings people in, who are members of no room yet; all or nothing. Gives under each key who it is here: also those
    /// who came before.
    async fn import_users(&self, source: &str, users: Vec<ForeignUser>) -> Stored<Vec<(String, Author)>>;
    /// The room that a channel from elsewhere is here, and whether it was made now, without members: the one that it
    /// came as before; for a public one the public channel of its address, if there is one; a new one.
    async fn import_channel(&self, source: &str, channel: ForeignChannel) -> Stored<(RoomId, bool)>;
    /// Notes that `key` is `id` here; what was noted before stays.
    async fn note_imported(&self, source: &str, kind: Foreign, key: &str, id: Uuid) -> Stored<()>;
    /// Those of the ids that messages have; at most 1,000 are asked for.
    async fn stored_among(&self, ids: &[MessageId]) -> Stored<Vec<MessageId>>;
    /// Stores those of the messages that are not there, in this order, after what is there; all or nothing. The authors
    /// need not be members. Whoever had read all of the room has read them too, and webhooks that had been told of all of
    /// it are not told of them. `None`: no such room.
    async fn import_messages(&self, room: RoomId, messages: Vec<ForeignMessage>) -> Stored<Option<Arrived>>;
}
