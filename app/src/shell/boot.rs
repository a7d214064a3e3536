//! The scripts of a page, each with the page's nonce.

use std::sync::LazyLock;

use leptos::{nonce::use_nonce, prelude::*};

use super::assets::Assets;

/// Brings the page's islands to life, after it is shown. Stands at the end of pages that have islands; a page
/// without them ships no script. Leptos' own `HydrationScripts` loads the code before the page is shown.
#[component]
pub(crate) fn Boot() -> impl IntoView {
    let Assets {
        js, wasm, offline, ..
    } = expect_context();
    let offline = offline.unwrap_or_default();
    let script = format!("{}({js:?}, {wasm:?}, {offline:?})", *BOOT);
    view! { <script type="module" nonce=use_nonce() inner_html=script></script> }
}

static BOOT: LazyLock<String> = LazyLock::new(|| plain(include_str!("boot.js")));

/// A script without what is there for who reads its source.
fn plain(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    let lines: Vec<_> = lines.filter(|line| !line.starts_with("//")).collect();
    lines.join("\n")
}

/// Lets the form that signs out leave nothing behind in the browser. Before its code is there, and where it fails, the
/// form is an ordinary one.
#[component]
pub(crate) fn Leave() -> impl IntoView {
    let Assets { offline, .. } = expect_context();
    let script = offline.map(|offline| format!("{}({offline:?})", LEAVE));
    script.map(|script| view! { <script type="module" nonce=use_nonce() inner_html=script></script> })
}

const LEAVE: &str = "((offline) => {
  const form = document.querySelector('form[action=\"/fn/sign_out\"]');
  form.addEventListener('submit', (press) => {
    press.preventDefault();
    import(offline).then(({ leave }) => leave(form)).catch(() => form.submit());
  });
})";

/// Loads what attends to drafts, notifications and the like, when the page has nothing else to do.
#[component]
pub(crate) fn Attend() -> impl IntoView {
    let Assets { attention, .. } = expect_context();
    let script = attention.map(|attention| format!("{}({attention:?})", plain(ATTEND)));
    script.map(|script| view! { <script type="module" nonce=use_nonce() inner_html=script></script> })
}

const ATTEND: &str = "((attention) => {
  const later = globalThis.requestIdleCallback ?? ((go) => setTimeout(go, 2000));
  const load = () => later(() => import(attention).catch(() => {}));
  document.readyState === 'complete' ? load() : addEventListener('load', load, { once: true });
})";

/// Says which rooms can be read without a network, and goes on by itself when there is one.
#[component]
pub(crate) fn Readable() -> impl IntoView {
    view! { <script type="module" nonce=use_nonce() inner_html=include_str!("readable.js")></script> }
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
