//! Forms with files, read as they come.
//!
//! The parser behind this takes in whatever there is, however far its reader has come, and waits for the end of a
//! part's head for as long as it takes. So what it has taken in and not given out is counted here, and bounded.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request, multipart::Field},
};
use backend::{Code, Problem, Result};
use bytes::Bytes;
use chat::attachment::FILE_BYTES_MAX;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

/// The most parts of a form.
const PARTS_MAX: usize = 20;
/// The most bytes that the parser holds: what a connection brings at once, with a part's head.
const HELD_BYTES_MAX: u64 = 1024 * 1024;
/// The most bytes of a form: a file, and what is around it.
const FORM_BYTES_MAX: u64 = FILE_BYTES_MAX + HELD_BYTES_MAX;
/// How many pieces of a file wait for whoever takes them.
const PIECES_MAX: usize = 4;

/// A form's parts, one after another.
pub(crate) struct Parts {
    form: Multipart,
    held: Arc<AtomicU64>,
    count: usize,
}

/// One part of a form.
pub(crate) struct Part<'a> {
    field: Field<'a>,
    held: Arc<AtomicU64>,
}

impl Parts {
    /// The parts of a request.
    ///
    /// # Errors
    /// `unsupported_media_type` where it is no form of this kind.
    pub(crate) async fn of(request: Request) -> Result<Self> {
        let held = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&held);
        let request = request.map(|body| Body::from_stream(bounded(body, counted)));
        let form = Multipart::from_request(request, &()).await.map_err(|_| {
            Problem::because(
                Code::UnsupportedMediaType,
                "A form of multipart/form-data is expected",
            )
        })?;
        Ok(Self { form, held, count: 0 })
    }

    /// The next part.
    ///
    /// # Errors
    /// `malformed` where the form cannot be read or ends early, `too_large` for too many parts.
    pub(crate) async fn next(&mut self) -> Result<Option<Part<'_>>> {
        self.count += 1;
        if self.count > PARTS_MAX {
            return Err(Problem::because(Code::TooLarge, "The form has too many parts"));
        }
        let held = Arc::clone(&self.held);
        let field = self.form.next_field().await.map_err(|error| unreadable(&error))?;
        Ok(field.map(|field| Part { field, held }))
    }
}

impl Part<'_> {
    /// What the file is called; `None`: it is no file, or none was chosen.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.field.file_name().filter(|name| !name.is_empty())
    }

    /// The field's name.
    pub(crate) fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The next bytes.
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        let piece = self.field.chunk().await.map_err(|error| unreadable(&error))?;
        if let Some(piece) = &piece {
            // What is given out is not held any more; line ends and heads stay counted until the next part.
            let given = piece.len() as u64;
            let less = |held: u64| Some(held.saturating_sub(given));
            self.held
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                .ok();
        }
        Ok(piece)
    }

    /// Reads to its end, keeping nothing.
    ///
    /// # Errors
    /// `malformed`.
    pub(crate) async fn skip(mut self) -> Result<()> {
        while self.piece().await?.is_some() {}
        Ok(())
    }

    /// The text of a field.
    ///
    /// # Errors
    /// `malformed`, `too_large` for more than `most` bytes.
    pub(crate) async fn text(mut self, most: usize) -> Result<String> {
        let mut text = Vec::new();
        while let Some(piece) = self.piece().await? {
            if text.len() + piece.len() > most {
                return Err(Code::TooLarge.into());
            }
            text.extend_from_slice(&piece);
        }
        String::from_utf8(text).map_err(|_| Problem::because(Code::Malformed, "A field is not UTF-8"))
    }
}

/// Passes the bytes of a part on to `taker`, whose stream of them may outlive this call: where this is given up, it
/// ends with an error and not as if all had come.
pub(crate) async fn pass_on<T, F>(
    mut part: Part<'_>,
    taker: impl FnOnce(stream::BoxStream<'static, Result<Bytes>>) -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (pieces, waiting) = mpsc::channel::<Result<Option<Bytes>>>(PIECES_MAX);
    let taken = stream::unfold(Some(waiting), async |waiting| {
        let mut waiting = waiting?;
        match waiting.recv().await {
            Some(Ok(Some(piece))) => Some((Ok(piece), Some(waiting))),
            Some(Ok(None)) => None,
            Some(Err(problem)) => Some((Err(problem), None)),
            None => Some((Err(ended_early()), None)),
        }
    });
    let passing = async {
        loop {
            let piece = part.piece().await;
            let last = !matches!(piece, Ok(Some(_)));
            // Whoever takes them may have heard enough.
            if pieces.send(piece).await.is_err() || last {
                break;
            }
        }
    };
    let (result, ()) = tokio::join!(taker(taken.boxed()), passing);
    result
}

/// The body, as long as the parser gives out about as much as it takes in.
fn bounded(body: Body, held: Arc<AtomicU64>) -> impl Stream<Item = Result<Bytes, axum::BoxError>> {
    let mut all = 0;
    body.into_data_stream()
        .map_err(Into::into)
        .and_then(move |piece: Bytes| {
            let count = piece.len() as u64;
            all += count;
            let too_many = held.fetch_add(count, Ordering::Relaxed) + count > HELD_BYTES_MAX;
            std::future::ready(if too_many || all > FORM_BYTES_MAX {
                Err(OVER.into())
            } else {
                Ok(piece)
            })
        })
}

/// What [`bounded`] ends with, to be found again in the parser's error.
const OVER: &str = "the form holds more than is taken";

fn unreadable(error: &axum::extract::multipart::MultipartError) -> Problem {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(one) = cause {
        if one.to_string() == OVER {
            return Problem::because(Code::TooLarge, "The form is too large");
        }
        cause = one.source();
    }
    Problem::because(Code::Malformed, "The form cannot be read, or ended early")
}

/// The refusal of a body that broke off.
pub(crate) fn ended_early() -> Problem {
    Problem::because(Code::Malformed, "The body ended early")
}
