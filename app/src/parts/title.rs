//! The title of a page.

use leptos::prelude::*;
use leptos_meta::{ServerMetaContext, Title};

/// Titles the page. Names come from people, and `leptos_meta` writes a title into the document as it is.
#[component]
pub(crate) fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let safe = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    // A document that is made outside of the router has its title already.
    use_context::<ServerMetaContext>().map(|_| view! { <Title text=format!("{safe} · Natter")/> })
}
