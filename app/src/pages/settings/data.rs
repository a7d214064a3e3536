//! What is kept of a person: to take along, or to leave none of it.

use chat::permission::{Service, may_serve};
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::parts::{Field, Said};

pub(super) async fn draw(Asked { caller, query, .. }: Asked) -> Loaded {
    let said = Said::read(&query);
    let workspace = may_serve(Service::Export, caller.role).then(|| {
        view! {
            <p>"As the owner you can take along everything that is on this server, what was said in private included."</p>
            <p><a class="button" href="/api/export" download="natter.jsonl">"Download the whole workspace"</a></p>
        }
        .into_any()
    });
    Ok(view! {
        <section id="data">
            <h2>"Your data"</h2>
            <p>"Your profile, messages, reactions, files, drafts and saved messages, in a file of JSON Lines."</p>
            <p><a class="button" href="/api/me/export" download="my-data.jsonl">"Download your data"</a></p>
            {workspace}
            <details>
                <summary>"Erase my account"</summary>
                <form class="card" method="post" action="/fn/erase_me">
                    <p>
                        "Your name, picture, sessions, tokens and drafts are deleted at once, and with them all your "
                        "messages and their files. This cannot be undone."
                    </p>
                    <label class="check">
                        <input type="checkbox" name="keep_messages" value="on"/>
                        "Leave my messages, without my name"
                    </label>
                    <Field
                        label="Your password"
                        name="password"
                        kind="password"
                        fault=said.fault("password", "This is not your password.")
                        autocomplete="current-password"
                    />
                    <button class="button danger" type="submit">"Erase my account"</button>
                </form>
            </details>
        </section>
    }
    .into_any())
}
