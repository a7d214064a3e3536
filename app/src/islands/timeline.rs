//! Adopts the timeline.

use leptos::prelude::*;

/// Adopts the timeline.
#[island]
pub fn Timeline(children: Children) -> impl IntoView {
    children()
}
