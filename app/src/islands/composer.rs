//! Adopts the composer.

use leptos::prelude::*;

/// Adopts the composer.
#[island]
pub fn Composer(children: Children) -> impl IntoView {
    children()
}
