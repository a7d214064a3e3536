//! `/files/{id}/{name}`: files as they are saved, shown and played.
//!
//! The name in the address is for people: nothing is found by it. Only pictures, sounds and films are served as what
//! they are; everything else is bytes to save, under a policy that lets nothing in it run.

use std::ops::Range;

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use backend::{Code, Problem, attachment::served_type};
use chat::{Attachment, AttachmentId, attachment::Kind};
use futures::TryStreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::{identity::SignedIn, middleware::AsItIs, problem::Refusal, rest::Parameters, state::AppState};

/// Nothing in a file runs, even where somebody opens it by itself.
const POLICY: &str = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Which size of a picture is wanted.
#[derive(Deserialize)]
pub(crate) struct Size {
    width: Option<u32>,
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that are not there.
    Beyond,
}

pub(crate) async fn serve(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Path((id, _)): Path<(String, String)>,
    Parameters(Size { width }): Parameters<Size>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: AttachmentId = id.parse().map_err(|_| Code::FileNotFound)?;
    let file = state.backend.find_file(&caller, id).await?;
    let tag = match width {
        None => format!("\"{id}\""),
        Some(width) => format!("\"{id}-{width}\""),
    };
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if text(header::IF_NONE_MATCH).is_some_and(|known| names(known, &tag)) {
        return Ok(dressed(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    if let Some(width) = width {
        let smaller = state.backend.read_smaller(&file, width).await?;
        let kind = [(header::CONTENT_TYPE, smaller.content_type)];
        return Ok(dressed((kind, smaller.bytes).into_response(), &tag));
    }
    // A range of another version is of no use; there never is another version, but clients ask.
    let same = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = text(header::RANGE).filter(|_| same);
    let asked = range.map_or(Asked::Whole, |range| asked(range, file.size));
    let response = match asked {
        Asked::Whole => body(&state, &file, 0..file.size).await?,
        Asked::Part(range) => {
            let span = format!("bytes {}-{}/{}", range.start, range.end - 1, file.size);
            let part = body(&state, &file, range).await?;
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, span)], part).into_response()
        }
        Asked::Beyond => {
            let span = [(header::CONTENT_RANGE, format!("bytes */{}", file.size))];
            return Ok((span, Refusal::from(Code::RangeNotSatisfiable)).into_response());
        }
    };
    Ok(dressed(response, &tag))
}

async fn body(state: &AppState, file: &Attachment, range: Range<u64>) -> Result<Response, Problem> {
    let count = range.end - range.start;
    let pieces = state.backend.read_file(file, range).await?;
    let headers = [
        (header::CONTENT_TYPE, served_type(file).to_owned()),
        (header::CONTENT_LENGTH, count.to_string()),
        (header::CONTENT_DISPOSITION, disposition(file)),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let body = Body::from_stream(pieces.inspect_err(|error| {
        tracing::warn!(%error, "a file broke off while it was read");
    }));
    Ok((headers, body).into_response())
}

/// Any `Range` asks for bytes that are there, for none, or is not understood.
#[cfg(feature = "fuzzed")]
pub(crate) fn fuzzed(range: &str, size: u64) {
    if let Asked::Part(part) = asked(range, size) {
        assert!(part.start < part.end && part.end <= size, "{part:?} of {size}");
    }
}

/// What all answers with a file have. A browser may keep one, but asks each time whether it may still show it.
fn dressed(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response.extensions_mut().insert(AsItIs);
    response
}

/// Whether it is shown in place or saved, and under which name.
fn disposition(file: &Attachment) -> String {
    let how = match file.kind() {
        Kind::File => "attachment",
        Kind::Image | Kind::Audio | Kind::Video => "inline",
    };
    let plain: String = file
        .name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._ ".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    // The last part of the address is the name, encoded; the few characters that are plain there have to be
    // encoded here.
    let encoded = file.url.rsplit('/').next().unwrap_or("file");
    let encoded: String = encoded
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || "-._~%".contains(c) => c.to_string(),
            c => format!("%{:02X}", u32::from(c)),
        })
        .collect();
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// What a `Range` asks for. One that is not understood, or asks for several parts, is not taken notice of.
fn asked(range: &str, size: u64) -> Asked {
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|span| span.trim().split_once('-'))
    else {
        return Asked::Whole;
    };
    let span = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(count)) if first.trim().is_empty() => size.saturating_sub(count)..size,
        _ => return Asked::Whole,
    };
    if span.is_empty() {
        Asked::Beyond
    } else {
        Asked::Part(span)
    }
}

/// Whether an `If-None-Match` names this tag.
fn names(known: &str, tag: &str) -> bool {
    known.trim() == "*"
        || known
            .split(',')
            .any(|one| one.trim().trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_span_within_the_file() {
        for (range, expected) in [
            ("bytes=0-", Asked::Part(0..10)),
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-5", Asked::Part(2..6)),
            ("bytes=2-500", Asked::Part(2..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-300", Asked::Part(0..10)),
            ("bytes=10-", Asked::Beyond),
            ("bytes=99-100", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=5-2", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=18446744073709551615-18446744073709551615", Asked::Beyond),
            ("bytes=99999999999999999999-", Asked::Whole),
        ] {
            assert_eq!(asked(range, 10), expected, "{range}");
        }
    }

    #[test]
    fn a_name_reaches_the_browser_whole_and_cannot_end_the_header() {
        let file = Attachment {
            id: AttachmentId(uuid::Uuid::nil()),
            name: "計画 \"a\"'.txt".to_owned(),
            content_type: "text/plain".to_owned(),
            size: 1,
            url: "/files/0/%E8%A8%88%E7%94%BB%20%22a%22'.txt".to_owned(),
            width: None,
            height: None,
            color: None,
            variants: Vec::new(),
        };
        assert_eq!(
            disposition(&file),
            "attachment; filename=\"__ _a__.txt\"; filename*=UTF-8''%E8%A8%88%E7%94%BB%20%22a%22%27.txt"
        );
    }
}
