//! What is served with a version: pages of messages and lists of rooms.
//!
//! The version comes from the store each time, by one or two cheap questions, of which one is the check of rights too.
//! So whoever has the bytes already gets none, and nobody ever gets stale ones, whatever cache and bus may have lost.
//!
//! Names of people and rooms are in the bytes and not in the version, for no use case changes them. One that does has to
//! bring a number of its own in here.

use std::{fmt::Write as _, time::Duration};

use chat::{
    Problem, Room, RoomId, UserId,
    message::{Bound, PAGE_LIMIT_MAX},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Backend, Caller, Code, Result,
    cache::{Encoded, Key},
};

/// To be raised with every change of how messages, pages or rooms look as JSON: instances of two versions share a
/// cache, and a browser's copy outlives an upgrade.
const ENCODING: u32 = 1;

/// A version as a short text, another one for every other version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// Half of the text's SHA-256: no two texts share one.
    fn of(text: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(text).into();
        Self(digest[..16].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The text: 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of a room's messages as of one revision of the room.
///
/// It is read after its version and may be newer; revisions never come again, so then nobody asks for it by this
/// version any longer. A page names the room's last revision, hence one of the past changes with each post too.
#[derive(Clone, Debug)]
pub struct PageVersion {
    epoch: String,
    room: RoomId,
    bound: Bound,
    limit: u64,
    last_rev: u64,
}

impl PageVersion {
    /// The version as a short text.
    #[must_use]
    pub fn tag(&self) -> Tag {
        Tag::of(&self.key())
    }
}

impl Key for PageVersion {
    type Value = Encoded;
    const NAME: &'static str = "page";
    // Those of a revision that was superseded are asked for by nobody and go with time.
    const TTL: Duration = Duration::from_secs(300);

    fn key(&self) -> String {
        let Self {
            epoch,
            room,
            limit,
            last_rev,
            ..
        } = self;
        let bound = match self.bound {
            Bound::Newest => "newest".to_owned(),
            Bound::Before(seq) => format!("before-{seq}"),
            Bound::After(seq) => format!("after-{seq}"),
            Bound::Around(seq) => format!("around-{seq}"),
        };
        format!("page:{ENCODING}:{epoch}:{room}:{bound}:{limit}:{last_rev}")
    }
}

/// A list of rooms as it is served.
#[derive(Serialize)]
struct RoomList {
    rooms: Vec<Room>,
}

impl Backend {
    /// Which version of a page of messages there is for the caller.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn page_version(
        &self,
        caller: &Caller,
        room: RoomId,
        bound: Bound,
        limit: u64,
    ) -> Result<PageVersion> {
        let head = self.read_head(caller, room).await?;
        Ok(PageVersion {
            epoch: self.store.epoch().await?,
            room,
            bound,
            limit: limit.clamp(1, PAGE_LIMIT_MAX),
            last_rev: head.last_rev,
        })
    }

    /// The page of this version as JSON: from the cache, or read once for all who want it.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn encoded_page(&self, version: &PageVersion) -> Result<Encoded> {
        let load = || async {
            let PageVersion {
                room, bound, limit, ..
            } = *version;
            encode(&self.store.page(room, bound, limit).await?).map(Some)
        };
        let found = self.cache.load::<_, Problem, _, _>(version, load).await?;
        found.ok_or_else(|| Problem::new(Code::Internal))
    }

    /// Which version of the list of rooms there is for the caller.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn rooms_tag(&self, caller: &Caller) -> Result<Tag> {
        let user = caller.id();
        let (own, open, epoch) = tokio::try_join!(
            self.store.heads_of(user),
            self.store.heads_open_to(user),
            self.store.epoch()
        )?;
        let own = own
            .iter()
            .map(|head| (head.room, head.last_seq, head.last_rev, Some(head.read_seq)));
        let open = open
            .iter()
            .map(|head| (head.room, head.last_seq, head.last_rev, None));
        Ok(tag_of_rooms(&epoch, user, own.chain(open)))
    }

    /// The list of rooms as JSON, the caller's own and then the public channels to join, and which version it is.
    /// That is told by the list itself: a user may leave a room while it is read and come back afterwards, and then a
    /// version from before would be true again and the list not.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn encoded_rooms(&self, caller: &Caller) -> Result<(Tag, Encoded)> {
        let (rooms, epoch) = (self.list_rooms(caller).await?, self.store.epoch().await?);
        let stands = rooms.iter().map(|room| {
            let read_seq = room.member.then_some(room.read_seq);
            (room.id, room.last_seq, room.last_rev, read_seq)
        });
        let tag = tag_of_rooms(&epoch, caller.id(), stands);
        Ok((tag, encode(&RoomList { rooms })?))
    }
}

/// What a list of rooms depends on: where each room stands, and up to where a member has read it.
fn tag_of_rooms(
    epoch: &str,
    user: UserId,
    stands: impl Iterator<Item = (RoomId, u64, u64, Option<u64>)>,
) -> Tag {
    let mut stands: Vec<_> = stands.collect();
    stands.sort_unstable();
    let mut text = format!("rooms:{ENCODING}:{epoch}:{user}");
    for (room, last_seq, last_rev, read_seq) in stands {
        let read_seq = read_seq.map_or_else(|| "-".to_owned(), |seq| seq.to_string());
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{room} {last_seq} {last_rev} {read_seq}");
    }
    Tag::of(&text)
}

fn encode<T: Serialize>(value: &T) -> Result<Encoded> {
    let json = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer could not be encoded");
        Problem::new(Code::Internal)
    })?;
    Ok(Encoded(json.into()))
}

#[cfg(test)]
mod tests {
    use chat::{
        Author, Message, MessageId, Nonce, RoomKind, Timestamp,
        message::{Attachment, Page, Reaction},
    };
    use uuid::Uuid;

    use super::*;

    const ID: Uuid = Uuid::from_u128(1);

    fn author() -> Author {
        Author {
            id: UserId(ID),
            username: "rosa".into(),
            display_name: "Rosa".into(),
            avatar_url: None,
        }
    }

    fn page() -> Page {
        let message = Message {
            id: MessageId(ID),
            room: RoomId(ID),
            seq: 1,
            rev: 2,
            author: author(),
            body: "b".into(),
            html: "h".into(),
            created_at: Timestamp(0),
            edited_at: Some(Timestamp(1)),
            deleted: false,
            pinned: true,
            thread: None,
            reply_count: 3,
            nonce: Nonce::new("n").ok(),
            reactions: vec![Reaction {
                emoji: "+".into(),
                count: 1,
                users: vec![UserId(ID)],
            }],
            attachments: vec![Attachment {
                url: "u".into(),
                name: "n".into(),
                media_type: "m".into(),
                size: 4,
            }],
            mentions: vec![UserId(ID)],
        };
        Page {
            messages: vec![message],
            has_before: false,
            has_after: true,
            last_rev: 5,
        }
    }

    fn rooms() -> RoomList {
        let room = Room {
            id: RoomId(ID),
            kind: RoomKind::Direct,
            slug: "s".into(),
            name: "n".into(),
            topic: "t".into(),
            private: true,
            member: true,
            last_seq: 1,
            last_rev: 2,
            read_seq: 3,
            unread: 4,
            mentions: 5,
            users: vec![author()],
        };
        RoomList { rooms: vec![room] }
    }

    #[test]
    fn whoever_changes_what_is_served_raises_the_encoding() {
        let both = [encode(&page()).unwrap().0, encode(&rooms()).unwrap().0].concat();
        let look = Tag::of(std::str::from_utf8(&both).unwrap());
        assert_eq!(
            (ENCODING, look.as_str()),
            (1, "5c56c01f1a94480966dfaea916928731"),
            "raise ENCODING, and note the new look here"
        );
    }

    #[test]
    fn a_page_of_any_other_kind_is_another_version() {
        let version = PageVersion {
            epoch: "e".into(),
            room: RoomId(ID),
            bound: Bound::Before(1),
            limit: 2,
            last_rev: 3,
        };
        let others = [
            PageVersion {
                epoch: "f".into(),
                ..version.clone()
            },
            PageVersion {
                room: RoomId(Uuid::nil()),
                ..version.clone()
            },
            PageVersion {
                bound: Bound::After(1),
                ..version.clone()
            },
            PageVersion {
                bound: Bound::Newest,
                ..version.clone()
            },
            PageVersion {
                limit: 3,
                ..version.clone()
            },
            PageVersion {
                last_rev: 4,
                ..version.clone()
            },
        ];
        for other in others {
            assert_ne!(other.key(), version.key());
            assert_ne!(other.tag(), version.tag());
        }
        assert_eq!(version.clone().tag(), version.tag());
    }
}
