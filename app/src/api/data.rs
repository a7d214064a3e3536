//! Forms of `/settings`: leaving without a trace.

use backend::account::Doorstep;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_user, signed_in};
use crate::{
    address::{self, Address},
    visit::{backend, visit},
};

/// Erases the visitor's own account.
#[server(prefix = "/fn", endpoint = "erase_me", protocol = Form)]
pub(crate) async fn erase_me(
    #[server(default)] password: String,
    #[server(default)] keep_messages: String,
) -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let visit = visit();
        let from = Doorstep {
            address: &visit.address,
            agent: &visit.agent,
        };
        let erased = backend()
            .erase_own(&caller, password, keep_messages.is_empty(), from)
            .await;
        erased.map_err(|problem| back("/settings", &problem))?;
        Ok(Answer::see(Address::new("/")).with_cookie(visit.cookie.clear()))
    })
    .await
}

/// Erases somebody else's account.
#[server(prefix = "/fn", endpoint = "erase_user", protocol = Form)]
pub(crate) async fn erase_user(
    #[server(default)] user: String,
    #[server(default)] keep_messages: String,
    #[server(default)] page: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/settings/people");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let user = parse_user(&user).map_err(refuse)?;
        let erased = backend()
            .erase_user(&caller, user, keep_messages.is_empty())
            .await;
        erased.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}
