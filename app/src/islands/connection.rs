//! The state of the connection, for people and tests.

use leptos::prelude::*;

/// Shows whether what is sent arrives.
#[island]
pub fn Connection() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
}

#[cfg(feature = "hydrate")]
mod live {
    use web_sys::HtmlElement;

    use crate::live::{
        Notice,
        browser::{one, set, subscribe, with},
    };

    pub(super) fn adopt() {
        let Some(light) = one::<HtmlElement>("[data-testid=connection]") else {
            return;
        };
        subscribe(move |notice| {
            if let (Notice::State, Some(state)) = (notice, with(|client| client.state())) {
                set(&light, "data-state", state.name());
                // Hidden until there is something to say, so that opening a page does not flicker.
                light.set_hidden(false);
            }
        });
    }
}
