//! The browser's entry into Natter.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's boot script once the code is there, before it wakes the islands one by one.
#[wasm_bindgen]
pub fn hydrate() {
    app::live::browser::start();
    leptos::mount::hydrate_islands();
}
