//! The protocol of plain HTML forms.
//!
//! Leptos' own one answers with JSON and calls a body that it cannot read a fault of the server. Here every
//! answer is for a person: a place to go, or a page.

use std::future::Future;

use chat::Code;
use http::{Method, StatusCode};
use leptos::{
    prelude::*,
    server_fn::{
        Protocol,
        client::Client as Sends,
        codec::{FromReq, PostUrl},
        error::{FromServerFnError, ServerFnErrorErr},
        response::TryRes,
        server::Server as Serves,
    },
};

use super::Answer;
use crate::pages::Oops;

/// URL-encoded fields in, an [`Answer`] out.
pub(crate) struct Form;

impl<Input, Client, Server, Error> Protocol<Input, Answer, Client, Server, Error> for Form
where
    Input: FromReq<PostUrl, Server::Request, Error> + Send,
    Client: Sends<Error>,
    Server: Serves<Error>,
    Error: FromServerFnError + Send + Sync,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, Fut>(request: Server::Request, function: F) -> Result<Server::Response, Error>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Answer, Error>> + Send,
    {
        let answer = match Input::from_req(request).await {
            Ok(input) => function(input).await?,
            Err(_) => unreadable(),
        };
        Server::Response::try_from_string("text/html; charset=utf-8", answer.send())
    }

    /// Only forms call, and forms need no code.
    async fn run_client(path: &str, _: Input) -> Result<Answer, Error> {
        Err(Error::from_server_fn_error(ServerFnErrorErr::Request(format!(
            "{path} is for forms"
        ))))
    }
}

fn unreadable() -> Answer {
    let code = Code::Malformed;
    Answer::page(StatusCode::BAD_REQUEST, "/", code.title(), move || {
        view! { <Oops code/> }.into_any()
    })
}
