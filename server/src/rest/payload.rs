//! What comes in: bodies, queries and ids, with one answer for each way of being wrong.

use std::{fmt::Display, str::FromStr};

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::JsonRejection},
};
use backend::{Code, Problem};
use chat::{Emoji, MessageId};
use http::{StatusCode, request::Parts};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Number, Value};
use url::form_urlencoded;

use crate::problem::Refusal;

/// A JSON body.
pub(super) struct Payload<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Payload<T> {
    type Rejection = Refusal;

    /// First whether it is JSON, then whether it has the right shape: the answers differ.
    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let value: Result<Json<Value>, JsonRejection> = Json::from_request(request, state).await;
        let Json(value) = value.map_err(|rejection| not_json(&rejection))?;
        if !value.is_object() {
            return Err(Problem::because(Code::Invalid, "A JSON object is expected").into());
        }
        serde_path_to_error::deserialize(value)
            .map(Self)
            .map_err(|error| Refusal(wrong_shape(&error)))
    }
}

fn not_json(rejection: &JsonRejection) -> Problem {
    let code = match rejection {
        JsonRejection::MissingJsonContentType(_) => Code::UnsupportedMediaType,
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        _ => Code::Malformed,
    };
    Problem::because(code, rejection.body_text())
}

/// Which field it is about. Of a missing one, and of one that is there twice, the path is that of the object around it,
/// and only the reason names it.
fn wrong_shape<E: Display>(error: &serde_path_to_error::Error<E>) -> Problem {
    let (path, reason) = (error.path().to_string(), error.inner().to_string());
    let named = |start| Some(reason.strip_prefix(start)?.split_once('`')?.0);
    if let Some(field) = named("missing field `") {
        return Problem::invalid(field, "is required");
    }
    match named("duplicate field `") {
        Some(field) => Problem::invalid(field, "is given twice"),
        None => Problem::invalid(&path, &format!("is not valid: {reason}")),
    }
}

/// A whole number, also where it is written as JavaScript may write one: `7.0`.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    const WRITTEN_MAX: f64 = 9_007_199_254_740_991.0;
    let number = Number::deserialize(deserializer)?;
    let written = number
        .as_f64()
        .filter(|value| value.fract() == 0.0 && (0.0..=WRITTEN_MAX).contains(value));
    // Such a number has no digits behind the point, and 53 bits at most.
    let rounded = written.and_then(|value| format!("{value:.0}").parse().ok());
    let expected = || D::Error::custom(format!("{number} is not a whole number of at most 64 bits"));
    number.as_u64().or(rounded).ok_or_else(expected)
}

/// The same where there may be none.
pub(super) fn maybe_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u64);
    Ok(Option::<Whole>::deserialize(deserializer)?.map(|Whole(number)| number))
}

/// The query of an address.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
            .map(Self)
            .map_err(|error| Refusal(wrong_shape(&error)))
    }
}

/// An id in an address. What is no id names nothing: the answer is the same as for an unknown one.
pub(super) struct Id<T>(pub(super) T);

/// The answer for an id that names nothing.
pub(super) trait Unknown {
    /// Its code.
    const CODE: Code;
}

impl Unknown for chat::RoomId {
    const CODE: Code = Code::RoomNotFound;
}

impl Unknown for MessageId {
    const CODE: Code = Code::MessageNotFound;
}

impl Unknown for chat::UserId {
    const CODE: Code = Code::UserNotFound;
}

impl Unknown for chat::SessionId {
    const CODE: Code = Code::SessionNotFound;
}

impl Unknown for chat::InviteId {
    const CODE: Code = Code::InviteNotFound;
}

impl Unknown for chat::ReportId {
    const CODE: Code = Code::ReportNotFound;
}

impl Unknown for chat::AttachmentId {
    const CODE: Code = Code::UploadNotFound;
}

impl Unknown for chat::TokenId {
    const CODE: Code = Code::TokenNotFound;
}

impl Unknown for chat::WebhookId {
    const CODE: Code = Code::WebhookNotFound;
}

impl Unknown for chat::CommandId {
    const CODE: Code = Code::CommandNotFound;
}

impl<S: Send + Sync, T: FromStr + Unknown> FromRequestParts<S> for Id<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        let id = found.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or(Refusal(T::CODE.into()))
    }
}

/// Two ids in an address, of a thing and of what belongs to it.
pub(super) struct Ids<A, B>(pub(super) A, pub(super) B);

impl<S, A, B> FromRequestParts<S> for Ids<A, B>
where
    S: Send + Sync,
    A: FromStr + Unknown,
    B: FromStr + Unknown,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((one, other)) = found.map_err(|_| A::CODE)?;
        Ok(Self(
            one.parse().map_err(|_| A::CODE)?,
            other.parse().map_err(|_| B::CODE)?,
        ))
    }
}

/// A message and an emoji in an address.
pub(super) struct Reacted {
    pub(super) message: MessageId,
    pub(super) emoji: Emoji,
}

impl<S: Send + Sync> FromRequestParts<S> for Reacted {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Path::<(String, String)>::from_request_parts(parts, state).await;
        // What cannot even be decoded is no emoji either.
        let no_emoji = || Problem::invalid("emoji", "is not one emoji");
        let Path((id, emoji)) = found.map_err(|_| no_emoji())?;
        Ok(Self {
            message: id.parse().map_err(|_| MessageId::CODE)?,
            emoji: Emoji::new(emoji).map_err(|_| no_emoji())?,
        })
    }
}
