//! Rooms and who is in them.

use async_trait::async_trait;
use chat::{Author, Room, RoomId, RoomKind, Timestamp, User, UserId, wire::RoomHead};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, all, integer, json_ids, kind_name, pack, room_columns, user_columns},
    statement::statements,
    writer::Job,
};
use crate::store::{
    ChannelCreated, Head, Membership, NewChannel, RoomRecord, Rooms, Stored,
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
    INSERT_ROOM = "INSERT INTO rooms (id, kind, slug, name, name_key, topic, private, direct_key, created_by, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
                   INSERT INTO room_heads (room, last_seq, last_rev, last_at) VALUES (?1, 0, 0, ?10)";
    DIRECT = "SELECT id FROM rooms WHERE direct_key = ?1";
    /// Gives those who were not members yet.
    JOIN = "INSERT INTO members (room, user, username_key, read_seq, joined_at)
            SELECT h.room, u.id, u.username_key, h.last_seq, ?3
            FROM json_each(?2) j CROSS JOIN users u ON u.id = unhex(j.value) CROSS JOIN room_heads h
            WHERE h.room = ?1 AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = ?1 AND b.user = u.id)
            ON CONFLICT (room, user) DO NOTHING
            RETURNING user";
    LEAVE = "DELETE FROM members WHERE room = ?1 AND user = ?2";
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
        self.write(CreateChannel(channel)).await
    }

    async fn open_direct(&self, id: RoomId, users: &[UserId], at: Timestamp) -> Stored<(RoomId, bool)> {
        let mut users = users.to_vec();
        users.sort_unstable();
        users.dedup();
        self.write(OpenDirect { id, users, at }).await
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
        self.write(AddMembers {
            room,
            users: users.to_vec(),
            at,
        })
        .await
    }

    async fn remove_member(&self, room: RoomId, user: UserId) -> Stored<bool> {
        self.write(RemoveMember { room, user }).await
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

/// A room to insert, with its head.
pub(super) struct InsertRoom<'a> {
    pub(super) id: RoomId,
    pub(super) kind: RoomKind,
    pub(super) slug: &'a str,
    pub(super) name: &'a str,
    pub(super) topic: &'a str,
    pub(super) private: bool,
    pub(super) direct_key: Option<Vec<u8>>,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: Timestamp,
}

impl InsertRoom<'_> {
    pub(super) async fn execute(self, tx: &mut SqliteConnection) -> Stored<()> {
        let query = INSERT_ROOM
            .query()
            .bind(self.id.0)
            .bind(kind_name(self.kind))
            .bind(self.slug)
            .bind(self.name);
        let query = query
            .bind(self.name.to_lowercase())
            .bind(self.topic)
            .bind(self.private)
            .bind(self.direct_key);
        query
            .bind(self.created_by.map(|user| user.0))
            .bind(self.created_at.0)
            .execute(tx)
            .await?;
        Ok(())
    }
}

/// Creates a channel whose address is free, with its creator as the first member.
pub(super) async fn create_channel(channel: &NewChannel, tx: &mut SqliteConnection) -> Stored<()> {
    let room = InsertRoom {
        id: channel.id,
        kind: RoomKind::Channel,
        slug: &channel.slug,
        name: &channel.name,
        topic: &channel.topic,
        private: channel.private,
        direct_key: None,
        created_by: Some(channel.creator),
        created_at: channel.created_at,
    };
    room.execute(&mut *tx).await?;
    join(channel.id, [channel.creator], channel.created_at, tx).await?;
    Ok(())
}

/// Makes `users` members who have read everything; gives those who were not yet.
pub(super) async fn join(
    room: RoomId,
    users: impl IntoIterator<Item = UserId>,
    at: Timestamp,
    tx: &mut SqliteConnection,
) -> Stored<Vec<UserId>> {
    let query = JOIN
        .scalar::<Uuid>()
        .bind(room.0)
        .bind(json_ids(users.into_iter().map(|user| user.0)));
    Ok(query
        .bind(at.0)
        .fetch_all(tx)
        .await?
        .into_iter()
        .map(UserId)
        .collect())
}

struct CreateChannel(NewChannel);

impl Job for CreateChannel {
    type Output = ChannelCreated;
    const OP: &'static str = "create_channel";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<ChannelCreated> {
        let channel = &self.0;
        if BY_SLUG
            .query()
            .bind(&channel.slug)
            .fetch_optional(&mut *tx)
            .await?
            .is_some()
        {
            return Ok(ChannelCreated::Taken);
        }
        create_channel(channel, tx).await?;
        Ok(ChannelCreated::Created)
    }
}

struct OpenDirect {
    id: RoomId,
    /// Ascending, each once.
    users: Vec<UserId>,
    at: Timestamp,
}

impl Job for OpenDirect {
    type Output = (RoomId, bool);
    const OP: &'static str = "open_direct";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<(RoomId, bool)> {
        let direct_key = pack(self.users.iter().copied());
        let found: Option<Uuid> = DIRECT.scalar().bind(&direct_key).fetch_optional(&mut *tx).await?;
        if let Some(room) = found {
            return Ok((RoomId(room), false));
        }
        let room = InsertRoom {
            id: self.id,
            kind: RoomKind::Direct,
            slug: &self.id.to_string(),
            name: "",
            topic: "",
            private: true,
            direct_key: Some(direct_key),
            created_by: None,
            created_at: self.at,
        };
        room.execute(&mut *tx).await?;
        join(self.id, self.users.iter().copied(), self.at, tx).await?;
        Ok((self.id, true))
    }
}

struct AddMembers {
    room: RoomId,
    users: Vec<UserId>,
    at: Timestamp,
}

impl Job for AddMembers {
    type Output = Vec<UserId>;
    const OP: &'static str = "add_members";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Vec<UserId>> {
        join(self.room, self.users.iter().copied(), self.at, tx).await
    }
}

struct RemoveMember {
    room: RoomId,
    user: UserId,
}

impl Job for RemoveMember {
    type Output = bool;
    const OP: &'static str = "remove_member";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let query = LEAVE.query().bind(self.room.0).bind(self.user.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}
