//! Telling browsers of one message.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use chat::{Level, RoomKind, Status, UserId};
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use metrics::counter;
use parking_lot::Mutex;
use serde::Serialize;
use thiserror::Error;
use url::Url;

use super::{
    Note,
    encrypt::{PLAIN_BYTES_MAX, encrypt},
};
use crate::{
    Backend, Result,
    breaker::{self, Breaker, Interrupted},
    outside::{self, Bounds, Request},
    stamp::now,
    store::{Called, Listener, RoomRecord, Subscription},
};

/// The most browsers that are told of one message.
const BROWSERS_MAX: u64 = 1_000;
/// How many are told at the same time.
const AT_ONCE: usize = 16;
/// How long one push service may take.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(10),
    body_bytes: 1_024,
    redirects: 0,
};
/// How long a push service keeps what a browser that is off does not fetch, in seconds.
const KEPT_S: &str = "86400";
/// How long a service that does not answer is left alone.
const PAUSE: Duration = Duration::from_secs(30);
/// Of how many services it is remembered how they are.
const HOSTS_MAX: usize = 64;

/// How push services are doing, by host.
#[derive(Default)]
pub(super) struct Hosts(Mutex<Vec<(String, Arc<Breaker>)>>);

impl Hosts {
    fn breaker(&self, host: &str) -> Arc<Breaker> {
        let mut hosts = self.0.lock();
        if let Some((_, known)) = hosts.iter().find(|(name, _)| name == host) {
            return Arc::clone(known);
        }
        if hosts.len() >= HOSTS_MAX {
            hosts.remove(0);
        }
        let breaker = Arc::new(Breaker::new("push", BOUNDS.time + Duration::from_secs(1), PAUSE));
        hosts.push((host.to_owned(), Arc::clone(&breaker)));
        breaker
    }
}

/// Why a browser was not told.
#[derive(Debug, Error)]
enum Untold {
    /// The service has no such browser any more.
    #[error("the browser is gone")]
    Gone,
    /// The service refused it, or is overloaded.
    #[error("the push service answered {0}")]
    Status(u16),
    #[error(transparent)]
    Outside(#[from] outside::Fault),
    /// It could not be written.
    #[error("it could not be encrypted")]
    Sealed,
}

impl breaker::Fault for Untold {
    fn is_outage(&self) -> bool {
        match self {
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Outside(fault) => fault.is_outage(),
            Self::Gone | Self::Sealed => false,
        }
    }
}

/// What the service worker is given.
#[derive(Serialize)]
struct Letter<'a> {
    title: String,
    body: &'a str,
    /// Where a click leads to.
    url: String,
    /// A later one of the same room takes its place.
    tag: String,
}

impl Backend {
    /// Tells those whom a message concerns, who want to hear of it now and are not looking.
    pub(super) async fn tell_browsers(&self, note: &Note) -> Result<()> {
        let room = self.room_record(note.room).await?;
        let called = Called {
            room: note.room,
            users: note.called.clone(),
            all: note.all || room.kind == RoomKind::Direct,
        };
        let listeners = self.store.audience(&called, BROWSERS_MAX).await?;
        let named: HashSet<UserId> = note.called.iter().copied().collect();
        let (time, author) = (now(), note.author);
        let mut told: Vec<Listener> = listeners
            .into_iter()
            .filter(|listener| listener.subscription.user != author)
            .filter(|listener| {
                let calls = note.all || named.contains(&listener.subscription.user);
                wants(listener, room.kind, calls) && !listener.quiet.holds(time)
            })
            .collect();
        let users: Vec<UserId> = told.iter().map(|listener| listener.subscription.user).collect();
        let statuses = self.presence.statuses(&users).await;
        let mut statuses = statuses.into_iter();
        told.retain(|_| statuses.next().flatten() != Some(Status::Online));
        if told.is_empty() {
            return Ok(());
        }
        let letter = letter(note, &room);
        let each = stream::iter(told.into_iter().map(|listener| listener.subscription));
        each.for_each_concurrent(AT_ONCE, |browser| self.tell_browser(browser, &letter))
            .await;
        Ok(())
    }

    async fn tell_browser(&self, browser: Subscription, letter: &[u8]) {
        let result = match self.post_to(&browser, letter).await {
            Ok(()) => "told",
            Err(Interrupted::Failed(Untold::Gone)) => {
                if let Err(error) = self.store.unsubscribe(&browser.endpoint, None).await {
                    tracing::warn!(%error, "a browser that is gone could not be forgotten");
                }
                "gone"
            }
            Err(error) => {
                tracing::debug!(%error, "a browser could not be told");
                "failed"
            }
        };
        counter!("push_total", "result" => result).increment(1);
    }

    async fn post_to(&self, browser: &Subscription, letter: &[u8]) -> Result<(), Interrupted<Untold>> {
        let address: Url = browser
            .endpoint
            .parse()
            .map_err(|_| Interrupted::Failed(outside::Fault::Address.into()))?;
        let breaker = self.push.hosts.breaker(address.host_str().unwrap_or_default());
        breaker
            .call(async {
                let request = self.sealed(address, browser, letter).await?;
                let answer = self.push.outside.call(request).await?;
                match answer.status.as_u16() {
                    404 | 410 => Err(Untold::Gone),
                    _ if answer.status.is_success() => Ok(()),
                    status => Err(Untold::Status(status)),
                }
            })
            .await
    }

    async fn sealed(&self, address: Url, browser: &Subscription, letter: &[u8]) -> Result<Request, Untold> {
        let body = encrypt(letter, &browser.key, &browser.secret).map_err(|_| Untold::Sealed)?;
        let vapid = self.vapid().await.map_err(|_| Untold::Sealed)?;
        let origin = address.origin().ascii_serialization();
        let authorization = vapid.authorization(&origin, now()).map_err(|_| Untold::Sealed)?;
        let authorization = HeaderValue::try_from(authorization).map_err(|_| Untold::Sealed)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization);
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
        let octets = HeaderValue::from_static("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, octets);
        headers.insert("ttl", HeaderValue::from_static(KEPT_S));
        headers.insert("urgency", HeaderValue::from_static("high"));
        Ok(Request {
            method: Method::POST,
            address,
            headers,
            body: Bytes::from(body),
            bounds: BOUNDS,
        })
    }
}

/// Whether someone wants to hear of a message, by what is chosen for its room.
fn wants(listener: &Listener, kind: RoomKind, calls: bool) -> bool {
    let notify = listener.notify;
    !notify.muted
        && match notify.level.unwrap_or(Level::of_kind(kind)) {
            Level::All => true,
            Level::Mentions => calls,
            Level::Nothing => false,
        }
}

fn letter(note: &Note, room: &RoomRecord) -> Vec<u8> {
    let letter = Letter {
        title: match room.kind {
            RoomKind::Channel => format!("{} in #{}", note.who, room.name),
            RoomKind::Direct => note.who.clone(),
        },
        body: &note.excerpt,
        url: format!("/rooms/{}/{}", room.slug, note.seq),
        tag: note.room.to_string(),
    };
    let text = serde_json::to_vec(&letter).unwrap_or_default();
    // Names and excerpts are short: this is for whoever makes them longer.
    debug_assert!(text.len() <= PLAIN_BYTES_MAX);
    text
}

#[cfg(test)]
mod tests {
    use chat::{Notify, Quiet, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn listener(level: Option<Level>, muted: bool) -> Listener {
        Listener {
            notify: Notify { level, muted },
            quiet: Quiet::default(),
            subscription: Subscription {
                endpoint: String::new(),
                user: UserId(Uuid::nil()),
                session: None,
                key: Vec::new(),
                secret: Vec::new(),
                created_at: Timestamp(0),
            },
        }
    }

    #[test]
    fn the_table_of_who_is_told_of_what_is_this() {
        // In a channel: of a call, of anything; in a direct room: of anything.
        let table = [
            (None, [true, false, true]),
            (Some(Level::All), [true, true, true]),
            (Some(Level::Mentions), [true, false, false]),
            (Some(Level::Nothing), [false, false, false]),
        ];
        for (level, expected) in table {
            let told = |muted| {
                let listener = listener(level, muted);
                [
                    wants(&listener, RoomKind::Channel, true),
                    wants(&listener, RoomKind::Channel, false),
                    wants(&listener, RoomKind::Direct, false),
                ]
            };
            assert_eq!(told(false), expected, "{level:?}");
            assert_eq!(told(true), [false; 3], "{level:?}, muted");
        }
    }
}
