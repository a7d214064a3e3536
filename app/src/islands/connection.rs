//! Adopts the connection.

use leptos::prelude::*;

/// Adopts the connection.
#[island]
pub fn Connection(children: Children) -> impl IntoView {
    children()
}
