//! The answer to a message that could not be posted and is too long to travel back in an address.

use backend::Problem;
use chat::Code;
use leptos::prelude::*;

use crate::{
    address::Address,
    parts::{Icon, Notice, PageStyle, SHEET, Shape, words},
};

/// What was written, and why it is not in the room.
#[derive(Clone, Debug)]
pub(crate) struct Unsent {
    page: String,
    reason: String,
    body: String,
    signed_out: bool,
}

impl Unsent {
    /// The answer to `body`, written on `page`.
    pub(crate) fn new(page: &str, problem: &Problem, body: &str) -> Self {
        let fault = problem.faults.iter().find(|fault| fault.field == "body");
        Self {
            page: page.to_owned(),
            reason: fault.map_or_else(
                || words(problem.code).to_owned(),
                |fault| format!("The message {}.", fault.reason),
            ),
            body: body.to_owned(),
            signed_out: problem.code == Code::NotSignedIn,
        }
    }

    /// The page.
    pub(crate) fn into_view(self) -> AnyView {
        let Self {
            page,
            reason,
            body,
            signed_out,
        } = self;
        let (href, way) = match signed_out {
            true => (
                Address::new("/login").with("next", &page).into_string(),
                "Go to the sign-in page",
            ),
            false => (page, "Back to the room"),
        };
        view! {
            <PageStyle text=SHEET/>
            <main class="alone">
                <a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a>
                <h1>"This was not sent"</h1>
                <Notice words=Some(reason)/>
                <div class="field">
                    <label for="text">"What you wrote"</label>
                    <textarea id="text" class="input" rows="14">{body}</textarea>
                    <p class="hint">"Nothing of it is lost. Copy it, then go back."</p>
                </div>
                <a class="button accent" href=href>{way}</a>
            </main>
        }
        .into_any()
    }
}
