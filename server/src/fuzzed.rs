//! What the fuzzer calls at the doors; the use cases' readers are in `backend/src/fuzzed.rs`. Compiled with the feature
//! `fuzzed` only; the inputs come from `deploy/fuzz/cargo`.

use axum::body::Body;
use futures::executor::block_on;
use http::{Request, header};

use crate::{files, multipart::Parts, rest, ws};

/// The most bytes of a form's field, as everywhere.
const FIELD_BYTES_MAX: usize = 1024;

/// Bytes on a socket, as they came and cut into pieces.
pub fn frames(bytes: &[u8], piece: usize) {
    ws::fuzzed::frames(bytes, piece);
}

/// A text on a socket.
pub fn text_frames(text: &str) {
    ws::fuzzed::text_frames(text);
}

/// The `Range` of a download.
pub fn range(range: &str, size: u64) {
    files::fuzzed(range, size);
}

/// What is posted at an incoming webhook.
pub fn webhook(kind: &str, body: &[u8]) {
    rest::fuzzed(kind, body);
}

/// The form of an upload: any bytes are parts or refused, and reading them ends.
pub fn form(body: &[u8]) {
    let request = Request::post("/api/files").header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
    let Ok(request) = request.body(Body::from(body.to_vec())) else {
        return;
    };
    block_on(async {
        let Ok(mut parts) = Parts::of(request).await else {
            return;
        };
        while let Ok(Some(part)) = parts.next().await {
            match part.file_name().map(str::to_owned) {
                Some(name) => {
                    backend::fuzzed::file_name(&name);
                    if part.skip().await.is_err() {
                        return;
                    }
                }
                None => {
                    if part.text(FIELD_BYTES_MAX).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
}
