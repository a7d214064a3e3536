//! The rules of rooms: their settings, and who is sent out or kept out.

use std::sync::Arc;

use chat::{
    AuditId, Code, Problem, Room, RoomId, UserId,
    audit::Deed,
    permission::Action,
    quota::Quota,
    room::{BAN_REASON_CHARS_MAX, GENERAL, SLOW_S_MAX},
    user::line,
};

use crate::{
    Backend, Caller, Event, Result,
    audit::entry,
    room::{check_name, check_topic, plain_name},
    stamp::{new_id, now},
    store::{Ban, Expelled, Expulsion, RoomChange, RoomChanged, RoomEdit},
};

/// The most bans of a page.
pub const BANS_LIMIT_MAX: u64 = 100;

/// One page of those who must stay out of a room.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BanPage {
    /// By the user's id.
    pub bans: Vec<Ban>,
    /// What to ask the next page with; `None`: this is the last one.
    pub next_cursor: Option<UserId>,
}

impl Backend {
    /// Changes a channel's settings; gives the room as the caller sees it then. Its address stays, whatever it is called:
    /// permalinks hold.
    ///
    /// # Errors
    /// `invalid` with the field at fault, `room_not_found`, `not_a_member`, `forbidden`, `room_archived`, `room_exists`
    /// where another channel has the address of the new name, `too_fast`, `unavailable`.
    pub async fn change_room(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        edit: RoomEdit,
    ) -> Result<Room> {
        let edit = check_edit(edit)?;
        self.limit_changes(caller).await?;
        self.check_new_settings(room, &edit).await?;
        let by = caller.id();
        let change = RoomChange {
            room,
            by,
            at: now(),
            edit,
            entry: AuditId(new_id()),
        };
        self.carry_through(move |backend| async move {
            match backend.store.change_room(change).await? {
                RoomChanged::Changed => {
                    backend.forget_room(room).await;
                    backend.bus.publish(Event::RoomChanged { room }).await;
                }
                RoomChanged::Kept => {}
                refused => return Err(refusal(refused)),
            }
            backend.view_room(by, room).await
        })
        .await
    }

    /// What depends on more than the room and the caller: the room for everybody stays open, and two channels do not
    /// share a name.
    async fn check_new_settings(&self, room: RoomId, edit: &RoomEdit) -> Result<()> {
        let record = self.room_record(room).await?;
        if record.slug == GENERAL && edit.archived == Some(true) {
            return Err(Problem::because(Code::Forbidden, "Everyone stays in #general"));
        }
        let Some(name) = &edit.name else { return Ok(()) };
        let slug = check_name(name)?;
        if slug != record.slug && self.store.room_by_slug(&slug).await?.is_some() {
            return Err(Code::RoomExists.into());
        }
        Ok(())
    }

    /// Sends a member out of a channel, and with a reason (which may be empty) bans the user from it.
    ///
    /// # Errors
    /// `invalid` for the reason, `room_not_found`, `not_a_member`, `forbidden` for those who are not below the caller and
    /// for the room that everybody is in, `user_not_found`, `room_archived`, `too_fast`, `unavailable`.
    pub async fn expel_member(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        user: UserId,
        ban: Option<String>,
    ) -> Result<()> {
        let rule = "must have at most 250 characters and no control characters";
        let ban = match ban {
            Some(reason) => {
                let reason = line(&reason, BAN_REASON_CHARS_MAX);
                Some(reason.ok_or_else(|| Problem::invalid("reason", rule))?)
            }
            None => None,
        };
        self.limit_changes(caller).await?;
        if self.room_record(room).await?.slug == GENERAL {
            return Err(Problem::because(Code::Forbidden, "Everyone stays in #general"));
        }
        let expulsion = Expulsion {
            room,
            user,
            by: caller.id(),
            at: now(),
            ban,
            entry: AuditId(new_id()),
        };
        self.carry_through(move |backend| async move {
            match backend.store.expel(expulsion).await? {
                // Also where the user was no member: a public channel may be open somewhere.
                Expelled::Done { .. } => backend.bus.publish(Event::Left { room, user }).await,
                Expelled::Kept => {}
                Expelled::UserNotFound => return Err(Code::UserNotFound.into()),
                Expelled::Refused(refused) => return Err(refusal(refused)),
            }
            Ok(())
        })
        .await
    }

    /// Lets a user who was banned come back.
    ///
    /// # Errors
    /// Those of [`Backend::expel_member`].
    pub async fn lift_ban(self: &Arc<Self>, caller: &Caller, room: RoomId, user: UserId) -> Result<()> {
        self.limit_changes(caller).await?;
        let entry = entry(caller, Deed::Unbanned, Some(user), Some(room), "");
        match self.store.lift_ban(room, user, entry).await? {
            Expelled::Done { .. } | Expelled::Kept => Ok(()),
            Expelled::UserNotFound => Err(Code::UserNotFound.into()),
            Expelled::Refused(refused) => Err(refusal(refused)),
        }
    }

    /// Who must stay out of a room; for those who may say so.
    ///
    /// # Errors
    /// `room_not_found`, `not_a_member`, `forbidden`, `unavailable`.
    pub async fn list_bans(
        &self,
        caller: &Caller,
        room: RoomId,
        limit: u64,
        after: Option<UserId>,
    ) -> Result<BanPage> {
        self.allow(caller, room, Action::Expel).await?;
        let limit = limit.clamp(1, BANS_LIMIT_MAX);
        let mut bans = self.store.page_bans(room, after, limit + 1).await?;
        let more = bans.len() as u64 > limit;
        bans.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let last = bans.last().map(|ban| ban.user.id);
        Ok(BanPage {
            bans,
            next_cursor: last.filter(|_| more),
        })
    }

    pub(crate) async fn limit_changes(&self, caller: &Caller) -> Result<()> {
        self.limiter
            .take(Quota::Change, &caller.id().to_string())
            .await
            .allowed()
    }
}

fn check_edit(edit: RoomEdit) -> Result<RoomEdit> {
    let RoomEdit {
        name,
        topic,
        description,
        slow_s,
        archived,
    } = edit;
    if let Some(name) = &name {
        check_name(name)?;
    }
    let rule = "must have at most 2,000 characters and no control characters";
    let described = description
        .map(|text| chat::room::description(&text).ok_or_else(|| Problem::invalid("description", rule)));
    if slow_s.is_some_and(|seconds| seconds > SLOW_S_MAX) {
        return Err(Problem::invalid("slow_s", "must be at most 21600"));
    }
    Ok(RoomEdit {
        name: name.as_deref().map(plain_name),
        topic: topic.as_deref().map(check_topic).transpose()?,
        description: described.transpose()?,
        slow_s,
        archived,
    })
}

fn refusal(refused: RoomChanged) -> Problem {
    match refused {
        RoomChanged::NotFound => Code::RoomNotFound,
        RoomChanged::NotAMember => Code::NotAMember,
        RoomChanged::Archived => Code::RoomArchived,
        RoomChanged::Forbidden | RoomChanged::Changed | RoomChanged::Kept => Code::Forbidden,
    }
    .into()
}
