//! `/`: for people who are not signed in, what this is; everyone else goes to their last room.

use backend::{Backend, Caller, Problem, Signup};
use chat::room::GENERAL;
use leptos::prelude::*;

use super::{
    load::{Halt, load},
    room,
};
use crate::{
    address,
    parts::{Icon, PageStyle, PageTitle, Preview, Shape},
    visit::{backend, cookie, visit},
};

#[component]
pub(crate) fn Landing() -> impl IntoView {
    load(async move {
        let backend = backend();
        match visit().caller {
            Some(caller) => Err(Halt::Go(last_room(&backend, &caller).await?)),
            None => Ok(view! { <Welcome is_open={backend.signup == Signup::Open}/> }.into_any()),
        }
    })
}

/// The room that was opened last in this browser, else the one that everybody is in.
async fn last_room(backend: &Backend, caller: &Caller) -> Result<String, Problem> {
    let own = backend.own_rooms(caller).await?;
    let last = cookie(room::LAST).and_then(|id| own.iter().find(|room| room.id.to_string() == id));
    let room = last
        .or_else(|| own.iter().find(|room| room.slug == GENERAL))
        .or_else(|| own.first());
    Ok(room.map_or_else(|| "/rooms".to_owned(), address::of_room))
}

#[component]
fn Welcome(is_open: bool) -> impl IntoView {
    let register =
        is_open.then(|| view! { <a class="button accent large" href="/register">"Create account"</a> });
    let sign_in = if is_open {
        "button large"
    } else {
        "button accent large"
    };
    view! {
        <PageTitle text="Team chat on a server of your own"/>
        <PageStyle text=include_str!("landing.css")/>
        <div class="landing">
            <header class="top"><a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a></header>
            <main>
                <section class="hero">
                    <h1>"Talk with your team, on a server of your own"</h1>
                    <p>
                        "Natter is team chat that starts with one command and keeps its word: what was sent is stored, \
                        what was missed is caught up, and what you read stays yours."
                    </p>
                    <div class="ways">{register}<a class=sign_in href="/login">"Sign in"</a></div>
                </section>
                <Preview/>
                <Reasons/>
            </main>
            <footer class="foot">"Natter is free software under the Apache License 2.0."</footer>
        </div>
    }
    .into_any()
}

#[component]
fn Reasons() -> impl IntoView {
    view! {
        <section class="reasons">
            <div>
                <h2><Icon is=Shape::Bolt/>"Immediate"</h2>
                <p>"A message is on every screen in milliseconds, and on your own before the server knows of it."</p>
            </div>
            <div>
                <h2><Icon is=Shape::House/>"Yours"</h2>
                <p>"One program and one file of data, on your machine. No account elsewhere, and nothing that phones home."</p>
            </div>
            <div>
                <h2><Icon is=Shape::Check/>"Dependable"</h2>
                <p>"What was sent is not lost: not in a tunnel, not in a restart, not when someone pulls the plug."</p>
            </div>
        </section>
    }
    .into_any()
}
