//! What a slash command has to say to who typed it, where no script could show it beside the composer.

use leptos::prelude::*;

use crate::parts::{Icon, PageStyle, SHEET, Shape};

#[component]
pub(crate) fn Told(page: String, notice: String) -> impl IntoView {
    let lines: Vec<_> = notice
        .lines()
        .map(|line| view! { <p>{line.to_owned()}</p> })
        .collect();
    view! {
        <PageStyle text=SHEET/>
        <main class="alone">
            <a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a>
            <h1>"Only you see this"</h1>
            <div>{lines}</div>
            <a class="button accent" href=page>"Back to the room"</a>
        </main>
    }
    .into_any()
}
