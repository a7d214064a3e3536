//! The browser's entry into Natter.

use wasm_bindgen::prelude::wasm_bindgen;

// Without a word about `app` the linker would leave its islands out.
#[expect(unused_imports, reason = "links the islands")]
use app as _;

/// Called by the page's boot script once the code is there, before it wakes the islands one by one.
#[wasm_bindgen]
pub fn hydrate() {
    app::live::browser::start();
    leptos::mount::hydrate_islands();
}
