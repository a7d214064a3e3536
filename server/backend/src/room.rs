//! Rooms: find, create, join, leave, invite.

use std::{sync::Arc, time::Duration};

use chat::{
    Code, Problem, Role, Room, RoomId, RoomKind, UserId,
    permission::{Action, Service, Standing, may, may_serve},
    quota::Quota,
    room::{DIRECT_MEMBERS_MAX, GENERAL, INVITES_MAX, TOPIC_CHARS_MAX},
    user::line,
};

use crate::{
    Backend, Caller, Event, Result,
    cache::Key,
    stamp::{new_id, now},
    store::{ChannelCreated, Head, NewChannel, RoomRecord, StoreError},
    user::UserPage,
};

/// A room's own data under its id. It does not hold heads or members, which change all the time.
struct RoomKey(RoomId);

impl Key for RoomKey {
    type Value = RoomRecord;
    const NAME: &'static str = "room";
    const TTL: Duration = Duration::from_secs(300);

    fn key(&self) -> String {
        format!("room:{}", self.0)
    }
}

/// The proof that someone may read a room, as it was found a moment ago: one page asks several questions about its
/// room, and the rights need asking once.
#[derive(Clone, Copy, Debug)]
pub struct MayRead(RoomId);

impl MayRead {
    /// The room.
    #[must_use]
    pub const fn room(self) -> RoomId {
        self.0
    }
}

/// A channel to create, as it came in.
#[derive(Clone, Debug, Default)]
pub struct ChannelDraft {
    /// What to call it.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// Whether only members can see it.
    pub private: bool,
}

impl Backend {
    /// The rooms that the caller is a member of.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn own_rooms(&self, caller: &Caller) -> Result<Vec<Room>> {
        Ok(self.store.rooms_of(caller.id()).await?)
    }

    /// The caller's rooms, then the public channels that the caller could join.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list_rooms(&self, caller: &Caller) -> Result<Vec<Room>> {
        let mut rooms = self.store.rooms_of(caller.id()).await?;
        rooms.extend(self.store.rooms_open_to(caller.id()).await?);
        Ok(rooms)
    }

    /// The room at an address, as the caller sees it.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn find_room(&self, caller: &Caller, slug: &str) -> Result<(Room, MayRead)> {
        let record = self.store.room_by_slug(slug).await?.ok_or(Code::RoomNotFound)?;
        let room = self.view_room(caller.id(), record.id).await?;
        let may_read = self.may_read(caller, &room).await?;
        Ok((room, may_read))
    }

    /// The room of this id, as the caller sees it.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `banned`, `unavailable`.
    pub async fn get_room(&self, caller: &Caller, room: RoomId) -> Result<Room> {
        let room = self.view_room(caller.id(), room).await?;
        self.may_read(caller, &room).await?;
        Ok(room)
    }

    /// The proof that the caller, who sees `room` so, may read it.
    ///
    /// # Errors
    /// `not_a_member`, `banned`, `unavailable`.
    pub async fn may_read(&self, caller: &Caller, room: &Room) -> Result<MayRead> {
        let standing = self.standing_in(RoomRules::of(room), caller.id(), caller.role, room.member);
        check(Action::Read, standing.await?)?;
        Ok(MayRead(room.id))
    }

    /// Whether a user may read the room that he or she sees so, by what is known of the user now.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn sees(&self, user: UserId, room: &Room) -> Result<bool> {
        let Some(reader) = self.store.user(user).await? else {
            return Ok(false);
        };
        let standing = self.standing_in(RoomRules::of(room), user, reader.role, room.member);
        Ok(may(Action::Read, standing.await?))
    }

    /// Creates a channel; the caller is its first member.
    ///
    /// # Errors
    /// `invalid` with the fields at fault, `forbidden` for a guest, `room_exists`, `too_fast`, `unavailable`.
    pub async fn create_channel(self: &Arc<Self>, caller: &Caller, draft: ChannelDraft) -> Result<Room> {
        serve(caller, Service::CreateChannel)?;
        let new = check_draft(caller, draft)?;
        self.limiter
            .take(Quota::Room, &caller.id().to_string())
            .await
            .allowed()?;
        let (room, user) = (new.id, caller.id());
        self.carry_through(move |backend| async move {
            if backend.store.create_channel(new).await? == ChannelCreated::Taken {
                return Err(Code::RoomExists.into());
            }
            backend.tell_joined(room, &[user]).await;
            backend.view_room(user, room).await
        })
        .await
    }

    /// The direct room of the caller and these people; true: it was created now.
    ///
    /// # Errors
    /// `invalid` for nobody or too many, `forbidden` for a guest, `user_not_found`, `too_fast`, `unavailable`.
    pub async fn open_direct(self: &Arc<Self>, caller: &Caller, others: &[UserId]) -> Result<(Room, bool)> {
        let mut users = others.to_vec();
        users.push(caller.id());
        users.sort_unstable();
        users.dedup();
        if others.is_empty() || users.len() > DIRECT_MEMBERS_MAX {
            return Err(Problem::invalid("users", "must name 1 to 8 people"));
        }
        serve(caller, Service::BeginDirect)?;
        self.all_exist(&users).await?;
        self.limiter
            .take(Quota::Room, &caller.id().to_string())
            .await
            .allowed()?;
        let user = caller.id();
        self.carry_through(move |backend| async move {
            let (room, created) = backend.store.open_direct(RoomId(new_id()), &users, now()).await?;
            if created {
                backend.tell_joined(room, &users).await;
            }
            Ok((backend.view_room(user, room).await?, created))
        })
        .await
    }

    /// Makes the caller a member.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member` for a private room, `unavailable`.
    pub async fn join_room(self: &Arc<Self>, caller: &Caller, room: RoomId) -> Result<()> {
        self.allow(caller, room, Action::Join).await?;
        self.admit(room, vec![caller.id()]).await
    }

    /// Ends the caller's membership. Everyone stays in `#general`.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden` for a direct room and `#general`, `unavailable`.
    pub async fn leave_room(self: &Arc<Self>, caller: &Caller, room: RoomId) -> Result<()> {
        let record = self.allow(caller, room, Action::Leave).await?;
        if record.slug == GENERAL {
            return Err(Problem::because(Code::Forbidden, "Everyone stays in #general"));
        }
        let user = caller.id();
        self.carry_through(move |backend| async move {
            if backend.store.remove_member(room, user).await? {
                backend.bus.publish(Event::Left { room, user }).await;
            }
            Ok(())
        })
        .await
    }

    /// Makes other people members.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden` for a direct room, `invalid`, `user_not_found`, `unavailable`.
    pub async fn invite_members(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        users: &[UserId],
    ) -> Result<()> {
        self.allow(caller, room, Action::Invite).await?;
        if !(1..=INVITES_MAX).contains(&users.len()) {
            return Err(Problem::invalid("users", "must name 1 to 100 people"));
        }
        self.all_exist(users).await?;
        if !self.store.banned(room, users).await?.is_empty() {
            return Err(Problem::because(
                Code::Banned,
                "Somebody named was banned from the room",
            ));
        }
        self.admit(room, users.to_vec()).await
    }

    /// A room's members by username, with their status.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn list_members(
        &self,
        caller: &Caller,
        room: RoomId,
        limit: u64,
        cursor: Option<&str>,
    ) -> Result<UserPage> {
        self.allow(caller, room, Action::Read).await?;
        self.page_members(MayRead(room), limit, cursor).await
    }

    /// The same for whoever has shown the right to read the room.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn page_members(&self, room: MayRead, limit: u64, cursor: Option<&str>) -> Result<UserPage> {
        let limit = limit.clamp(1, crate::user::PAGE_LIMIT_MAX);
        let users = self.store.page_members(room.0, cursor, limit + 1).await?;
        self.user_page(users, limit).await
    }

    /// How many members a room has.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn count_members(&self, room: MayRead) -> Result<u64> {
        Ok(self.store.count_members(room.0).await?)
    }

    /// The room as `user` sees it now.
    ///
    /// # Errors
    /// `room_not_found`, `unavailable`.
    pub async fn view_room(&self, user: UserId, room: RoomId) -> Result<Room> {
        Ok(self.store.room_of(room, user).await?.ok_or(Code::RoomNotFound)?)
    }

    /// The room, if the caller may do `action` in it: the one place where rights in rooms are checked.
    ///
    /// # Errors
    /// `room_not_found`; `not_a_member` or, for a member, `forbidden`; `unavailable`.
    pub async fn allow(&self, caller: &Caller, room: RoomId, action: Action) -> Result<RoomRecord> {
        let record = self.room_record(room).await?;
        let member = self.store.membership(room, caller.id()).await?.is_some();
        let standing = self.standing_in(RoomRules::from(&record), caller.id(), caller.role, member);
        check(action, standing.await?)?;
        Ok(record)
    }

    /// Where a room stands, if the caller may read it: one question to the store for both.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `unavailable`.
    pub async fn read_head(&self, caller: &Caller, room: RoomId) -> Result<Head> {
        let record = self.room_record(room).await?;
        let (head, membership) = self
            .store
            .head_for(room, caller.id())
            .await?
            .ok_or(Code::RoomNotFound)?;
        let rules = RoomRules::from(&record);
        let standing = self.standing_in(rules, caller.id(), caller.role, membership.is_some());
        check(Action::Read, standing.await?)?;
        Ok(head)
    }

    /// How someone stands to a room. Bans matter only where others than members see anything: there they are asked for.
    async fn standing_in(
        &self,
        rules: RoomRules,
        user: UserId,
        role: Role,
        member: bool,
    ) -> Result<Standing> {
        let banned = !member && !rules.private && self.store.is_banned(rules.room, user).await?;
        Ok(Standing {
            kind: rules.kind,
            private: rules.private,
            archived: rules.archived,
            member,
            banned,
            creator: rules.created_by == Some(user),
            role,
            own: false,
        })
    }

    /// What is kept of a room is not true any more.
    pub(crate) async fn forget_room(&self, room: RoomId) {
        self.cache.forget(&RoomKey(room)).await;
    }

    pub(crate) async fn room_record(&self, room: RoomId) -> Result<RoomRecord> {
        let load = || async { self.store.room(room).await };
        let record = self
            .cache
            .load::<_, StoreError, _, _>(&RoomKey(room), load)
            .await?;
        Ok(record.ok_or(Code::RoomNotFound)?)
    }

    async fn admit(self: &Arc<Self>, room: RoomId, users: Vec<UserId>) -> Result<()> {
        self.carry_through(move |backend| async move {
            let joined = backend.store.add_members(room, &users, now()).await?;
            backend.tell_joined(room, &joined).await;
            Ok(())
        })
        .await
    }

    /// Tells that these users are members now.
    pub(crate) async fn tell_joined(&self, room: RoomId, users: &[UserId]) {
        for user in users {
            self.bus.publish(Event::Joined { room, user: *user }).await;
        }
    }

    async fn all_exist(&self, users: &[UserId]) -> Result<()> {
        let known = self.store.users_by_ids(users).await?;
        let missing = users
            .iter()
            .find(|id| !known.iter().any(|author| author.id == **id));
        missing.map_or(Ok(()), |_| Err(Code::UserNotFound.into()))
    }
}

/// What rights in a room depend on.
#[derive(Clone, Copy)]
struct RoomRules {
    room: RoomId,
    kind: RoomKind,
    private: bool,
    archived: bool,
    created_by: Option<UserId>,
}

impl RoomRules {
    const fn of(room: &Room) -> Self {
        Self {
            room: room.id,
            kind: room.kind,
            private: room.private,
            archived: room.archived,
            created_by: room.created_by,
        }
    }
}

impl From<&RoomRecord> for RoomRules {
    fn from(record: &RoomRecord) -> Self {
        Self {
            room: record.id,
            kind: record.kind,
            private: record.private,
            archived: record.archived,
            created_by: record.created_by,
        }
    }
}

fn check(action: Action, standing: Standing) -> Result<()> {
    let unarchived = Standing {
        archived: false,
        ..standing
    };
    match may(action, standing) {
        true => Ok(()),
        false if may(action, unarchived) => Err(Code::RoomArchived.into()),
        false if standing.member => Err(Code::Forbidden.into()),
        false if standing.banned => Err(Code::Banned.into()),
        false => Err(Code::NotAMember.into()),
    }
}

/// Whether the caller may do this for the workspace at large.
///
/// # Errors
/// `forbidden`.
pub(crate) fn serve(caller: &Caller, service: Service) -> Result<()> {
    may_serve(service, caller.role)
        .then_some(())
        .ok_or_else(|| Code::Forbidden.into())
}

fn check_draft(caller: &Caller, draft: ChannelDraft) -> Result<NewChannel> {
    let ChannelDraft { name, topic, private } = draft;
    let slug = check_name(&name)?;
    let topic = check_topic(&topic)?;
    Ok(NewChannel {
        id: RoomId(new_id()),
        slug,
        name: plain_name(&name),
        topic,
        private,
        creator: caller.id(),
        created_at: now(),
    })
}

/// The address that a channel of this name gets.
pub(crate) fn check_name(name: &str) -> Result<String> {
    let rule = "must have 1 to 64 characters, at least one of them a letter or digit";
    chat::room::slug(name).ok_or_else(|| Problem::invalid("name", rule))
}

/// A name as it is stored.
pub(crate) fn plain_name(name: &str) -> String {
    name.trim().trim_start_matches('#').trim().to_owned()
}

/// A topic as it is stored.
pub(crate) fn check_topic(topic: &str) -> Result<String> {
    let rule = "must have at most 250 characters and no control characters";
    line(topic, TOPIC_CHARS_MAX).ok_or_else(|| Problem::invalid("topic", rule))
}
