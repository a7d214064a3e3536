//! How rooms begin, and how people come into them.

use chat::{RoomId, RoomKind, Timestamp, UserId};

use super::{
    Operation, Transaction,
    statement::{Statement, both, ids, statements},
};
use crate::store::{
    ChannelCreated, NewChannel, StoreError, Stored,
    rows::{kind_name, pack},
};

statements! {
    /// Inserts nothing where its address or its people have a room.
    INSERT = Statement {
        sqlite: "INSERT INTO rooms (id, kind, slug, name, name_key, topic, private, direct_key, created_by, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING;
                 INSERT INTO room_heads (room, last_seq, last_rev, last_at)
                 SELECT $1, 0, 0, $10 WHERE EXISTS (SELECT 1 FROM rooms WHERE id = $1)",
        postgres: "WITH room AS (
                       INSERT INTO rooms (id, kind, slug, name, name_key, topic, private, direct_key, created_by,
                                          created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                       ON CONFLICT DO NOTHING
                       RETURNING id, created_at
                   )
                   INSERT INTO room_heads (room, last_seq, last_rev, last_at)
                   SELECT id, 0, 0, created_at FROM room",
    };
    DIRECT = both("SELECT id FROM rooms WHERE direct_key = $1");
    /// Gives those who were not members yet. In order, so that two that add the same people do not wait for each
    /// other.
    JOIN = Statement {
        sqlite: "INSERT INTO members (room, user, username_key, read_seq, joined_at)
                 SELECT h.room, u.id, u.username_key, h.last_seq, $3
                 FROM json_each($2) j CROSS JOIN users u ON u.id = unhex(j.value) CROSS JOIN room_heads h
                 WHERE h.room = $1 AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = $1 AND b.user = u.id)
                 ON CONFLICT (room, user) DO NOTHING
                 RETURNING user",
        postgres: "INSERT INTO members (room, \"user\", username_key, read_seq, joined_at)
                   SELECT h.room, u.id, u.username_key, h.last_seq, $3
                   FROM users u CROSS JOIN room_heads h
                   WHERE h.room = $1 AND u.id = ANY ($2)
                     AND (SELECT b.room FROM bans b WHERE b.room = $1 AND b.\"user\" = u.id) IS NULL
                   ORDER BY u.id
                   ON CONFLICT (room, \"user\") DO NOTHING
                   RETURNING \"user\"",
    };
    LEAVE = both("DELETE FROM members WHERE room = $1 AND \"user\" = $2");
}

/// A room to insert.
pub(super) struct NewRoom<'a> {
    pub(super) id: RoomId,
    pub(super) kind: RoomKind,
    pub(super) slug: &'a str,
    pub(super) name: &'a str,
    pub(super) topic: &'a str,
    pub(super) private: bool,
    /// The ids of the people of a direct room.
    pub(super) direct_key: Option<Vec<u8>>,
    pub(super) created_by: Option<UserId>,
    pub(super) created_at: Timestamp,
}

impl NewRoom<'_> {
    /// Inserts it, empty; false: its address or its people have a room already.
    pub(super) async fn insert(self, tx: &mut impl Transaction) -> Stored<bool> {
        let query = INSERT.bind(self.id.0).bind(kind_name(self.kind)).bind(self.slug);
        let query = query.bind(self.name).bind(self.name.to_lowercase());
        let query = query.bind(self.topic).bind(self.private).bind(self.direct_key);
        let query = query.bind(self.created_by.map(|user| user.0));
        Ok(tx.execute(query.bind(self.created_at.0)).await? > 0)
    }
}

/// Creates a channel with its creator as the first member; false: its address is taken.
pub(super) async fn create_channel(channel: &NewChannel, tx: &mut impl Transaction) -> Stored<bool> {
    let room = NewRoom {
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
    if !room.insert(tx).await? {
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
    tx: &mut impl Transaction,
) -> Stored<Vec<UserId>> {
    let users = ids(users.into_iter().map(|user| user.0));
    let joined = tx.column(JOIN.bind(room.0).bind(users).bind(at.0)).await?;
    Ok(joined.into_iter().map(UserId).collect())
}

/// Creates a channel.
pub(in crate::store) struct CreateChannel(pub(in crate::store) NewChannel);

impl Operation for CreateChannel {
    type Output = ChannelCreated;
    const NAME: &'static str = "create_channel";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<ChannelCreated> {
        Ok(match create_channel(&self.0, tx).await? {
            true => ChannelCreated::Created,
            false => ChannelCreated::Taken,
        })
    }
}

/// Opens the direct room of a few people; gives it, and whether it is new.
pub(in crate::store) struct OpenDirect {
    id: RoomId,
    /// Ascending, each once.
    users: Vec<UserId>,
    at: Timestamp,
}

impl OpenDirect {
    /// `id` is the room's where it is new.
    pub(in crate::store) fn new(id: RoomId, users: &[UserId], at: Timestamp) -> Self {
        let mut users = users.to_vec();
        users.sort_unstable();
        users.dedup();
        Self { id, users, at }
    }
}

impl Operation for OpenDirect {
    type Output = (RoomId, bool);
    const NAME: &'static str = "open_direct";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<(RoomId, bool)> {
        let direct_key = pack(self.users.iter().copied());
        if let Some(room) = found(&direct_key, tx).await? {
            return Ok((room, false));
        }
        let room = NewRoom {
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
        if room.insert(tx).await? {
            join(self.id, self.users.iter().copied(), self.at, tx).await?;
            return Ok((self.id, true));
        }
        // Someone else was quicker, and has committed: the insertion waited for that.
        let room = found(&direct_key, tx).await?;
        let room = room.ok_or_else(|| StoreError::failed("the id of a new room is taken"))?;
        Ok((room, false))
    }
}

/// The direct room of these people.
async fn found(direct_key: &[u8], tx: &mut impl Transaction) -> Stored<Option<RoomId>> {
    let query = DIRECT.bind(Some(direct_key.to_vec()));
    Ok(tx.cell(query).await?.map(RoomId))
}

/// Makes people members; gives those who were not yet.
pub(in crate::store) struct AddMembers {
    pub(in crate::store) room: RoomId,
    pub(in crate::store) users: Vec<UserId>,
    pub(in crate::store) at: Timestamp,
}

impl Operation for AddMembers {
    type Output = Vec<UserId>;
    const NAME: &'static str = "add_members";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Vec<UserId>> {
        join(self.room, self.users.iter().copied(), self.at, tx).await
    }
}

/// Takes a member out; false: there was none.
pub(in crate::store) struct RemoveMember {
    pub(in crate::store) room: RoomId,
    pub(in crate::store) user: UserId,
}

impl Operation for RemoveMember {
    type Output = bool;
    const NAME: &'static str = "remove_member";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<bool> {
        Ok(tx.execute(LEAVE.bind(self.room.0).bind(self.user.0)).await? > 0)
    }
}
