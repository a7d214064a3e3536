//! Forms of a room's members: bring someone in, and leave.

use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_room, refused, signed_in};
use crate::{
    address::{self, Address},
    visit::backend,
};

/// Makes another person a member.
#[server(prefix = "/fn", endpoint = "invite_member", protocol = Form)]
pub(crate) async fn invite_member(
    #[server(default)] room: String,
    #[server(default)] page: String,
    #[server(default)] username: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let backend = backend();
        let refuse = |problem| Answer::see(refused(page, &problem).with("username", &username));
        let room = parse_room(&room).map_err(refuse)?;
        let name = username.trim().trim_start_matches('@');
        let user = backend.find_user(name).await.map_err(refuse)?;
        backend
            .invite_members(&caller, room, &[user.author.id])
            .await
            .map_err(refuse)?;
        Ok(Answer::see(
            Address::new(page).with("invited", &user.author.username),
        ))
    })
    .await
}

/// Ends the caller's membership.
#[server(prefix = "/fn", endpoint = "leave_room", protocol = Form)]
pub(crate) async fn leave_room(#[server(default)] room: String, #[server(default)] page: String) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let room = parse_room(&room).map_err(refuse)?;
        backend().leave_room(&caller, room).await.map_err(refuse)?;
        Ok(Answer::see(Address::new("/rooms")))
    })
    .await
}
