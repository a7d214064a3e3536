//! What is served with a version: pages of messages and lists of rooms.
//!
//! The version comes from the store each time, by one or two cheap questions, of which one is the check of rights too.
//! So whoever has the bytes already gets none, and nobody ever gets stale ones, whatever cache and bus may have lost.
//!
//! Names and pictures of people, and the settings of rooms, are in the bytes too. How often any of them changed is
//! counted by the store ([`Looks`]) and part of the version.

use std::fmt::Write as _;

use chat::{
    Level, Marker, Problem, Role, Room, RoomId, UserId,
    message::{Bound, PAGE_LIMIT_MAX},
};
use futures::future::try_join_all;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    Backend, Caller, Code, Result,
    block::{BLOCK_MESSAGES, Block, BlockVersion},
    cache::Encoded,
    store::{Head, Looks, window::Window},
};

/// To be raised with every change of how messages, pages or rooms look as JSON: instances of two versions share a
/// cache, and a browser's copy outlives an upgrade.
const ENCODING: u32 = 4;

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
#[derive(Clone, Debug)]
pub struct PageVersion {
    epoch: String,
    bound: Bound,
    limit: u64,
    head: Head,
    /// How often names and pictures of people have changed.
    people: u64,
}

impl PageVersion {
    /// The version as a short text. A page names the room's revision that it shows, so that is part of it even where
    /// nothing on the page changed: a page that named an older one would look out of date to who has heard more.
    #[must_use]
    pub fn tag(&self) -> Tag {
        let Self {
            epoch,
            bound,
            limit,
            head,
            people,
        } = self;
        let bound = match bound {
            Bound::Newest => "newest".to_owned(),
            Bound::Before(seq) => format!("before-{seq}"),
            Bound::After(seq) => format!("after-{seq}"),
            Bound::Around(seq) => format!("around-{seq}"),
        };
        Tag::of(&format!(
            "page:{ENCODING}:{epoch}:{people}:{}:{bound}:{limit}:{}",
            head.room, head.last_rev
        ))
    }

    fn window(&self) -> Window {
        Window::new(self.bound, self.limit)
    }

    /// The blocks that hold the page, in order.
    fn blocks(&self) -> impl Iterator<Item = BlockVersion> {
        let (first, last) = self.window().ends(self.head.last_seq);
        let shown = (first <= last).then_some((first - 1) / BLOCK_MESSAGES..last.div_ceil(BLOCK_MESSAGES));
        shown.into_iter().flatten().map(|place| BlockVersion {
            encoding: ENCODING,
            epoch: self.epoch.clone(),
            head: self.head,
            people: self.people,
            place,
        })
    }

    /// The page as JSON, the same as of [`chat::message::Page`]; `None`, which cannot happen: blocks are missing.
    fn page_of(&self, blocks: &[(BlockVersion, Block)]) -> Option<Encoded> {
        if blocks.is_empty() {
            let nothing = Some((self.head, Vec::new()));
            return encode(&self.window().page_of(self.head.room, nothing)).ok();
        }
        let (first, last) = self.window().ends(self.head.last_seq);
        let mut json = br#"{"messages":["#.to_vec();
        for (number, (version, block)) in blocks.iter().enumerate() {
            let start = *version.stretch().start();
            let from = usize::try_from(first.max(start) - start).ok()?;
            let to = usize::try_from(last.min(*version.stretch().end()) - start).ok()?;
            if number > 0 {
                json.push(b',');
            }
            json.extend_from_slice(block.texts(from..=to)?);
        }
        let (has_before, has_after) = (first > 1, last < self.head.last_seq);
        let rest = format!(
            r#"],"has_before":{has_before},"has_after":{has_after},"last_rev":{}}}"#,
            self.head.last_rev
        );
        json.extend_from_slice(rest.as_bytes());
        Some(Encoded(json.into()))
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
        let looks = async { Ok(self.store.looks().await?) };
        let (head, looks) = tokio::try_join!(self.read_head(caller, room), looks)?;
        Ok(PageVersion {
            people: looks.people,
            epoch: self.store.epoch().await?,
            bound,
            limit: limit.clamp(1, PAGE_LIMIT_MAX),
            head,
        })
    }

    /// The page of this version as JSON: out of blocks from the cache, each read once for all who want it. Where what is
    /// on it was changed since the version was told, the page as it is now.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn encoded_page(&self, version: &PageVersion) -> Result<Encoded> {
        let blocks = version.blocks().map(|block| async move {
            let found = self.block(&block).await?;
            Ok::<_, Problem>(found.map(|found| (block, found)))
        });
        let blocks: Option<Vec<_>> = try_join_all(blocks).await?.into_iter().collect();
        if let Some(page) = blocks.and_then(|blocks| version.page_of(&blocks)) {
            return Ok(page);
        }
        let PageVersion {
            head, bound, limit, ..
        } = *version;
        encode(&self.store.page(head.room, bound, limit).await?)
    }

    /// A block as it was in this version; `None`: it was changed since.
    async fn block(&self, version: &BlockVersion) -> Result<Option<Block>> {
        let load = || async {
            let after = Bound::After(version.stretch().start() - 1);
            let page = self.store.page(version.head.room, after, BLOCK_MESSAGES).await?;
            Ok(version.block_of(&page.messages))
        };
        self.cache.load::<_, Problem, _, _>(version, load).await
    }

    /// Which version of the list of rooms there is for the caller.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn rooms_tag(&self, caller: &Caller) -> Result<Tag> {
        let user = caller.id();
        let (looks, own, open, epoch) = tokio::try_join!(
            self.store.looks(),
            self.store.heads_of(user),
            self.store.heads_open_to(user),
            self.store.epoch()
        )?;
        let own = own.iter().map(|head| {
            let notify = (head.level, head.muted);
            (
                head.room,
                head.last_seq,
                head.last_rev,
                Some((head.marker(), notify)),
            )
        });
        let open = open
            .iter()
            .map(|head| (head.room, head.last_seq, head.last_rev, None));
        Ok(tag_of_rooms(&epoch, user, (caller.role, looks), own.chain(open)))
    }

    /// The list of rooms as JSON, the caller's own and then the public channels to join, and which version it is.
    /// That is told by the list itself: a user may leave a room while it is read and come back afterwards, and then a
    /// version from before would be true again and the list not.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn encoded_rooms(&self, caller: &Caller) -> Result<(Tag, Encoded)> {
        // Before the list: what changes in between makes the version look older than the list is, not newer.
        let looks = self.store.looks().await?;
        let (rooms, epoch) = (self.list_rooms(caller).await?, self.store.epoch().await?);
        let stands = rooms.iter().map(|room| {
            let (turn, seq) = (room.read_turn, room.read_seq);
            let seen = (Marker { turn, seq }, (room.level, room.muted));
            (room.id, room.last_seq, room.last_rev, room.member.then_some(seen))
        });
        let tag = tag_of_rooms(&epoch, caller.id(), (caller.role, looks), stands);
        Ok((tag, encode(&RoomList { rooms })?))
    }
}

/// Up to where a member has read a room, and how the member wants to hear of it.
type Seen = (Marker, (Option<Level>, bool));

/// What a list of rooms depends on: how names and settings are, where each room stands, and how a member sees it.
fn tag_of_rooms(
    epoch: &str,
    user: UserId,
    (role, looks): (Role, Looks),
    stands: impl Iterator<Item = (RoomId, u64, u64, Option<Seen>)>,
) -> Tag {
    let mut stands: Vec<_> = stands.collect();
    stands.sort_unstable();
    let Looks { people, rooms } = looks;
    let mut text = format!("rooms:{ENCODING}:{epoch}:{people}:{rooms}:{user}:{}", role.name());
    for (room, last_seq, last_rev, seen) in stands {
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{room} {last_seq} {last_rev} {seen:?}");
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
        Attachment, AttachmentId, Author, Call, Message, MessageId, Nonce, RoomKind, Timestamp, Variant,
        message::{Page, Reaction},
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

    fn message(seq: u64, rev: u64) -> Message {
        Message {
            id: MessageId(ID),
            room: RoomId(ID),
            seq,
            rev,
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
                id: AttachmentId(ID),
                name: "n".into(),
                content_type: "m".into(),
                size: 4,
                url: "u".into(),
                width: Some(5),
                height: Some(6),
                color: Some("c".into()),
                variants: vec![Variant {
                    width: 7,
                    height: 8,
                    url: "v".into(),
                }],
            }],
            mentions: vec![UserId(ID)],
            calls: Some(Call::Room),
        }
    }

    fn page() -> Page {
        Page {
            messages: vec![message(1, 2)],
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
            description: "d".into(),
            archived: true,
            slow_s: 6,
            created_by: Some(UserId(ID)),
            member: true,
            last_seq: 1,
            last_rev: 2,
            read_seq: 3,
            unread: 4,
            mentions: 5,
            read_turn: 6,
            level: Some(Level::Nothing),
            muted: true,
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
            (4, "935b6017226d6f92d57855387e753c02"),
            "raise ENCODING, and note the new look here"
        );
    }

    /// A room of so many messages, of which every third was changed.
    fn room_of(last_seq: u64) -> (Head, Vec<Message>) {
        let changes = last_seq / 3;
        let messages =
            (1..=last_seq).map(|seq| message(seq, if seq % 3 == 0 { last_seq + seq / 3 } else { seq }));
        let head = Head {
            room: RoomId(ID),
            last_seq,
            last_rev: last_seq + changes,
        };
        (head, messages.collect())
    }

    #[test]
    fn a_page_out_of_blocks_is_the_page_as_it_is_read() {
        for last_seq in [0, 1, 50, 51, 120] {
            let (head, messages) = room_of(last_seq);
            for seq in [0, 1, 51, 52, 101, 120, u64::MAX] {
                let bounds = [
                    Bound::Newest,
                    Bound::Before(seq),
                    Bound::After(seq),
                    Bound::Around(seq),
                ];
                for (bound, limit) in bounds
                    .into_iter()
                    .flat_map(|bound| [2, 50, 100].map(|limit| (bound, limit)))
                {
                    let version = PageVersion {
                        epoch: "e".into(),
                        bound,
                        limit,
                        head,
                        people: 0,
                    };
                    let (first, last) = version.window().ends(last_seq);
                    let read = messages
                        .iter()
                        .filter(|message| (first..=last).contains(&message.seq));
                    let page = version
                        .window()
                        .page_of(head.room, Some((head, read.cloned().collect())));
                    let blocks: Vec<_> = version
                        .blocks()
                        .map(|block| {
                            let from = usize::try_from(block.stretch().start() - 1).unwrap();
                            let found = block.block_of(&messages[from..]).unwrap();
                            (block, found)
                        })
                        .collect();
                    assert_eq!(blocks.is_empty(), page.messages.is_empty());
                    let made = version.page_of(&blocks).unwrap();
                    assert_eq!(made, encode(&page).unwrap(), "{bound:?} {limit} of {last_seq}");
                }
            }
        }
    }

    #[test]
    fn a_page_of_any_other_kind_is_another_version() {
        let head = |room, last_rev| Head {
            room: RoomId(room),
            last_seq: 9,
            last_rev,
        };
        let version = PageVersion {
            epoch: "e".into(),
            bound: Bound::Before(5),
            limit: 2,
            head: head(ID, 12),
            people: 0,
        };
        let others = [
            PageVersion {
                epoch: "f".into(),
                ..version.clone()
            },
            PageVersion {
                head: head(Uuid::nil(), 12),
                ..version.clone()
            },
            PageVersion {
                bound: Bound::After(5),
                ..version.clone()
            },
            PageVersion {
                bound: Bound::Newest,
                ..version.clone()
            },
            PageVersion {
                people: 1,
                ..version.clone()
            },
            PageVersion {
                limit: 3,
                ..version.clone()
            },
            PageVersion {
                head: head(ID, 13),
                ..version.clone()
            },
        ];
        for other in others {
            assert_ne!(other.tag(), version.tag());
        }
        assert_eq!(version.clone().tag(), version.tag());
    }

    #[test]
    fn every_page_is_another_one_with_every_revision_of_its_room() {
        let version = |bound, last_rev| PageVersion {
            epoch: "e".into(),
            bound,
            limit: 2,
            head: Head {
                room: RoomId(ID),
                last_seq: 9,
                last_rev,
            },
            people: 0,
        };
        for bound in [
            Bound::Newest,
            Bound::Before(9),
            Bound::Before(1),
            Bound::After(6),
            Bound::Around(8),
        ] {
            assert_ne!(version(bound, 12).tag(), version(bound, 13).tag(), "{bound:?}");
        }
    }
}
