//! Forms of `/settings`: personal access tokens.

use chat::Code;
use http::StatusCode;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, refused, signed_in};
use crate::{address::Address, pages::TokenCreated, visit::backend};

/// Creates a token. The answer is the page that shows it, as it can be shown only once and belongs into no address.
#[server(prefix = "/fn", endpoint = "create_token", protocol = Form)]
pub(crate) async fn create_token(#[server(default)] name: String) -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let refuse = |problem| Answer::see(refused("/settings", &problem).with("name", &name));
        let (token, secret) = backend().create_token(&caller, &name).await.map_err(refuse)?;
        let secret = secret.token_text();
        let page = move || view! { <TokenCreated name=token.name secret/> }.into_any();
        Ok(Answer::page(
            StatusCode::CREATED,
            "/settings",
            "Access token",
            page,
        ))
    })
    .await
}

/// Revokes a token.
#[server(prefix = "/fn", endpoint = "revoke_token", protocol = Form)]
pub(crate) async fn revoke_token(#[server(default)] token: String) -> Answered {
    answer(async move {
        let caller = signed_in("/settings")?;
        let refuse = |problem| back("/settings", &problem);
        let token = token.parse().map_err(|_| refuse(Code::TokenNotFound.into()))?;
        backend().revoke_token(&caller, token).await.map_err(refuse)?;
        Ok(Answer::see(Address::new("/settings")))
    })
    .await
}
