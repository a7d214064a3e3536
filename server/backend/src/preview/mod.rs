//! Previews: what the pages say of themselves that a message links to.
//!
//! They come after the message, as a change of it that nobody made: the post never waits for another host. A preview
//! is words alone. A picture would make every reader's browser call the other host, which the page's policy forbids.
//! What was found is kept in the store, so a link that many post is followed once.

mod hosts;
mod page;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chat::{Message, Role, Timestamp};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use url::Url;

use self::hosts::Hosts;
use crate::{
    Backend,
    breaker::{self, Breaker, Interrupted},
    markdown::{Card, links, with_cards},
    outside::{self, Answer, Bounds, Outside},
    stamp::now,
    store::{Alteration, Change, Changed, PreviewRecord},
};

/// How many links of a message are followed.
pub const LINKS_MAX: usize = 3;
/// How many messages wait for their previews at once; those beyond get none.
pub const WAITING_MAX: usize = 200;
/// How many are worked on at once.
const WORKERS: usize = 8;
/// How far a link is followed.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(6),
    body_bytes: 512 * 1024,
    redirects: 3,
};
/// How long what was found is good for, in milliseconds.
const FRESH_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How long it is not tried again where nothing was found, in milliseconds.
const EMPTY_FRESH_MS: i64 = 60 * 60 * 1000;
/// How long all of them rest when other hosts fail one after the other.
const PAUSE: Duration = Duration::from_secs(30);

/// Follows links.
pub struct Previews {
    outside: Arc<Outside>,
    on: bool,
    waiting: AtomicUsize,
    workers: Semaphore,
    hosts: Hosts,
    breaker: Breaker,
}

impl breaker::Fault for outside::Fault {
    fn is_outage(&self) -> bool {
        Self::is_outage(*self)
    }
}

impl Previews {
    /// Follows links by this way out, if it is to.
    #[must_use]
    pub fn new(outside: Arc<Outside>, on: bool) -> Self {
        Self {
            outside,
            on,
            waiting: AtomicUsize::new(0),
            workers: Semaphore::new(WORKERS),
            hosts: Hosts::default(),
            breaker: Breaker::new("previews", BOUNDS.time + Duration::from_secs(1), PAUSE),
        }
    }

    /// What the page at this address says of itself; `None`: nothing, or it cannot be asked.
    async fn ask(&self, address: &Url) -> Option<page::Words> {
        let host = address.host_str()?;
        if !self.hosts.may_ask(host) {
            return None;
        }
        let mut request = outside::Request::get(address.clone(), BOUNDS);
        request.headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("text/html,application/xhtml+xml"),
        );
        let asked = self.breaker.call(self.outside.call(request)).await;
        match &asked {
            Ok(_) => self.hosts.note(host, true),
            Err(Interrupted::Failed(fault)) if fault.is_outage() => self.hosts.note(host, false),
            Err(Interrupted::Late) => self.hosts.note(host, false),
            Err(_) => {}
        }
        words(&asked.ok()?)
    }
}

/// What an answer says, if it is a page.
fn words(answer: &Answer) -> Option<page::Words> {
    let kind = answer.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let is_page = kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml");
    if !is_page || !answer.status.is_success() {
        return None;
    }
    let mut words = page::read(&String::from_utf8_lossy(&answer.body));
    if words.site.is_empty() {
        let host = answer.address.host_str().unwrap_or_default();
        words.site = host.strip_prefix("www.").unwrap_or(host).to_owned();
    }
    (!words.title.is_empty()).then_some(words)
}

impl Backend {
    /// Looks for previews of what a message links to, behind whoever posted it.
    pub(crate) fn seek_previews(self: &Arc<Self>, message: &Message) {
        let previews = &self.previews;
        if !previews.on || message.deleted {
            return;
        }
        let links = links(&message.html, LINKS_MAX);
        if links.is_empty() {
            return;
        }
        if previews.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            previews.waiting.fetch_sub(1, Ordering::Relaxed);
            return tracing::debug!("too many messages wait for previews: one goes without");
        }
        let (backend, message) = (Arc::clone(self), message.clone());
        tokio::spawn(async move {
            backend.show_previews(&message, links).await;
            backend.previews.waiting.fetch_sub(1, Ordering::Relaxed);
        });
    }

    async fn show_previews(self: &Arc<Self>, message: &Message, links: Vec<Url>) {
        let Ok(_worker) = self.previews.workers.acquire().await else {
            return;
        };
        let mut cards = Vec::new();
        for address in links {
            cards.extend(self.card(address).await);
        }
        if cards.is_empty() {
            return;
        }
        let change = Change {
            message: message.id,
            by: message.author.id,
            role: Role::Member,
            at: now(),
            what: Alteration::Preview {
                seen: message.html.clone(),
                html: with_cards(&message.html, &cards),
            },
        };
        if let Err(problem) = self.preview_message(change).await {
            tracing::debug!(code = problem.code.as_str(), "a preview could not be shown");
        }
    }

    /// The card of an address: as it is known, or as its page says now.
    async fn card(&self, address: Url) -> Option<Card> {
        let key: [u8; 32] = Sha256::digest(address.as_str()).into();
        let known = self.store.preview(&key).await.ok().flatten();
        let is_fresh = |known: &PreviewRecord| {
            let good_for = if known.title.is_some() {
                FRESH_MS
            } else {
                EMPTY_FRESH_MS
            };
            known.fetched_at.plus_ms(good_for) > now()
        };
        let record = match known.filter(is_fresh) {
            Some(known) => known,
            None => {
                let words = self.previews.ask(&address).await;
                let (title, words) = (
                    words.as_ref().map(|words| words.title.clone()),
                    words.unwrap_or_default(),
                );
                let found = PreviewRecord {
                    key,
                    title,
                    description: words.description,
                    site: words.site,
                    fetched_at: now(),
                };
                if let Err(error) = self.store.keep_preview(found.clone()).await {
                    tracing::debug!(%error, "a preview could not be kept");
                }
                found
            }
        };
        Some(Card {
            address: address.into(),
            title: record.title?,
            description: record.description,
            site: record.site,
        })
    }

    /// Stores what was found under a message, and tells of it.
    async fn preview_message(self: &Arc<Self>, change: Change) -> crate::Result<()> {
        let born_us = crate::stamp::now_us();
        self.carry_through(move |backend| async move {
            if let Changed::Stored(altered) = backend.store.change(change).await? {
                backend.tell_changed(*altered, born_us).await?;
            }
            Ok(())
        })
        .await
    }

    /// Forgets what is too old to be shown.
    pub(crate) async fn forget_previews(&self, now: Timestamp) {
        if let Err(error) = self.store.delete_stale_previews(now.plus_ms(-FRESH_MS)).await {
            tracing::warn!(%error, "old previews could not be forgotten; the next round tries again");
        }
    }
}
