//! Web Push: a browser is told while no page is open.
//!
//! Posting only puts a note into a bounded queue, and not even that while nobody has a subscription. One task a process
//! works through it: asks the store whom a message concerns, the presence who is looking anyway, and posts to the
//! browsers' push services what only the browser can read. Whichever instance stored a message tells of it, so it is
//! told once; what an instance had not told when it ended is not told at all.

mod encrypt;
mod send;
mod vapid;

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chat::{Call, Message, Problem, RoomId, UserId};
use metrics::counter;
use tokio::{
    sync::{OnceCell, mpsc},
    time::timeout,
};
use url::Url;

pub use encrypt::{KEY_BYTES, SECRET_BYTES};
use vapid::Vapid;

use crate::{
    Backend, Caller, Code, Credential, Result,
    outside::{ADDRESS_BYTES_MAX, Outside},
    stamp::now,
    store::Subscription,
};

/// The most messages that wait to be told of; beyond it they are not.
const NOTES_MAX: usize = 1_000;
/// How often it is asked whether anyone has a subscription: as long another instance may not know of the first one.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How many characters of a message are told.
const EXCERPT_CHARS: usize = 200;

/// What there is to tell of a message.
#[derive(Clone, Debug)]
struct Note {
    room: RoomId,
    seq: u64,
    author: UserId,
    /// Who says it, as people are called.
    who: String,
    /// What is said, or the beginning of it.
    excerpt: String,
    /// Whom it calls one by one.
    called: Vec<UserId>,
    /// Whether it calls on everyone.
    all: bool,
}

/// The telling of browsers.
pub struct Push {
    notes: mpsc::Sender<Note>,
    /// Until the work begins.
    waiting: parking_lot::Mutex<Option<mpsc::Receiver<Note>>>,
    anyone: AtomicBool,
    outside: Arc<Outside>,
    hosts: send::Hosts,
    vapid: OnceCell<Vapid>,
    contact: String,
    /// Whether services without TLS may be spoken to, as those of tests are.
    plain: bool,
}

impl Push {
    /// Nobody is told yet. `site` is where people find this site; with `plain`, services without TLS are spoken to.
    #[must_use]
    pub fn new(site: Option<&str>, outside: Arc<Outside>, plain: bool) -> Self {
        let (notes, waiting) = mpsc::channel(NOTES_MAX);
        Self {
            notes,
            waiting: parking_lot::Mutex::new(Some(waiting)),
            anyone: AtomicBool::new(false),
            outside,
            hosts: send::Hosts::default(),
            vapid: OnceCell::new(),
            contact: contact(site),
            plain,
        }
    }

    /// Notes that a message was posted. Never waits.
    pub(crate) fn note(&self, message: &Message, here: &[UserId]) {
        if !self.anyone.load(Ordering::Relaxed) {
            return;
        }
        let note = Note {
            room: message.room,
            seq: message.seq,
            author: message.author.id,
            who: message.author.display_name.clone(),
            excerpt: message.excerpt(EXCERPT_CHARS),
            called: message.mentions.iter().chain(here).copied().collect(),
            all: message.calls == Some(Call::Room),
        };
        if self.notes.try_send(note).is_err() {
            counter!("push_notes_dropped_total").increment(1);
        }
    }
}

/// Whom a push service may turn to: it wants an address of mail or of a site with TLS.
fn contact(site: Option<&str>) -> String {
    match site {
        Some(site) if site.starts_with("https://") => site.to_owned(),
        _ => "mailto:natter@localhost".to_owned(),
    }
}

/// A browser that wants to be told, as it says.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Where to post to.
    pub endpoint: String,
    /// Its public key, in base64url.
    pub p256dh: String,
    /// Its authentication secret, in base64url.
    pub auth: String,
}

impl Backend {
    /// The key that browsers subscribe to.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn push_key(&self) -> Result<String> {
        Ok(self.vapid().await?.public_key())
    }

    async fn vapid(&self) -> Result<&Vapid> {
        let push = &self.push;
        let load = || async {
            let contact = push.contact.clone();
            let loaded = Vapid::load(&*self.store, contact).await?;
            loaded.ok_or_else(|| {
                tracing::error!("the key for push services cannot be read");
                Problem::new(Code::Internal)
            })
        };
        push.vapid.get_or_try_init(load).await
    }

    /// Has a browser of the caller told from now on; it ends with the caller's session.
    ///
    /// # Errors
    /// `invalid` for the fields at fault, `unavailable`.
    pub async fn subscribe_push(&self, caller: &Caller, browser: Browser) -> Result<()> {
        let subscription = self.check_browser(caller, browser)?;
        self.store.subscribe(subscription).await?;
        self.push.anyone.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Ends that.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn unsubscribe_push(&self, caller: &Caller, endpoint: &str) -> Result<()> {
        self.store.unsubscribe(endpoint, Some(caller.id())).await?;
        Ok(())
    }

    fn check_browser(&self, caller: &Caller, browser: Browser) -> Result<Subscription> {
        let Browser {
            endpoint,
            p256dh,
            auth,
        } = browser;
        let is_address = Url::parse(&endpoint).is_ok_and(|url| {
            let speaks = url.scheme() == "https" || (self.push.plain && url.scheme() == "http");
            speaks && url.host().is_some() && url.username().is_empty() && url.password().is_none()
        });
        if !is_address || endpoint.len() > ADDRESS_BYTES_MAX {
            return Err(Problem::invalid("endpoint", "must be an https address"));
        }
        let decode = |text: &str| {
            URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .unwrap_or_default()
        };
        let (key, secret) = (decode(&p256dh), decode(&auth));
        if encrypt::encrypt(b"", &key, &secret).is_err() || key.len() != KEY_BYTES {
            return Err(Problem::invalid("p256dh", "must be a point of the curve P-256"));
        }
        if secret.len() != SECRET_BYTES {
            return Err(Problem::invalid("auth", "must be 16 bytes"));
        }
        Ok(Subscription {
            endpoint,
            user: caller.id(),
            session: match caller.credential {
                Credential::Session(session) => Some(session),
                Credential::Token(_) | Credential::Webhook(_) | Credential::Command(_) => None,
            },
            key,
            secret,
            created_at: now(),
        })
    }
}

/// Begins to tell, for as long as there is a backend.
pub(crate) fn start(backend: &Arc<Backend>) {
    let waiting = backend.push.waiting.lock().take();
    if let Some(notes) = waiting {
        tokio::spawn(tell(Arc::downgrade(backend), notes));
    }
}

async fn tell(backend: Weak<Backend>, mut notes: mpsc::Receiver<Note>) {
    loop {
        let Some(here) = backend.upgrade() else { return };
        match here.store.anyone_subscribes().await {
            Ok(anyone) => here.push.anyone.store(anyone, Ordering::Relaxed),
            Err(error) => tracing::debug!(%error, "nobody knows who wants to be told"),
        }
        drop(here);
        let until = tokio::time::Instant::now() + LOOK_EVERY;
        while let Ok(note) = timeout(until - tokio::time::Instant::now(), notes.recv()).await {
            let (Some(note), Some(backend)) = (note, backend.upgrade()) else {
                return;
            };
            if let Err(problem) = backend.tell_browsers(&note).await {
                tracing::warn!(%problem, "browsers could not be told of a message");
            }
            if tokio::time::Instant::now() >= until {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_service_gets_an_address_that_it_takes() {
        assert_eq!(
            contact(Some("https://chat.example.org")),
            "https://chat.example.org"
        );
        for site in [None, Some("http://chat.example.org")] {
            assert_eq!(contact(site), "mailto:natter@localhost");
        }
    }
}
