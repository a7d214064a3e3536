//! The style of what only a chunk shows, which comes with it.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::JsCast;

use crate::live::browser::{document, window};

/// Adds a style to the page, once for each chunk. A browser too old for it shows plain buttons.
pub(super) fn dress(style: &str) {
    let added = || {
        let class: Function = Reflect::get(&window(), &"CSSStyleSheet".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let sheet = Reflect::construct(&class, &Array::new()).ok()?;
        let replace: Function = Reflect::get(&sheet, &"replaceSync".into())
            .ok()?
            .dyn_into()
            .ok()?;
        replace.call1(&sheet, &style.into()).ok()?;
        let name = "adoptedStyleSheets".into();
        let sheets = Array::from(&Reflect::get(&document(), &name).ok()?);
        sheets.push(&sheet);
        Reflect::set(&document(), &name, &sheets).ok()
    };
    let _ = added();
}
