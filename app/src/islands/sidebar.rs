//! Adopts the sidebar.

use leptos::prelude::*;

/// Adopts the sidebar.
#[island]
pub fn Sidebar(children: Children) -> impl IntoView {
    children()
}
