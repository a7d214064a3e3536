//! What one is told of and when, and what one says of oneself.

use chat::{Custom, Quiet, Timestamp};
use leptos::prelude::*;
use tokio::try_join;

use super::{Asked, Loaded};
use crate::{
    parts::{Field, clock, date_in_words},
    shell::Attend,
};

/// How long a status or a rest lasts.
const LENGTHS: [(&str, &str); 5] = [
    ("30", "30 minutes"),
    ("60", "1 hour"),
    ("240", "4 hours"),
    ("1440", "1 day"),
    ("10080", "1 week"),
];

pub(super) async fn draw(asked: Asked) -> Loaded {
    let Asked { backend, caller, .. } = asked;
    let me = [caller.id()];
    let (mut customs, quiet) = try_join!(backend.customs(&me), backend.quiet(&caller))?;
    let custom = customs.pop().map(|(_, custom)| custom);
    Ok(view! {
        <section id="notifications">
            <h2>"Status"</h2>
            <p>"Shown beside your name to everyone."</p>
            <StatusForm custom/>
        </section>
        <section>
            <h2>"Notifications"</h2>
            <p>"You are told of mentions and direct messages while nobody looks at Natter. Each room can say otherwise: see the bell at its top."</p>
            <div class="card" data-push>
                <p>"This browser can be told even while no page of Natter is open in it. What it is told, only this browser can read."</p>
                <button class="button" type="button" hidden></button>
                <p class="quiet" role="status"></p>
                <noscript><p class="quiet">"This needs scripts."</p></noscript>
            </div>
            <QuietForm quiet/>
        </section>
        <Attend/>
    }
    .into_any())
}

#[component]
fn StatusForm(custom: Option<Custom>) -> impl IntoView {
    let until = custom.as_ref().and_then(|custom| custom.until);
    let (text, emoji) = custom
        .map(|custom| (custom.text, custom.emoji))
        .unwrap_or_default();
    let shown = until.map(|until| view! { <p class="quiet">"Until "{moment(until)}</p> });
    view! {
        <form class="card" method="post" action="/fn/set_status">
            <div class="inline">
                <Field label="Emoji" name="emoji" value=emoji optional=true placeholder="🍜"/>
                <Field label="What you are at" name="text" value=text optional=true maxlength="100" placeholder="At lunch"/>
                <Length label="Clear after" none="Never"/>
            </div>
            {shown}
            <button class="button" type="submit">"Set status"</button>
        </form>
    }
    .into_any()
}

#[component]
fn QuietForm(quiet: Quiet) -> impl IntoView {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let (from, to) = quiet.daily.map(|(from, to)| (time(from), time(to))).unzip();
    let until = quiet
        .until
        .map(|until| view! { <p class="quiet">"Not before "{moment(until)}</p> });
    view! {
        <form class="card" method="post" action="/fn/set_quiet" data-quiet>
            <h3>"Do not disturb"</h3>
            {until}
            <div class="inline">
                <Length label="For" none="Not now"/>
                <div class="field">
                    <label for="quiet-from">"Each day from "<span class="zone">"(UTC)"</span></label>
                    <input id="quiet-from" class="input" type="time" name="from" value=from/>
                </div>
                <div class="field">
                    <label for="quiet-to">"to "<span class="zone">"(UTC)"</span></label>
                    <input id="quiet-to" class="input" type="time" name="to" value=to/>
                </div>
            </div>
            <button class="button" type="submit">"Set quiet hours"</button>
        </form>
    }
    .into_any()
}

/// A choice of how long, with a word for not at all.
#[component]
fn Length(label: &'static str, none: &'static str) -> impl IntoView {
    let id = format!("minutes-{}", label.to_lowercase().replace(' ', "-"));
    let options: Vec<_> = LENGTHS
        .iter()
        .map(|(minutes, name)| view! { <option value=*minutes>{*name}</option> })
        .collect();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id class="input" name="minutes"><option value="">{none}</option>{options}</select>
        </div>
    }
    .into_any()
}

/// A moment, in UTC until `offline/attention/hours.js` has the reader's clock.
fn moment(at: Timestamp) -> impl IntoView {
    let words = format!("{}, {} UTC", date_in_words(at), clock(at));
    view! { <time data-at=at.0.to_string()>{words}</time> }
}
