//! The way out of this browser.

use leptos::prelude::*;

use super::{Asked, Loaded};

pub(super) async fn draw(_: Asked) -> Loaded {
    Ok(view! {
        <section id="sign-out">
            <h2>"Sign out"</h2>
            <p>"Ends the session of this browser, in all of its tabs."</p>
            <p>"What this browser keeps of your rooms is deleted from it."</p>
            <form method="post" action="/fn/sign_out">
                <p class="fault" role="alert" hidden></p>
                <button class="button" type="submit">"Sign out"</button>
            </form>
        </section>
    }
    .into_any())
}
