//! What some pages look like beyond what a room needs, which every page brings (`style/main.css`). It travels inside of
//! those pages alone: a room's first load does not pay for it.

use leptos::{nonce::use_nonce, prelude::*};

/// Of the quiet pages around the rooms.
pub(crate) const SHEET: &str = include_str!("sheet.css");
/// Of the pages of settings, members and profiles.
pub(crate) const STAFF: &str = include_str!("staff.css");

/// A style of this page's own. Stands before what it is for, so nothing is seen without it, and a later one has the last
/// word.
#[component]
pub(crate) fn PageStyle(text: &'static str) -> impl IntoView {
    view! { <style nonce=use_nonce() inner_html=text></style> }.into_any()
}
