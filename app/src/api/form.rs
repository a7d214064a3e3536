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
        response::TryRes,
        server::Server as Serves,
    },
};

use super::Answer;
use crate::pages::Oops;

/// How `http_body_util` says that a body is larger than allowed; of the error itself only its words get here.
const OVER_LIMIT: &str = "length limit exceeded";

/// URL-encoded fields in, an [`Answer`] out.
pub(crate) struct Form;

impl<Input, Client, Server> Protocol<Input, Answer, Client, Server, ServerFnError> for Form
where
    Input: FromReq<PostUrl, Server::Request, ServerFnError> + Send,
    Client: Sends<ServerFnError>,
    Server: Serves<ServerFnError>,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, Fut>(
        request: Server::Request,
        function: F,
    ) -> Result<Server::Response, ServerFnError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Answer, ServerFnError>> + Send,
    {
        let answer = match Input::from_req(request).await {
            Ok(input) => function(input).await?,
            Err(error) => unreadable(&error),
        };
        Server::Response::try_from_string("text/html; charset=utf-8", answer.send())
    }

    /// Only forms call, and forms need no code.
    async fn run_client(path: &str, _: Input) -> Result<Answer, ServerFnError> {
        Err(ServerFnError::Request(format!("{path} is for forms")))
    }
}

fn unreadable(error: &ServerFnError) -> Answer {
    let code = match error {
        ServerFnError::Deserialization(why) if why.contains(OVER_LIMIT) => Code::TooLarge,
        _ => Code::Malformed,
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    Answer::page(status, "/", code.title(), move || {
        view! { <Oops code/> }.into_any()
    })
}
