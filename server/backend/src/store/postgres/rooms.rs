//! Rooms and who is in them.

use async_trait::async_trait;
use chat::{Author, Room, RoomId, RoomKind, Timestamp, User, UserId, wire::RoomHead};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{Read, all, integer, kind_name, pack, room_columns, sought, sought_key, unsigned, user_columns},
    statement::statements,
};
use crate::store::{
    ChannelCreated, Head, Membership, NewChannel, RoomRecord, Rooms, StoreError, Stored,
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
    /// Gives the room, where neither its address nor its people have one.
    INSERT_ROOM = "WITH room AS (
                       INSERT INTO rooms (id, kind, slug, name, name_key, topic, private, direct_key, created_by,
                                          created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                       ON CONFLICT DO NOTHING
                       RETURNING id, created_at
                   )
                   INSERT INTO room_heads (room, last_seq, last_rev, last_at)
                   SELECT id, 0, 0, created_at FROM room
                   RETURNING room";
    DIRECT = "SELECT id FROM rooms WHERE direct_key = $1";
    /// Gives those who were not members yet. In order, so that two that add the same people do not wait for each
    /// other.
    JOIN = "INSERT INTO members (room, \"user\", username_key, read_seq, joined_at)
            SELECT h.room, u.id, u.username_key, h.last_seq, $3
            FROM users u CROSS JOIN room_heads h
            WHERE h.room = $1 AND u.id = ANY ($2)
              AND (SELECT b.room FROM bans b WHERE b.room = $1 AND b.\"user\" = u.id) IS NULL
            ORDER BY u.id
            ON CONFLICT (room, \"user\") DO NOTHING
            RETURNING \"user\"";
    LEAVE = "DELETE FROM members WHERE room = $1 AND \"user\" = $2";
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
        timed("create_channel", self.pool.run(&CreateChannel(channel))).await
    }

    async fn open_direct(&self, id: RoomId, users: &[UserId], at: Timestamp) -> Stored<(RoomId, bool)> {
        let mut users = users.to_vec();
        users.sort_unstable();
        users.dedup();
        timed("open_direct", self.pool.run(&OpenDirect { id, users, at })).await
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
        let joining = AddMembers {
            room,
            users: users.to_vec(),
            at,
        };
        timed("add_members", self.pool.run(&joining)).await
    }

    async fn remove_member(&self, room: RoomId, user: UserId) -> Stored<bool> {
        timed("remove_member", self.pool.run(&RemoveMember { room, user })).await
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
    /// False: the address or the people have a room already.
    pub(super) async fn execute(self, tx: &mut PgConnection) -> Stored<bool> {
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
        let query = query
            .bind(self.created_by.map(|user| user.0))
            .bind(self.created_at.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}

/// Creates a channel with its creator as the first member; false: its address is taken.
pub(super) async fn create_channel(channel: &NewChannel, tx: &mut PgConnection) -> Stored<bool> {
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
    if !room.execute(&mut *tx).await? {
        return Ok(false);
    }
    join(channel.id, [channel.creator], channel.created_at, tx).await?;
    Ok(true)
}

/// Makes `users` members who have read everything; gives those who were not yet.
pub(super) async fn join(
    room: RoomId,
    users: impl IntoIterator<Item = UserId>,
    at: Timestamp,
    tx: &mut PgConnection,
) -> Stored<Vec<UserId>> {
    let users: Vec<Uuid> = users.into_iter().map(|user| user.0).collect();
    let query = JOIN.scalar::<Uuid>().bind(room.0).bind(users);
    Ok(query
        .bind(at.0)
        .fetch_all(tx)
        .await?
        .into_iter()
        .map(UserId)
        .collect())
}

struct CreateChannel(NewChannel);

impl Work for CreateChannel {
    type Output = ChannelCreated;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<ChannelCreated> {
        Ok(if create_channel(&self.0, tx).await? {
            ChannelCreated::Created
        } else {
            ChannelCreated::Taken
        })
    }
}

struct OpenDirect {
    id: RoomId,
    /// Ascending, each once.
    users: Vec<UserId>,
    at: Timestamp,
}

impl Work for OpenDirect {
    type Output = (RoomId, bool);
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<(RoomId, bool)> {
        let direct_key = pack(self.users.iter().copied());
        if let Some(room) = found(&direct_key, tx).await? {
            return Ok((room, false));
        }
        let room = InsertRoom {
            id: self.id,
            kind: RoomKind::Direct,
            slug: &self.id.to_string(),
            name: "",
            topic: "",
            private: true,
            direct_key: Some(direct_key.clone()),
            created_by: None,
            created_at: self.at,
        };
        if room.execute(&mut *tx).await? {
            join(self.id, self.users.iter().copied(), self.at, tx).await?;
            return Ok((self.id, true));
        }
        // Someone else was quicker, and has committed: the insertion waited for that.
        let room = found(&direct_key, tx).await?;
        Ok((
            room.ok_or_else(|| StoreError::failed("the id of a new room is taken"))?,
            false,
        ))
    }
}

/// The direct room of these people.
async fn found(direct_key: &[u8], tx: &mut PgConnection) -> Stored<Option<RoomId>> {
    let query = DIRECT.scalar::<Uuid>().bind(direct_key);
    Ok(query.fetch_optional(tx).await?.map(RoomId))
}

struct AddMembers {
    room: RoomId,
    users: Vec<UserId>,
    at: Timestamp,
}

impl Work for AddMembers {
    type Output = Vec<UserId>;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Vec<UserId>> {
        join(self.room, self.users.iter().copied(), self.at, tx).await
    }
}

struct RemoveMember {
    room: RoomId,
    user: UserId,
}

impl Work for RemoveMember {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
        let query = LEAVE.query().bind(self.room.0).bind(self.user.0);
        Ok(query.execute(tx).await?.rows_affected() > 0)
    }
}
