//! The programs elsewhere that are called: one at a time is a request, and one that does not answer is left alone for
//! a while, by address.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use dashmap::DashMap;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use thiserror::Error;
use url::Url;

use super::sign;
use crate::{
    breaker::{self, Breaker, Interrupted},
    outside::{Answer, Bounds, Fault, Outside, Request},
    stamp::now,
    store::SigningKey,
};

/// The most addresses whose state is known; beyond them all are forgotten.
const TARGETS_MAX: usize = 256;
/// For how long a target that does not answer is left alone.
pub const PAUSE: Duration = Duration::from_secs(30);
/// Longer than any call: those have limits of their own.
const BREAKER_MAX: Duration = Duration::from_secs(60);

/// Why a program was not reached.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Unreached {
    /// It did not answer a moment ago, so it was not asked.
    #[error("it did not answer a moment ago")]
    Resting,
    /// There is no answer.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// It answered that it did not take it.
    #[error("it answered {0}")]
    Status(u16),
}

impl breaker::Fault for Unreached {
    fn is_outage(&self) -> bool {
        match self {
            Self::Resting => false,
            Self::Fault(fault) => fault.is_outage(),
            Self::Status(status) => *status >= 500 || *status == 429,
        }
    }
}

/// What is sent to a program.
pub(crate) struct Letter<'a> {
    /// Where.
    pub(crate) url: &'a str,
    /// What it is signed with.
    pub(crate) key: &'a SigningKey,
    /// What it is about, and what tells it from all others.
    pub(crate) about: [(&'static str, String); 2],
    /// JSON.
    pub(crate) body: Bytes,
    /// How much of everything.
    pub(crate) bounds: Bounds,
}

/// The way to the programs.
pub struct Targets {
    outside: Arc<Outside>,
    breakers: DashMap<String, Arc<Breaker>>,
}

impl Targets {
    /// By this way out.
    #[must_use]
    pub fn new(outside: Arc<Outside>) -> Self {
        Self {
            outside,
            breakers: DashMap::new(),
        }
    }

    /// Sends it; whatever is not a success is none.
    pub(crate) async fn send(&self, letter: Letter<'_>) -> Result<Answer, Unreached> {
        let address: Url = letter.url.parse().map_err(|_| Fault::Address)?;
        let breaker = self.breaker(&address);
        let request = Request {
            method: Method::POST,
            headers: headers(&letter),
            body: letter.body,
            bounds: letter.bounds,
            address,
        };
        let call = async {
            let answer = self.outside.call(request).await?;
            if answer.status.is_success() {
                Ok(answer)
            } else {
                Err(Unreached::Status(answer.status.as_u16()))
            }
        };
        breaker.call(call).await.map_err(|interrupted| match interrupted {
            Interrupted::Refused => Unreached::Resting,
            Interrupted::Late => Unreached::Fault(Fault::Slow),
            Interrupted::Failed(unreached) => unreached,
        })
    }

    fn breaker(&self, address: &Url) -> Arc<Breaker> {
        if self.breakers.len() >= TARGETS_MAX {
            self.breakers.clear();
        }
        let target = address[url::Position::BeforeScheme..url::Position::AfterPort].to_owned();
        let fresh = || Arc::new(Breaker::new("webhook", BREAKER_MAX, PAUSE));
        Arc::clone(&self.breakers.entry(target).or_insert_with(fresh))
    }
}

fn headers(letter: &Letter<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let signature = sign::sign(letter.key, now().0 / 1000, &letter.body);
    let about = letter.about.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in about.chain([(sign::HEADER, signature.as_str())]) {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}
