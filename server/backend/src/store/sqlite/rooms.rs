//! Rooms and who is in them.

use async_trait::async_trait;
use chat::{Author, Room, RoomId, RoomKind, Timestamp, User, UserId, wire::RoomHead};

use super::{
    SqliteStore,
    rows::{Read, all, integer, json_ids, room_columns, user_columns},
    statement::statements,
};
use crate::store::{
    ChannelCreated, Head, Membership, NewChannel, RoomRecord, Rooms, Stored,
    common::{
        Engine,
        rooms::{AddMembers, CreateChannel, OpenDirect, RemoveMember},
    },
    seen::{Seen, in_order, introduce},
    timed::timed,
};

/// What a room looks like to the reader `?1`, `me` being the reader's membership.
macro_rules! seen_columns {
    () => {
        concat!(
            room_columns!(),
            ", r.name_key, h.last_seq, h.last_rev, h.last_at, me.read_seq, coalesce(me.read_turn, me.joined_at) AS read_turn, \
             me.level, me.muted, (SELECT count(*) FROM mentions x WHERE x.user = ?1 AND x.room = r.id AND x.seq > me.read_seq) \
             + (SELECT count(*) FROM calls c WHERE c.room = r.id AND c.seq > me.read_seq AND c.author <> ?1 \
                AND NOT EXISTS (SELECT 1 FROM mentions x WHERE x.user = ?1 AND x.room = c.room AND x.seq = c.seq)) \
             AS unread_mentions"
        )
    };
}

/// Of the rooms `r`, those that the user `?1`, who is no member, could join.
macro_rules! open_to {
    () => {
        "r.private = 0 AND me.user IS NULL AND r.archived_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM users g WHERE g.id = ?1 AND g.role = 'guest')
           AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = r.id AND b.user = ?1)"
    };
}

statements! {
    BY_ID = concat!("SELECT ", room_columns!(), " FROM rooms r WHERE r.id = ?1");
    BY_SLUG = concat!("SELECT ", room_columns!(), " FROM rooms r WHERE r.slug = ?1");
    SEEN_ONE = concat!(
        "SELECT ", seen_columns!(), " FROM rooms r JOIN room_heads h ON h.room = r.id
         LEFT JOIN members me ON me.room = r.id AND me.user = ?1
         WHERE r.id = ?2"
    );
    SEEN_MEMBER = concat!(
        "SELECT ", seen_columns!(), " FROM members me CROSS JOIN rooms r ON r.id = me.room
         CROSS JOIN room_heads h ON h.room = r.id
         WHERE me.user = ?1"
    );
    SEEN_OPEN = concat!(
        "SELECT ", seen_columns!(), " FROM rooms r CROSS JOIN room_heads h ON h.room = r.id
         LEFT JOIN members me ON me.room = r.id AND me.user = ?1
         WHERE ", open_to!(), "
         ORDER BY r.name_key, r.id LIMIT 200"
    );
    PEOPLE_OF_ONE = concat!(
        "SELECT m.room, ", user_columns!(), " FROM members m CROSS JOIN users u ON u.id = m.user WHERE m.room = ?1"
    );
    PEOPLE_OF_DIRECT = concat!(
        "SELECT m.room, ", user_columns!(), " FROM members me CROSS JOIN rooms r ON r.id = me.room
         CROSS JOIN members m ON m.room = r.id CROSS JOIN users u ON u.id = m.user
         WHERE me.user = ?1 AND r.direct_key IS NOT NULL"
    );
    HEADS_OF = "SELECT h.room, h.last_seq, h.last_rev, me.read_seq, coalesce(me.read_turn, me.joined_at) AS read_turn,
                       me.level, me.muted
                FROM members me CROSS JOIN room_heads h ON h.room = me.room WHERE me.user = ?1";
    HEADS = "SELECT h.room AS head_room, h.last_seq, h.last_rev
             FROM json_each(?1) j CROSS JOIN room_heads h ON h.room = unhex(j.value)";
    HEAD_FOR = "SELECT h.room AS head_room, h.last_seq, h.last_rev, me.read_seq FROM room_heads h
                LEFT JOIN members me ON me.room = h.room AND me.user = ?2
                WHERE h.room = ?1";
    HEADS_OPEN = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev FROM rooms r CROSS JOIN room_heads h ON h.room = r.id
         LEFT JOIN members me ON me.room = r.id AND me.user = ?1
         WHERE ", open_to!(), "
         ORDER BY r.name_key, r.id LIMIT 200"
    );
    MEMBERSHIP = "SELECT read_seq FROM members WHERE room = ?1 AND user = ?2";
    PAGE_MEMBERS = concat!(
        "SELECT ", user_columns!(), " FROM members m CROSS JOIN users u ON u.id = m.user
         WHERE m.room = ?1 AND m.username_key > ?2 ORDER BY m.username_key LIMIT ?3"
    );
    COUNT_MEMBERS = "SELECT count(*) FROM members WHERE room = ?1";
}

#[async_trait]
impl Rooms for SqliteStore {
    async fn room(&self, id: RoomId) -> Stored<Option<RoomRecord>> {
        timed("room", async {
            let room = BY_ID
                .read::<Read<RoomRecord>>()
                .bind(id.0)
                .fetch_optional(&self.reads)
                .await?;
            Ok(room.map(|Read(room)| room))
        })
        .await
    }

    async fn room_by_slug(&self, slug: &str) -> Stored<Option<RoomRecord>> {
        timed("room_by_slug", async {
            let room = BY_SLUG
                .read::<Read<RoomRecord>>()
                .bind(slug)
                .fetch_optional(&self.reads)
                .await?;
            Ok(room.map(|Read(room)| room))
        })
        .await
    }

    async fn room_of(&self, id: RoomId, user: UserId) -> Stored<Option<Room>> {
        timed("room_of", async {
            let query = SEEN_ONE.read::<Read<Seen>>().bind(user.0).bind(id.0);
            let Some(Read(mut seen)) = query.fetch_optional(&self.reads).await? else {
                return Ok(None);
            };
            if seen.room.kind == RoomKind::Direct {
                let people = PEOPLE_OF_ONE
                    .read::<Read<(RoomId, Author)>>()
                    .bind(id.0)
                    .fetch_all(&self.reads)
                    .await?;
                introduce(std::slice::from_mut(&mut seen), all(people), user);
            }
            Ok(Some(seen.room))
        })
        .await
    }

    async fn rooms_of(&self, user: UserId) -> Stored<Vec<Room>> {
        timed("rooms_of", async {
            let mut rooms: Vec<Seen> = all(SEEN_MEMBER.read().bind(user.0).fetch_all(&self.reads).await?);
            if rooms.iter().any(|seen| seen.room.kind == RoomKind::Direct) {
                let people = PEOPLE_OF_DIRECT
                    .read()
                    .bind(user.0)
                    .fetch_all(&self.reads)
                    .await?;
                introduce(&mut rooms, all(people), user);
            }
            Ok(in_order(rooms))
        })
        .await
    }

    async fn rooms_open_to(&self, user: UserId) -> Stored<Vec<Room>> {
        timed("rooms_open_to", async {
            let rooms = SEEN_OPEN
                .read::<Read<Seen>>()
                .bind(user.0)
                .fetch_all(&self.reads)
                .await?;
            Ok(rooms.into_iter().map(|Read(seen)| seen.room).collect())
        })
        .await
    }

    async fn heads_of(&self, user: UserId) -> Stored<Vec<RoomHead>> {
        timed("heads_of", async {
            let query = HEADS_OF.read::<Read<RoomHead>>().bind(user.0);
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn heads(&self, rooms: &[RoomId]) -> Stored<Vec<Head>> {
        timed("heads", async {
            let query = HEADS
                .read::<Read<Head>>()
                .bind(json_ids(rooms.iter().map(|room| room.0)));
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn head_for(&self, room: RoomId, user: UserId) -> Stored<Option<(Head, Option<Membership>)>> {
        timed("head_for", async {
            let query = HEAD_FOR
                .read::<Read<(Head, Option<Membership>)>>()
                .bind(room.0)
                .bind(user.0);
            Ok(query.fetch_optional(&self.reads).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn heads_open_to(&self, user: UserId) -> Stored<Vec<Head>> {
        timed("heads_open_to", async {
            let query = HEADS_OPEN.read::<Read<Head>>().bind(user.0);
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn create_channel(&self, channel: NewChannel) -> Stored<ChannelCreated> {
        self.perform(CreateChannel(channel)).await
    }

    async fn open_direct(&self, id: RoomId, users: &[UserId], at: Timestamp) -> Stored<(RoomId, bool)> {
        self.perform(OpenDirect::new(id, users, at)).await
    }

    async fn membership(&self, room: RoomId, user: UserId) -> Stored<Option<Membership>> {
        timed("membership", async {
            let query = MEMBERSHIP.scalar().bind(room.0).bind(user.0);
            Ok(query
                .fetch_optional(&self.reads)
                .await?
                .map(|read_seq| Membership { read_seq }))
        })
        .await
    }

    async fn add_members(&self, room: RoomId, users: &[UserId], at: Timestamp) -> Stored<Vec<UserId>> {
        let users = users.to_vec();
        self.perform(AddMembers { room, users, at }).await
    }

    async fn remove_member(&self, room: RoomId, user: UserId) -> Stored<bool> {
        self.perform(RemoveMember { room, user }).await
    }

    async fn page_members(&self, room: RoomId, after: Option<&str>, limit: u64) -> Stored<Vec<User>> {
        timed("page_members", async {
            let after = after.unwrap_or_default().to_lowercase();
            let query = PAGE_MEMBERS
                .read::<Read<User>>()
                .bind(room.0)
                .bind(after)
                .bind(integer(limit));
            Ok(all(query.fetch_all(&self.reads).await?))
        })
        .await
    }

    async fn count_members(&self, room: RoomId) -> Stored<u64> {
        timed("count_members", async {
            Ok(COUNT_MEMBERS.scalar().bind(room.0).fetch_one(&self.reads).await?)
        })
        .await
    }
}
