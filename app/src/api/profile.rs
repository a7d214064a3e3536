//! Forms of `/settings`: profile, password, sessions.

use backend::{account::Doorstep, store::ProfileEdit};
use chat::Code;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, refused, signed_in};
use crate::{
    address::Address,
    visit::{backend, visit},
};

/// Changes the caller's profile.
#[server(prefix = "/fn", endpoint = "edit_profile", protocol = Form)]
pub(crate) async fn edit_profile(
    #[server(default)] display_name: String,
    #[server(default)] title: String,
    #[server(default)] pronouns: String,
    #[server(default)] time_zone: String,
) -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let edit = ProfileEdit {
            display_name: Some(display_name.clone()),
            title: Some(title.clone()),
            pronouns: Some(pronouns.clone()),
            time_zone: Some(time_zone.clone()),
        };
        backend().edit_profile(&caller, edit).await.map_err(|problem| {
            let form = refused("/settings", &problem).with("display_name", &display_name);
            let form = form.with("title", &title).with("pronouns", &pronouns);
            Answer::see(form.with("time_zone", &time_zone))
        })?;
        Ok(Answer::see(Address::new("/settings").with("done", "profile")))
    })
    .await
}

/// Takes the caller's picture away.
#[server(prefix = "/fn", endpoint = "remove_avatar", protocol = Form)]
pub(crate) async fn remove_avatar() -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let removed = backend().remove_avatar(&caller).await;
        removed.map_err(|problem| back("/settings", &problem))?;
        Ok(Answer::see(Address::new("/settings")))
    })
    .await
}

/// Gives the caller another password, and this browser a new session.
#[server(prefix = "/fn", endpoint = "change_password", protocol = Form)]
pub(crate) async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] new_password: String,
) -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let visit = visit();
        let from = Doorstep {
            address: &visit.address,
            agent: &visit.agent,
        };
        let signed_in = backend()
            .change_password(&caller, current_password, new_password, from)
            .await
            .map_err(|problem| back("/settings", &problem))?;
        let done = Address::new("/settings").with("done", "password");
        Ok(Answer::see(done).with_cookie(visit.cookie.set(&signed_in.secret)))
    })
    .await
}

/// Ends one of the caller's sessions.
#[server(prefix = "/fn", endpoint = "end_session", protocol = Form)]
pub(crate) async fn end_session(#[server(default)] session: String) -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let refuse = |problem| back("/settings", &problem);
        let session = session
            .parse()
            .map_err(|_| refuse(Code::SessionNotFound.into()))?;
        backend().end_session(&caller, session).await.map_err(refuse)?;
        Ok(Answer::see(Address::new("/settings")))
    })
    .await
}

/// Signs the caller out everywhere, here included.
#[server(prefix = "/fn", endpoint = "sign_out_everywhere", protocol = Form)]
pub(crate) async fn sign_out_everywhere() -> Answered {
    answer(async move {
        let caller = signed_in("/")?;
        backend()
            .sign_out_everywhere(&caller)
            .await
            .map_err(|problem| back("/settings", &problem))?;
        Ok(Answer::see(Address::new("/")).with_cookie(visit().cookie.clear()))
    })
    .await
}
