//! Forms of `/register`, `/login` and `/settings`: come in and go out.

use backend::account::{Doorstep, Registration, SignedIn};
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, refused, signed_in};
use crate::{
    address::{Address, local},
    visit::{Visit, backend, visit},
};

/// Creates an account and signs it in.
#[server(prefix = "/fn", endpoint = "register", protocol = Form)]
pub(crate) async fn register(
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] display_name: String,
    #[server(default)] invite: String,
    #[server(default)] next: String,
) -> Answered {
    answer(async move {
        let registration = Registration {
            username: username.clone(),
            password,
            display_name: Some(display_name.clone()),
            invite: Some(invite.clone()),
        };
        let signed_in = backend()
            .register(registration, from(&visit()))
            .await
            .map_err(|problem| {
                let form = refused("/register", &problem).with("username", &username);
                let form = form.with("display_name", &display_name).with("invite", &invite);
                Answer::see(form.with("next", &next))
            })?;
        Ok(welcome(&signed_in, &next))
    })
    .await
}

/// Signs a browser in.
#[server(prefix = "/fn", endpoint = "sign_in", protocol = Form)]
pub(crate) async fn sign_in(
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Answered {
    answer(async move {
        let refuse = |problem| {
            Answer::see(
                refused("/login", &problem)
                    .with("username", &username)
                    .with("next", &next),
            )
        };
        let visit = visit();
        let signed_in = backend()
            .sign_in(&username, password, from(&visit), visit.caller.as_ref())
            .await
            .map_err(refuse)?;
        Ok(welcome(&signed_in, &next))
    })
    .await
}

/// Ends the browser's session.
#[server(prefix = "/fn", endpoint = "sign_out", protocol = Form)]
pub(crate) async fn sign_out() -> Answered {
    answer(async move {
        let caller = signed_in("/")?;
        backend()
            .sign_out(&caller)
            .await
            .map_err(|problem| back("/settings", &problem))?;
        Ok(Answer::see(Address::new("/")).with_cookie(visit().cookie.clear()))
    })
    .await
}

/// Where a visitor comes from and in which browser.
fn from(visit: &Visit) -> Doorstep<'_> {
    Doorstep {
        address: &visit.address,
        agent: &visit.agent,
    }
}

/// On to where the visitor wanted to go before being asked who it is.
fn welcome(signed_in: &SignedIn, next: &str) -> Answer {
    Answer::see(Address::new(local(next).unwrap_or("/"))).with_cookie(visit().cookie.set(&signed_in.secret))
}
