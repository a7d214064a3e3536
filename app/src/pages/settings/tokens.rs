//! Personal access tokens.

use backend::store::TokenRecord;
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::parts::{Field, Said, date_in_words};

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    let tokens = backend.list_tokens(&caller).await?;
    let said = Said::read(&query);
    let fault = said.fault("name", "1 to 64 characters, and at most 100 tokens.");
    let rows: Vec<_> = tokens
        .into_iter()
        .map(|token| view! { <TokenRow token/> }.into_any())
        .collect();
    let list = (!rows.is_empty()).then(|| view! { <ul class="rows">{rows}</ul> }.into_any());
    Ok(view! {
        <section id="tokens">
            <h2>"Access tokens"</h2>
            <p>"With a token a program acts as you: a bot, a script, a bridge to something else."</p>
            {list}
            <form class="inline" method="post" action="/fn/create_token">
                <Field label="Token name" name="name" value=query.get("name") fault placeholder="What it is for"/>
                <button class="button" type="submit">"Create token"</button>
            </form>
        </section>
    }
    .into_any())
}

#[component]
fn TokenRow(token: TokenRecord) -> impl IntoView {
    view! {
        <li>
            <div class="what"><b>{token.name.clone()}</b><small>"Created "{date_in_words(token.created_at)}</small></div>
            <form method="post" action="/fn/revoke_token">
                <input type="hidden" name="token" value=token.id.to_string()/>
                <button class="button danger" type="submit">"Revoke"<span class="unseen">" "{token.name}</span></button>
            </form>
        </li>
    }
    .into_any()
}
