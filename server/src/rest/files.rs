//! `/api/files`: uploads, in one go or with interruptions.

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use backend::{Caller, Code, Problem, Result, attachment::Progress};
use chat::{Attachment, AttachmentId};
use futures::TryStreamExt;
use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::payload::{Id, Payload, whole};
use crate::{
    identity::SignedIn,
    multipart::{self, Parts},
    openapi::{
        Api, Call,
        schema::{any_text, id, meaning, named, number, object, or_null},
    },
    problem::Refusal,
    state::AppState,
};

/// Where an upload stands, and where bytes that come go on, as in the protocol of tus.
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How many bytes it will have.
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");

#[derive(Serialize)]
pub(super) struct Created {
    attachment: Attachment,
}

#[derive(Deserialize)]
pub(super) struct Begin {
    name: String,
    #[serde(deserialize_with = "whole")]
    size: u64,
}

#[derive(Serialize)]
struct Upload {
    id: AttachmentId,
    offset: u64,
    size: u64,
}

#[derive(Serialize)]
struct Uploading {
    upload: Upload,
    attachment: Option<Attachment>,
}

/// The first file of a form. What else is in the form is skipped.
pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    request: Request,
) -> Result<(StatusCode, Json<Created>), Refusal> {
    let attachment = upload_first(&state, &caller, request).await?;
    Ok((StatusCode::CREATED, Json(Created { attachment })))
}

async fn upload_first(state: &AppState, caller: &Caller, request: Request) -> Result<Attachment> {
    let mut parts = Parts::of(request).await?;
    while let Some(part) = parts.next().await? {
        if let Some(name) = part.file_name() {
            let name = name.to_owned();
            return multipart::pass_on(part, |bytes| state.backend.upload_file(caller, &name, bytes)).await;
        }
        part.skip().await?;
    }
    Err(Problem::invalid("file", "is required"))
}

pub(super) async fn begin(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(Begin { name, size }): Payload<Begin>,
) -> Result<Response, Refusal> {
    let id = state.backend.begin_upload(&caller, &name, size).await?;
    let progress = Progress {
        offset: 0,
        size,
        attachment: None,
    };
    let place = [(header::LOCATION, format!("/api/files/uploads/{id}"))];
    Ok((StatusCode::CREATED, place, stands(id, progress)).into_response())
}

pub(super) async fn find(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(id): Id<AttachmentId>,
) -> Result<Response, Refusal> {
    let progress = state.backend.find_upload(&caller, id).await?;
    Ok(stands(id, progress))
}

pub(super) async fn resume(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(id): Id<AttachmentId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    let offset = headers.get(UPLOAD_OFFSET).and_then(|value| value.to_str().ok());
    let offset = offset.and_then(|text| text.parse().ok());
    let Some(offset) = offset else {
        // What is no upload of the caller's is that before anything else.
        state.backend.find_upload(&caller, id).await?;
        return Err(Problem::because(Code::Malformed, "Upload-Offset is required").into());
    };
    let bytes = request
        .into_body()
        .into_data_stream()
        .map_err(|_| multipart::ended_early());
    match state.backend.continue_upload(&caller, id, offset, bytes).await {
        Ok(progress) => Ok(stands(id, progress)),
        Err(problem) if problem.code == Code::WrongOffset => {
            let Progress { offset, size, .. } = state.backend.find_upload(&caller, id).await?;
            Ok((place(offset, size), Refusal(problem)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(super) async fn cancel(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(id): Id<AttachmentId>,
) -> Result<StatusCode, Refusal> {
    state.backend.cancel_upload(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn stands(id: AttachmentId, progress: Progress) -> Response {
    let Progress {
        offset,
        size,
        attachment,
    } = progress;
    let upload = Upload { id, offset, size };
    (place(offset, size), Json(Uploading { upload, attachment })).into_response()
}

fn place(offset: u64, size: u64) -> [(HeaderName, String); 3] {
    [
        (UPLOAD_OFFSET, offset.to_string()),
        (UPLOAD_LENGTH, size.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ]
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    api.schema("Uploaded", object(&[("attachment", named("Attachment"))], &[]));
    let upload = object(&[("id", id()), ("offset", number()), ("size", number())], &[]);
    let attachment = meaning(or_null(&named("Attachment")), "The file, once all of it is there");
    api.schema(
        "Uploading",
        object(&[("upload", upload), ("attachment", attachment)], &[]),
    );
    let file = json!({ "type": "string", "format": "binary" });
    let form = object(&[("file", file.clone())], &[]);
    api.call(
        Call::post(
            "/api/files",
            "uploadFile",
            "Uploads a file, to be sent with a message",
        )
        .detail("The first file of the form. It waits a day for its message.")
        .takes_content(json!({ "multipart/form-data": { "schema": form } }))
        .gives(201, "Uploaded")
        .refuses(&[Code::UnsupportedMediaType])
        .refuses(REFUSALS),
    );
    let name = meaning(any_text(), "What the file is called");
    let size = meaning(number(), "How many bytes it will have");
    api.call(
        Call::post(
            "/api/files/uploads",
            "beginUpload",
            "Begins an upload that may be interrupted",
        )
        .takes(object(&[("name", name), ("size", size)], &[]))
        .gives(201, "Uploading")
        .refuses(REFUSALS),
    );
    let path = "/api/files/uploads/{id}";
    let of_upload = |call: Call| call.part("id", id()).refuses(&[Code::UploadNotFound]);
    api.call(of_upload(Call::get(path, "getUpload", "How far an upload has come")).gives(200, "Uploading"));
    api.call(
        of_upload(Call::patch(path, "continueUpload", "Goes on with an upload"))
            .detail("From `Upload-Offset` on, which has to be where it stands.")
            .takes_content(json!({ "application/offset+octet-stream": { "schema": file } }))
            .gives(200, "Uploading")
            .refuses(&[Code::WrongOffset])
            .refuses(REFUSALS),
    );
    api.call(of_upload(Call::delete(path, "cancelUpload", "Gives an upload up")).gives_nothing(204));
    api.call(
        Call::get("/files/{id}/{name}", "getFile", "A file, or a part of it")
            .outside()
            .detail("For who may read its message, and for who uploaded it. The name is for people.")
            .part("id", id())
            .part("name", any_text())
            .query("width", number(), "Which of a picture's sizes")
            .gives_content(200, json!({ "*/*": { "schema": file } }))
            .gives_content(206, json!({ "*/*": { "schema": file } }))
            .refuses(&[Code::FileNotFound, Code::RangeNotSatisfiable]),
    );
}

/// Why a file is not taken.
const REFUSALS: &[Code] = &[Code::TooLarge, Code::QuotaReached];
