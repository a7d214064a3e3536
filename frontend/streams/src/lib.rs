//! Streams of the browser as streams of Rust: what Leptos' server functions need of it.
//!
//! In the place of the crate of this name, which exports three classes to JavaScript. What is exported stays in the page's
//! code whether it is used or not: 24 kB, though no island calls a server function. Here the browser gets closures,
//! which go where nobody calls them.

use std::{cell::RefCell, rc::Rc};

use futures_util::{Stream, StreamExt, stream};
use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{ReadableStreamDefaultController, ReadableStreamDefaultReader};

/// A stream of the browser that can be read.
#[derive(Clone, Debug)]
pub struct ReadableStream(web_sys::ReadableStream);

impl ReadableStream {
    /// The browser's stream as it is.
    #[must_use]
    pub fn from_raw(raw: web_sys::ReadableStream) -> Self {
        Self(raw)
    }

    /// The browser's stream.
    #[must_use]
    pub fn into_raw(self) -> web_sys::ReadableStream {
        self.0
    }

    /// Gives the browser what a stream brings, one piece whenever it asks.
    ///
    /// # Panics
    /// In a browser without streams.
    pub fn from_stream(stream: impl Stream<Item = Result<JsValue, JsValue>> + 'static) -> Self {
        let stream = Rc::new(RefCell::new(Some(stream.boxed_local())));
        let pull = move |controller: ReadableStreamDefaultController| -> Promise {
            let stream = Rc::clone(&stream);
            future_to_promise(async move {
                // The browser asks again only after this one is answered.
                let Some(mut source) = stream.take() else {
                    return Ok(JsValue::UNDEFINED);
                };
                match source.next().await {
                    Some(Ok(piece)) => {
                        controller.enqueue_with_chunk(&piece)?;
                        stream.replace(Some(source));
                    }
                    Some(Err(fault)) => controller.error_with_e(&fault),
                    None => controller.close()?,
                }
                Ok(JsValue::UNDEFINED)
            })
        };
        let pull = Closure::<dyn FnMut(ReadableStreamDefaultController) -> Promise>::new(pull);
        let source = Object::new();
        // An own property of a fresh object can always be set.
        drop(Reflect::set(&source, &"pull".into(), &pull.into_js_value()));
        Self(web_sys::ReadableStream::new_with_underlying_source(&source).expect_throw("streams"))
    }

    /// Reads the browser's stream to its end, or to the first fault.
    pub fn into_stream(self) -> impl Stream<Item = Result<JsValue, JsValue>> {
        let reader = self
            .0
            .get_reader()
            .unchecked_into::<ReadableStreamDefaultReader>();
        stream::unfold(Some(reader), |reader| async move {
            let reader = reader?;
            let read = async {
                let read = JsFuture::from(reader.read()).await?;
                let is_over = Reflect::get(&read, &"done".into())?.is_truthy();
                Ok(if is_over {
                    None
                } else {
                    Some(Reflect::get(&read, &"value".into())?)
                })
            };
            match read.await {
                Ok(piece) => piece.map(|piece| (Ok(piece), Some(reader))),
                Err(fault) => Some((Err(fault), None)),
            }
        })
    }
}
