//! The scripts of a page, each with the page's nonce.

use leptos::{nonce::use_nonce, prelude::*};

use super::assets::Assets;

/// Brings the page's islands to life, after it is shown. Stands at the end of pages that have islands; a page
/// without them ships no script. Leptos' own `HydrationScripts` loads the code before the page is shown.
#[component]
pub(crate) fn Boot() -> impl IntoView {
    let Assets { js, wasm, .. } = expect_context();
    let script = format!("{}({js:?}, {wasm:?})", include_str!("boot.js").trim_end());
    view! { <script type="module" nonce=use_nonce() inner_html=script></script> }
}

/// Sends the form of a page without islands when Enter is pressed in its text, as the composer island does.
#[component]
pub(crate) fn EnterSends() -> impl IntoView {
    view! { <script type="module" nonce=use_nonce() inner_html=ENTER_SENDS></script> }
}

const ENTER_SENDS: &str = "document.querySelector('.composer').addEventListener('keydown', (press) => {
  if (press.key !== 'Enter' || press.shiftKey || press.isComposing) return;
  press.preventDefault();
  press.currentTarget.requestSubmit();
});";
