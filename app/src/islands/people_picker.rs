//! Suggests people by name.

use leptos::prelude::*;

/// Suggests people by name.
#[island(lazy)]
pub fn PeoplePicker(children: Children) -> impl IntoView {
    children()
}
