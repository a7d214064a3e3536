//! The answer to creating a token: the one page that ever shows it.

use leptos::prelude::*;

use crate::parts::{Icon, PageStyle, SHEET, Shape};

#[component]
pub(crate) fn TokenCreated(name: String, secret: String) -> impl IntoView {
    view! {
        <PageStyle text=SHEET/>
        <main class="alone">
            <a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a>
            <h1>"Your new token"</h1>
            <p class="quiet">"Copy “"<bdi>{name}</bdi>"” now and keep it as you keep a password. It is not shown again."</p>
            <code class="secret">{secret}</code>
            <p class="quiet small">"A program sends it as "<code>"Authorization: Bearer …"</code>"."</p>
            <a class="button accent" href="/settings">"Done"</a>
        </main>
    }
    .into_any()
}
