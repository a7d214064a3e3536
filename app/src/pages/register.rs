//! `/register`: create an account.

use backend::Signup;
use chat::Code;
use leptos::prelude::*;

use super::load::{Halt, load};
use crate::{
    address::{Address, Query, local},
    parts::{Door, Field, Notice, PageTitle, Said},
    visit::{backend, query, visit},
};

const USERNAME_RULE: &str = "Letters a to z, digits, dots, dashes and underscores; at most 32, and a letter or digit \
    at both ends.";
const NAME_RULE: &str = "At most 64 characters, none of them invisible.";
const PASSWORD_RULE: &str = "8 characters or more; long is better than complicated.";

#[component]
pub(crate) fn Register() -> impl IntoView {
    load(async move {
        let query = query();
        let next = local(query.get("next")).unwrap_or_default().to_owned();
        if visit().caller.is_some() {
            return Err(Halt::Go(if next.is_empty() { "/".to_owned() } else { next }));
        }
        let closed = match backend().signup {
            Signup::Open => None,
            Signup::Invite if !query.get("invite").is_empty() => None,
            Signup::Invite => {
                Some("This server takes new people by invitation only: open the link that you were sent.")
            }
            Signup::Closed => {
                Some("This server takes no new people. Only its first account can be created here.")
            }
        };
        let sign_in = Address::new("/login").with("next", &next).into_string();
        Ok(view! {
            <PageTitle text="Create account"/>
            <Door title="Create your account" text="Everything stays on this server.">
                {closed.map(|words| view! { <div class="notice"><span>{words}</span></div> })}
                <Form invite=query.get("invite").to_owned() query next/>
                <p class="other">"Already have an account? "<a href=sign_in>"Sign in"</a></p>
            </Door>
        }
        .into_any())
    })
}

#[component]
pub(super) fn Form(query: Query, next: String, invite: String) -> impl IntoView {
    let said = Said::read(&query);
    let taken = "This username is taken, or looks like one that is.";
    let username = said
        .is(Code::UsernameTaken)
        .then_some(taken)
        .or_else(|| said.fault("username", USERNAME_RULE));
    // What stands at the field is not said twice.
    let words = said.words().filter(|_| !said.is(Code::UsernameTaken));
    view! {
        <Notice words/>
        <form method="post" action="/fn/register">
            <input type="hidden" name="next" value=next/>
            <input type="hidden" name="invite" value=invite/>
            <Field
                label="Username"
                name="username"
                value=query.get("username")
                hint="People mention and find you by it."
                fault=username
                autocomplete="username"
                focused=true
            />
            <Field
                label="Display name"
                name="display_name"
                value=query.get("display_name")
                hint="What people read. Left empty, it is your username."
                fault=said.fault("display_name", NAME_RULE)
                autocomplete="name"
                optional=true
            />
            <Field
                label="Password"
                name="password"
                kind="password"
                hint=PASSWORD_RULE
                fault=said.fault("password", "At least 8 characters, at most 256 bytes.")
                autocomplete="new-password"
            />
            <button class="button accent wide" type="submit">"Create account"</button>
        </form>
    }
    .into_any()
}
