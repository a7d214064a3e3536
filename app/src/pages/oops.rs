//! Pages for what is not there, not allowed or not possible right now.

use chat::Code;
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    parts::{PageStyle, PageTitle, SHEET},
    visit::answer_with,
};

/// The page of an address that leads nowhere.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    answer_with(StatusCode::NOT_FOUND);
    view! { <Oops code=Code::NotFound/> }
}

/// What went wrong, calmly, and where to go from here.
#[component]
pub(crate) fn Oops(
    /// Why.
    code: Code,
    /// Whether asking for the same address once more is worth it and harmless.
    #[prop(optional)]
    again: bool,
) -> impl IntoView {
    let again = again && matches!(code.status(), 429 | 503);
    let (title, text) = match code.status() {
        401 => ("Sign in first", "This page is for people with an account here."),
        403 => (
            "Not allowed",
            "You may not do this here. If you should, ask someone who runs this server.",
        ),
        404 => (
            "There is nothing here",
            "The page does not exist, or it is a room that you are not in.",
        ),
        413 => (
            "Too large",
            "That was more than this server takes at once. Go back and send less.",
        ),
        429 => (
            "Too fast",
            "That was a lot at once. Wait a moment, then try again.",
        ),
        503 => (
            "Back in a moment",
            "The server cannot reach its data right now. Nothing is lost; try again shortly.",
        ),
        400..=499 => (
            "This could not be read",
            "The request did not look as it should. Go back and try again.",
        ),
        _ => (
            "Something went wrong",
            "It was not you. It has been written down on the server; try again shortly.",
        ),
    };
    view! {
        <PageTitle text=title/>
        <PageStyle text=SHEET/>
        <main class="oops">
            <svg class="art" viewBox="0 0 128 96" aria-hidden="true" inner_html=ART></svg>
            <h1>{title}</h1>
            <p>{text}</p>
            // The empty address is the page's own.
            {again.then(|| view! { <a class="button accent" href="">"Try again"</a> })}
            <a class="button" class:accent=!again href="/">"Go to the start"</a>
            <p class="code">{code.status()}" · "{code.as_str()}</p>
        </main>
    }
    .into_any()
}

/// Two speech bubbles, one with nothing to say.
const ART: &str = r#"<path d="M40 74 26 82l3-14A30 30 0 1 1 40 74z"/><path d="M36 46h.1M48 46h.1M60 46h.1" stroke-width="5"/><path d="M88 30a24 24 0 0 1 12 44l4 11-13-5a24 24 0 0 1-16-2" opacity=".45"/>"#;
