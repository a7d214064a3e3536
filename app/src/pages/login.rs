//! `/login`: sign in.

use backend::Signup;
use leptos::prelude::*;

use super::load::{Halt, load};
use crate::{
    address::{Address, local},
    parts::{Door, Field, Notice, PageTitle, Said},
    visit::{backend, query, visit},
};

#[component]
pub(crate) fn Login() -> impl IntoView {
    load(async move {
        let query = query();
        let next = local(query.get("next")).unwrap_or_default().to_owned();
        if visit().caller.is_some() {
            return Err(Halt::Go(if next.is_empty() { "/".to_owned() } else { next }));
        }
        let other = (backend().signup == Signup::Open).then(|| {
            let href = Address::new("/register").with("next", &next).into_string();
            view! { <p class="other">"New here? "<a href=href>"Create an account"</a></p> }
        });
        let username = query.get("username").to_owned();
        let known = !username.is_empty();
        Ok(view! {
            <PageTitle text="Sign in"/>
            <Door title="Welcome back" text="Go on where you left off.">
                <Notice words=Said::read(&query).words()/>
                <form method="post" action="/fn/sign_in">
                    <input type="hidden" name="next" value=next/>
                    <Field label="Username" name="username" value=username autocomplete="username" focused=!known/>
                    <Field label="Password" name="password" kind="password" autocomplete="current-password" focused=known/>
                    <button class="button accent wide" type="submit">"Sign in"</button>
                </form>
                {other}
            </Door>
        }
        .into_any())
    })
}
