//! People's pictures, and whether they are there.

use chat::{Author, Custom, Status, UserId};
use leptos::prelude::*;

use crate::face::{hue, initial};

/// A person's picture; without one a letter on the person's colour. `size` is `s`, `l` or nothing.
#[component]
pub(crate) fn Avatar(who: Author, #[prop(optional)] size: &'static str) -> impl IntoView {
    let class = ["avatar", hue(who.id), size].join(" ").trim_end().to_owned();
    let (side, drawn) = match size {
        "s" => ("24", ""),
        "l" => ("56", "?size=288"),
        _ => ("36", ""),
    };
    let inner = match who.avatar_url {
        Some(url) => {
            let src = url + drawn;
            view! { <img src=src alt="" width=side height=side loading="lazy" decoding="async"/> }.into_any()
        }
        None => initial(&who.display_name).into_any(),
    };
    view! { <span class=class aria-hidden="true">{inner}</span> }
}

/// Whether a person is there.
#[component]
pub(crate) fn Dot(user: UserId, status: Option<Status>) -> impl IntoView {
    view! { <span class="dot" data-user=user.to_string() data-status=status_name(status)></span> }
}

/// What a person says of himself or herself: an emoji, with the words under the pointer.
#[component]
pub(crate) fn Says(user: UserId, custom: Option<Custom>) -> impl IntoView {
    let (text, emoji) = custom.map(|custom| (custom.text, custom.emoji)).unzip();
    let shown = emoji.map(|emoji| {
        if emoji.is_empty() {
            "💬".to_owned()
        } else {
            emoji
        }
    });
    let nothing = shown.is_none();
    view! { <span class="says" data-user=user.to_string() title=text hidden=nothing>{shown}</span> }
}

/// The same with its words, for a line of its own.
#[component]
pub(crate) fn SaysAll(user: UserId, custom: Option<Custom>) -> impl IntoView {
    let shown = custom.map(|custom| format!("{} {}", custom.emoji, custom.text).trim().to_owned());
    let nothing = shown.is_none();
    view! { <span class="says" data-user=user.to_string() data-whole="" hidden=nothing>{shown}</span> }
}

/// A person's picture with the status in its corner.
#[component]
pub(crate) fn Face(who: Author, status: Option<Status>) -> impl IntoView {
    let user = who.id;
    view! { <span class="face"><Avatar who/><Dot user status/></span> }
}

/// A status in words.
pub(crate) const fn status_words(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Online) => "Online",
        Some(Status::Away) => "Away",
        Some(Status::Offline) => "Offline",
        None => "Not known",
    }
}

/// A status as attributes and tests have it.
pub(crate) const fn status_name(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Online) => "online",
        Some(Status::Away) => "away",
        Some(Status::Offline) => "offline",
        None => "unknown",
    }
}
