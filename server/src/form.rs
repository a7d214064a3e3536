//! `/files/send`: the composer's form with a file in it, for who has no scripts; `/avatars/send`, `/import/send`. A form with files is no server function:
//! those read a form as a whole.

use axum::{
    extract::{Request, State},
    response::Redirect,
};
use backend::{Caller, Code, Problem, Result, message::Post};
use chat::{AttachmentId, MessageId, Nonce, RoomId, body::BODY_CHARS_MAX};

use crate::{
    identity::Identity,
    multipart::{self, Parts},
    rest::avatar,
    state::AppState,
};

/// The most bytes of a field that is no file: a body, with room for what is trimmed away.
const FIELD_BYTES_MAX: usize = 8 * BODY_CHARS_MAX;

/// What stands in the form before its file.
#[derive(Default)]
struct Fields {
    room: String,
    to: String,
    thread: String,
    page: String,
    nonce: String,
    body: String,
}

pub(crate) async fn send(State(state): State<AppState>, request: Request) -> Redirect {
    let caller = request
        .extensions()
        .get::<Identity>()
        .and_then(Identity::caller)
        .cloned();
    let mut fields = Fields::default();
    let sent = match caller {
        Some(caller) => take(&state, &caller, request, &mut fields).await,
        None => Err(Code::NotSignedIn.into()),
    };
    let Fields { page, body, .. } = fields;
    Redirect::to(&app::api::after(&page, sent.err().as_ref(), &body))
}

/// `/avatars/send`: the form of the settings with a picture in it.
pub(crate) async fn send_avatar(State(state): State<AppState>, request: Request) -> Redirect {
    let caller = request
        .extensions()
        .get::<Identity>()
        .and_then(Identity::caller)
        .cloned();
    let sent = match caller {
        Some(caller) => avatar::take(&state, &caller, request).await.map(drop),
        None => Err(Code::NotSignedIn.into()),
    };
    Redirect::to(&app::api::after("/settings", sent.err().as_ref(), ""))
}

/// `/import/send`: the form of the settings with an archive in it.
pub(crate) async fn send_import(State(state): State<AppState>, request: Request) -> Redirect {
    let caller = request
        .extensions()
        .get::<Identity>()
        .and_then(Identity::caller)
        .cloned();
    let sent = match caller {
        Some(caller) => take_archive(&state, &caller, request).await,
        None => Err(Code::NotSignedIn.into()),
    };
    Redirect::to(&app::api::after("/settings/import", sent.err().as_ref(), ""))
}

/// The archive is the last of the form: what stands before it says how to take it.
async fn take_archive(state: &AppState, caller: &Caller, request: Request) -> Result<()> {
    let mut parts = Parts::of(request).await?;
    let mut match_usernames = false;
    while let Some(part) = parts.next().await? {
        if part.file_name().is_some() {
            let backend = &state.backend;
            let taking = |bytes| backend.begin_import(caller, match_usernames, bytes);
            return multipart::pass_on(part, taking).await;
        }
        match_usernames |= part.name() == "match_usernames";
        part.skip().await?;
    }
    Err(Problem::invalid("file", "is required"))
}

async fn take(state: &AppState, caller: &Caller, request: Request, fields: &mut Fields) -> Result<()> {
    let mut parts = Parts::of(request).await?;
    let mut attachments: Vec<AttachmentId> = Vec::new();
    while let Some(part) = parts.next().await? {
        if let Some(name) = part.file_name() {
            let name = name.to_owned();
            let backend = &state.backend;
            let file = multipart::pass_on(part, |bytes| backend.upload_file(caller, &name, bytes)).await?;
            attachments.push(file.id);
            continue;
        }
        let field = match part.name() {
            "room" => &mut fields.room,
            "to" => &mut fields.to,
            "thread" => &mut fields.thread,
            "page" => &mut fields.page,
            "nonce" => &mut fields.nonce,
            "body" => &mut fields.body,
            _ => {
                part.skip().await?;
                continue;
            }
        };
        *field = part.text(FIELD_BYTES_MAX).await?;
    }
    let post = Post {
        room: room(state, caller, fields).await?,
        body: fields.body.clone(),
        thread: thread(fields)?,
        nonce: Nonce::new(fields.nonce.clone()).ok(),
        attachments,
        origin: None,
    };
    state.backend.post_message(caller, post).await?;
    Ok(())
}

/// The message to answer, if there is one.
fn thread(fields: &Fields) -> Result<Option<MessageId>> {
    let named = Some(fields.thread.as_str()).filter(|thread| !thread.is_empty());
    let read = |thread: &str| thread.parse().map_err(|_| Problem::new(Code::MessageNotFound));
    named.map(read).transpose()
}

async fn room(state: &AppState, caller: &Caller, fields: &Fields) -> Result<RoomId> {
    if fields.to.is_empty() {
        return fields.room.parse().map_err(|_| Problem::new(Code::RoomNotFound));
    }
    let other = state.backend.find_user(&fields.to).await?;
    let (room, _) = state.backend.open_direct(caller, &[other.author.id]).await?;
    Ok(room.id)
}
