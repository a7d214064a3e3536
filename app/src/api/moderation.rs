//! Forms of a channel's details and members: what it is about, its settings, who is sent out.

use backend::store::RoomEdit;
use chat::Code;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_room, parse_user, refused, signed_in};
use crate::{
    address::{self, Address},
    visit::backend,
};

/// Says what a channel is about.
#[server(prefix = "/fn", endpoint = "describe_room", protocol = Form)]
pub(crate) async fn describe_room(
    #[server(default)] room: String,
    #[server(default)] page: String,
    #[server(default)] topic: String,
    #[server(default)] description: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let room = parse_room(&room).map_err(|problem| back(page, &problem))?;
        let edit = RoomEdit {
            topic: Some(topic.clone()),
            description: Some(description),
            ..RoomEdit::default()
        };
        let changed = backend().change_room(&caller, room, edit).await;
        changed.map_err(|problem| Answer::see(refused(page, &problem).with("topic", &topic)))?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Gives a channel a name and a pace.
#[server(prefix = "/fn", endpoint = "configure_room", protocol = Form)]
pub(crate) async fn configure_room(
    #[server(default)] room: String,
    #[server(default)] page: String,
    #[server(default)] name: String,
    #[server(default)] slow_s: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let room = parse_room(&room).map_err(refuse)?;
        let slow_s = slow_s.parse().map_err(|_| refuse(Code::Malformed.into()))?;
        let edit = RoomEdit {
            name: Some(name),
            slow_s: Some(slow_s),
            ..RoomEdit::default()
        };
        let changed = backend().change_room(&caller, room, edit).await;
        changed.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Puts a channel away, or takes it out again.
#[server(prefix = "/fn", endpoint = "archive_room", protocol = Form)]
pub(crate) async fn archive_room(
    #[server(default)] room: String,
    #[server(default)] page: String,
    #[server(default)] archived: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let room = parse_room(&room).map_err(refuse)?;
        let edit = RoomEdit {
            archived: Some(!archived.is_empty()),
            ..RoomEdit::default()
        };
        let changed = backend().change_room(&caller, room, edit).await;
        changed.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Sends a member out of a channel; with `ban` for good.
#[server(prefix = "/fn", endpoint = "expel_member", protocol = Form)]
pub(crate) async fn expel_member(
    #[server(default)] room: String,
    #[server(default)] user: String,
    #[server(default)] page: String,
    #[server(default)] ban: String,
    #[server(default)] reason: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let (room, user) = (
            parse_room(&room).map_err(refuse)?,
            parse_user(&user).map_err(refuse)?,
        );
        let ban = (!ban.is_empty()).then_some(reason);
        let expelled = backend().expel_member(&caller, room, user, ban).await;
        expelled.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Lets someone who was banned come back.
#[server(prefix = "/fn", endpoint = "lift_ban", protocol = Form)]
pub(crate) async fn lift_ban(
    #[server(default)] room: String,
    #[server(default)] user: String,
    #[server(default)] page: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let (room, user) = (
            parse_room(&room).map_err(refuse)?,
            parse_user(&user).map_err(refuse)?,
        );
        let lifted = backend().lift_ban(&caller, room, user).await;
        lifted.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}
