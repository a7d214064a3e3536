//! Light or dark.

use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::shell::theme::{Theme, chosen};

pub(super) async fn draw(_: Asked) -> Loaded {
    let chosen = chosen();
    let choice = |theme: Option<Theme>, label: &'static str| {
        let name = theme.map_or("system", Theme::name);
        let pressed = (chosen == theme).to_string();
        view! { <button class="button" type="submit" name="theme" value=name aria-pressed=pressed>{label}</button> }.into_any()
    };
    Ok(view! {
        <section id="appearance">
            <h2>"Appearance"</h2>
            <form class="choices" method="post" action="/fn/choose_theme">
                {choice(None, "System")}
                {choice(Some(Theme::Light), "Light")}
                {choice(Some(Theme::Dark), "Dark")}
            </form>
        </section>
    }
    .into_any())
}
