//! The browser's entry into Natter.

use app::live::browser::{self, Kept};
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's boot script once the code is there, before it wakes the islands one by one; with what earlier
/// pages left behind, if the browser keeps it.
#[wasm_bindgen]
pub fn hydrate(kept: Option<Kept>) {
    // Islands have no signals, so Leptos needs neither a root nor an executor (`leptos::mount::hydrate_islands`).
    browser::start(kept);
}
