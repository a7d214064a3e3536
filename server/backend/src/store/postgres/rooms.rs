//! Rooms and who is in them.

use async_trait::async_trait;
use chat::{Author, Room, RoomId, RoomKind, Timestamp, User, UserId, wire::RoomHead};
use uuid::Uuid;

use super::{
    PostgresStore,
    rows::{Read, all, integer, room_columns, sought, sought_key, unsigned, user_columns},
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

/// What a room looks like to the reader `$1`, `me` being the reader's membership.
macro_rules! seen_columns {
    () => {
        concat!(
            room_columns!(),
            ", r.name_key, h.last_seq, h.last_rev, h.last_at, me.read_seq, coalesce(me.read_turn, me.joined_at) AS read_turn, \
             me.level, me.muted, (SELECT count(*) FROM mentions x WHERE x.\"user\" = $1 AND x.room = r.id AND x.seq > me.read_seq) \
             + (SELECT count(*) FROM calls c WHERE c.room = r.id AND c.seq > me.read_seq AND c.author <> $1 \
                AND NOT EXISTS (SELECT 1 FROM mentions x WHERE x.\"user\" = $1 AND x.room = c.room AND x.seq = c.seq)) \
             AS unread_mentions"
        )
    };
}

/// Of the rooms `r`, those that the user `$1`, who is no member, could join.
macro_rules! open_to {
    () => {
        "NOT r.private AND me.\"user\" IS NULL AND r.archived_at IS NULL
           AND NOT EXISTS (SELECT FROM users g WHERE g.id = $1 AND g.role = 'guest')
           AND (SELECT b.room FROM bans b WHERE b.room = r.id AND b.\"user\" = $1) IS NULL"
    };
}

// `OFFSET 0` keeps the planner from turning a look-up for each row into reading a whole table: the rows are few, the
// tables are not, and a plan that was made for all values must do for any.
statements! {
    BY_ID = concat!("SELECT ", room_columns!(), " FROM rooms r WHERE r.id = $1");
    BY_SLUG = concat!("SELECT ", room_columns!(), " FROM rooms r WHERE r.slug = $1");
    SEEN_ONE = concat!(
        "SELECT ", seen_columns!(), " FROM rooms r JOIN room_heads h ON h.room = r.id
         LEFT JOIN members me ON me.room = r.id AND me.\"user\" = $1
         WHERE r.id = $2"
    );
    SEEN_MEMBER = concat!(
        "SELECT ", seen_columns!(), " FROM members me
         CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = me.room OFFSET 0) r
         CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE room = me.room OFFSET 0) h
         WHERE me.\"user\" = $1"
    );
    SEEN_OPEN = concat!(
        "SELECT ", seen_columns!(), " FROM rooms r
         CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE room = r.id OFFSET 0) h
         LEFT JOIN LATERAL (SELECT * FROM members WHERE room = r.id AND \"user\" = $1 OFFSET 0) me ON TRUE
         WHERE ", open_to!(), "
         ORDER BY r.name_key, r.id LIMIT 200"
    );
    PEOPLE_OF_ONE = concat!(
        "SELECT m.room, ", user_columns!(), " FROM members m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.\"user\" OFFSET 0) u WHERE m.room = $1"
    );
    PEOPLE_OF_DIRECT = concat!(
        "SELECT m.room, ", user_columns!(), " FROM members me
         CROSS JOIN LATERAL (SELECT * FROM rooms WHERE id = me.room OFFSET 0) r
         CROSS JOIN LATERAL (SELECT * FROM members WHERE room = r.id OFFSET 0) m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.\"user\" OFFSET 0) u
         WHERE me.\"user\" = $1 AND r.direct_key IS NOT NULL"
    );
    HEADS_OF = "SELECT h.room, h.last_seq, h.last_rev, me.read_seq, coalesce(me.read_turn, me.joined_at) AS read_turn,
                       me.level, me.muted
                FROM members me
                CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE room = me.room OFFSET 0) h
                WHERE me.\"user\" = $1";
    HEADS = "SELECT h.room AS head_room, h.last_seq, h.last_rev FROM room_heads h WHERE h.room = ANY ($1)";
    HEAD_FOR = "SELECT h.room AS head_room, h.last_seq, h.last_rev, me.read_seq FROM room_heads h
                LEFT JOIN LATERAL (SELECT * FROM members WHERE room = $1 AND \"user\" = $2 OFFSET 0) me ON TRUE
                WHERE h.room = $1";
    HEADS_OPEN = concat!(
        "SELECT h.room AS head_room, h.last_seq, h.last_rev FROM rooms r
         CROSS JOIN LATERAL (SELECT * FROM room_heads WHERE room = r.id OFFSET 0) h
         LEFT JOIN LATERAL (SELECT * FROM members WHERE room = r.id AND \"user\" = $1 OFFSET 0) me ON TRUE
         WHERE ", open_to!(), "
         ORDER BY r.name_key, r.id LIMIT 200"
    );
    MEMBERSHIP = "SELECT read_seq FROM members WHERE room = $1 AND \"user\" = $2";
    PAGE_MEMBERS = concat!(
        "SELECT ", user_columns!(), " FROM members m
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.\"user\" OFFSET 0) u
         WHERE m.room = $1 AND m.username_key > $2 ORDER BY m.username_key LIMIT $3"
    );
    COUNT_MEMBERS = "SELECT count(*) FROM members WHERE room = $1";
}

#[async_trait]
impl Rooms for PostgresStore {
    async fn room(&self, id: RoomId) -> Stored<Option<RoomRecord>> {
        timed("room", async {
            let query = || BY_ID.read::<Read<RoomRecord>>().bind(id.0);
            Ok(self.pool.optional(query).await?.map(|Read(room)| room))
        })
        .await
    }

    async fn room_by_slug(&self, slug: &str) -> Stored<Option<RoomRecord>> {
        timed("room_by_slug", async {
            let slug = sought(slug);
            let query = || BY_SLUG.read::<Read<RoomRecord>>().bind(&slug);
            Ok(self.pool.optional(query).await?.map(|Read(room)| room))
        })
        .await
    }

    async fn room_of(&self, id: RoomId, user: UserId) -> Stored<Option<Room>> {
        timed("room_of", async {
            let query = || SEEN_ONE.read::<Read<Seen>>().bind(user.0).bind(id.0);
            let Some(Read(mut seen)) = self.pool.optional(query).await? else {
                return Ok(None);
            };
            if seen.room.kind == RoomKind::Direct {
                let query = || PEOPLE_OF_ONE.read::<Read<(RoomId, Author)>>().bind(id.0);
                let people = all(self.pool.rows(query).await?);
                introduce(std::slice::from_mut(&mut seen), people, user);
            }
            Ok(Some(seen.room))
        })
        .await
    }

    async fn rooms_of(&self, user: UserId) -> Stored<Vec<Room>> {
        timed("rooms_of", async {
            let query = || SEEN_MEMBER.read::<Read<Seen>>().bind(user.0);
            let mut rooms = all(self.pool.rows(query).await?);
            if rooms.iter().any(|seen| seen.room.kind == RoomKind::Direct) {
                let query = || PEOPLE_OF_DIRECT.read::<Read<(RoomId, Author)>>().bind(user.0);
                introduce(&mut rooms, all(self.pool.rows(query).await?), user);
            }
            Ok(in_order(rooms))
        })
        .await
    }

    async fn rooms_open_to(&self, user: UserId) -> Stored<Vec<Room>> {
        timed("rooms_open_to", async {
            let query = || SEEN_OPEN.read::<Read<Seen>>().bind(user.0);
            let rooms = all(self.pool.rows(query).await?);
            Ok(rooms.into_iter().map(|seen| seen.room).collect())
        })
        .await
    }

    async fn heads_of(&self, user: UserId) -> Stored<Vec<RoomHead>> {
        timed("heads_of", async {
            let query = || HEADS_OF.read::<Read<RoomHead>>().bind(user.0);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn heads(&self, rooms: &[RoomId]) -> Stored<Vec<Head>> {
        timed("heads", async {
            let rooms: Vec<Uuid> = rooms.iter().map(|room| room.0).collect();
            let query = || HEADS.read::<Read<Head>>().bind(&rooms);
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn head_for(&self, room: RoomId, user: UserId) -> Stored<Option<(Head, Option<Membership>)>> {
        timed("head_for", async {
            let query = || {
                HEAD_FOR
                    .read::<Read<(Head, Option<Membership>)>>()
                    .bind(room.0)
                    .bind(user.0)
            };
            Ok(self.pool.optional(query).await?.map(|Read(found)| found))
        })
        .await
    }

    async fn heads_open_to(&self, user: UserId) -> Stored<Vec<Head>> {
        timed("heads_open_to", async {
            let query = || HEADS_OPEN.read::<Read<Head>>().bind(user.0);
            Ok(all(self.pool.rows(query).await?))
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
            let query = || MEMBERSHIP.read::<(i64,)>().bind(room.0).bind(user.0);
            let found = self.pool.optional(query).await?;
            Ok(found.map(|(read_seq,)| Membership {
                read_seq: unsigned(read_seq),
            }))
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
            let after = sought_key(after.unwrap_or_default());
            let query = || {
                PAGE_MEMBERS
                    .read::<Read<User>>()
                    .bind(room.0)
                    .bind(&after)
                    .bind(integer(limit))
            };
            Ok(all(self.pool.rows(query).await?))
        })
        .await
    }

    async fn count_members(&self, room: RoomId) -> Stored<u64> {
        timed("count_members", async {
            let query = || COUNT_MEMBERS.read::<(i64,)>().bind(room.0);
            let counted = self.pool.optional(query).await?;
            Ok(counted.map_or(0, |(count,)| unsigned(count)))
        })
        .await
    }
}
