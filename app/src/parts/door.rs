//! The frame of the pages that one comes in by.

use leptos::prelude::*;

use super::{Icon, PageStyle, Preview, Shape};

/// A form beside what it leads to.
#[component]
pub(crate) fn Door(title: &'static str, #[prop(into)] text: String, children: Children) -> impl IntoView {
    view! {
        <PageStyle text=include_str!("door.css")/>
        <div class="door">
            <main>
                <a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a>
                <div class="entry">
                    <div><h1>{title}</h1><p>{text}</p></div>
                    {children()}
                </div>
            </main>
            <div class="behind" aria-hidden="true"><Preview/></div>
        </div>
    }
    .into_any()
}
