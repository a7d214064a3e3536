//! `/offline`: what a browser shows where there is no network and nothing better is kept. The service worker has a copy.

use leptos::prelude::*;

use crate::{
    parts::{Icon, PageStyle, PageTitle, SHEET, Shape},
    shell::Readable,
};

#[component]
pub(crate) fn Offline() -> impl IntoView {
    view! {
        <PageTitle text="No network"/>
        <PageStyle text=SHEET/>
        <main class="alone">
            <p class="brand"><Icon is=Shape::Natter/>"Natter"</p>
            <h1>"No network"</h1>
            <p>"The server cannot be reached from here. If you were sending something, go back: it is still there."</p>
            // Without an address it leads to the page that was asked for.
            <a class="button accent" href="">"Try again"</a>
            <section hidden>
                <h2>"You can still read"</h2>
                <ul class="readable"></ul>
            </section>
        </main>
        <Readable/>
    }
    .into_any()
}
