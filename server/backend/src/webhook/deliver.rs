//! Tells outgoing webhooks what was written.
//!
//! The log of each room is the queue: a webhook has a cursor in it, as a live connection has, and is told everything
//! after that in the order of `rev`, each message in its present state. So there is nothing to store when somebody
//! writes, nothing to overflow and nothing to lose. An instance claims a cursor for a while before it tells, so that one
//! of them tells each thing; what it did not move on in that time is told once more by another one. A receiver tells
//! repetitions by `natter-delivery`, which is the same each time.
//!
//! What a target does not take is tried again, later each time; after [`ATTEMPTS_MAX`] times the webhook is stopped, and
//! goes on there when somebody says so.

use std::{collections::HashSet, sync::Arc, time::Duration};

use bytes::Bytes;
use chat::{Code, Message, RoomId, Timestamp};
use futures::{FutureExt, StreamExt};
use serde::Serialize;
use tokio::{task::JoinSet, time::MissedTickBehavior};

use super::target::{Letter, PAUSE, Unreached};
use crate::{
    Backend, Event, Result,
    bus::{Delivery, Subscription},
    event::Logged,
    outside::Bounds,
    stamp::now,
    store::{Claim, Cursor, Outgoing, RoomRecord, Stop},
};

/// How often something is tried before the webhook is stopped: for about an hour and a half.
pub const ATTEMPTS_MAX: u32 = 10;
/// How much later the second try is; each later one waits twice as long.
const PAUSE_MS: i64 = 5_000;
/// The longest pause between two tries.
const PAUSE_MAX_MS: i64 = 60 * 60 * 1_000;
/// The most revisions that a webhook is told after the fact. Whoever was away for longer has missed what is older.
pub const BEHIND_MAX: u64 = 1_000;

/// How long an instance has a cursor for one request. Longer than a request may take.
const CLAIM_MS: i64 = 15_000;
/// How many cursors an instance is at.
const CURSORS_MAX: usize = 16;
/// How many revisions are read at once.
const REVISIONS_MAX: u64 = 50;
/// How long until all cursors are looked at, whatever happens: for what is to be tried again, and for what others left.
const ROUND: Duration = Duration::from_secs(2);
/// In how many rooms something new is known of by itself; beyond that, all cursors are looked at.
const ROOMS_MAX: usize = 200;
/// How often it is looked whether there are webhooks, and channels that they do not know. What changes here is known at
/// once.
const LOOK: Duration = Duration::from_secs(30);
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(10),
    body_bytes: 1_024,
    redirects: 0,
};

/// What a target is told.
#[derive(Serialize)]
struct Told<'a> {
    event: &'static str,
    webhook: String,
    room: Place<'a>,
    message: &'a Message,
}

#[derive(Serialize)]
struct Place<'a> {
    id: String,
    slug: &'a str,
    name: &'a str,
}

/// How the telling of one thing ended.
enum Ended {
    Told,
    /// To be tried again.
    Refused(Unreached),
}

/// What an instance knows of its work.
#[derive(Default)]
struct Desk {
    /// Whether there is anything to tell.
    has_webhooks: bool,
    /// Whether that was looked at lately.
    is_known: bool,
    /// Where something may be left to tell.
    news: News,
    /// Each ends with the room that it was about.
    at_work: JoinSet<RoomId>,
}

/// Where something was written that may not have been told.
#[derive(Debug, Default, PartialEq, Eq)]
struct News {
    /// Nobody knows where: what the bus lost, what is to be tried again.
    everywhere: bool,
    /// In these rooms.
    rooms: HashSet<RoomId>,
    /// In rooms in which nothing was before, so that there may be no cursors in them.
    new_rooms: bool,
}

impl News {
    fn is_empty(&self) -> bool {
        !self.everywhere && self.rooms.is_empty()
    }

    fn hear(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Gap => {
                self.everywhere = true;
                self.new_rooms = true;
            }
            Delivery::Event(event) => match &**event {
                Event::Logged(Logged { room, seq, .. }) => {
                    self.new_rooms |= *seq == 1;
                    self.add(*room);
                }
                Event::Reached { room, .. } => self.add(*room),
                _ => {}
            },
        }
    }

    fn add(&mut self, room: RoomId) {
        if self.rooms.len() < ROOMS_MAX {
            self.rooms.insert(room);
        } else {
            self.everywhere = true;
        }
    }

    fn merge(&mut self, more: Self) {
        self.everywhere |= more.everywhere;
        self.new_rooms |= more.new_rooms;
        more.rooms.into_iter().for_each(|room| self.add(room));
    }

    /// The rooms to look into; `None`: all.
    fn rooms(&self) -> Option<Vec<RoomId>> {
        (!self.everywhere).then(|| self.rooms.iter().copied().collect())
    }
}

impl Backend {
    /// Tells all outgoing webhooks what is written, for as long as the process runs.
    pub async fn tell_webhooks(self: Arc<Self>) {
        let mut events = self.bus.subscribe();
        let mut look = tokio::time::interval(LOOK);
        let mut round = tokio::time::interval(ROUND);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut desk = Desk::default();
        loop {
            let has_webhooks = desk.has_webhooks;
            tokio::select! {
                news = wait_for_news(&mut events) => match news {
                    None => return,
                    Some(news) => {
                        desk.is_known &= !news.new_rooms || !has_webhooks;
                        desk.news.merge(news);
                    }
                },
                // More may have been written there meanwhile; what ended otherwise is looked for everywhere.
                Some(ended) = desk.at_work.join_next() => match ended {
                    Ok(room) => desk.news.add(room),
                    Err(_) => desk.news.everywhere = true,
                },
                () = self.webhooks_changed.notified() => desk.look_anew(),
                _ = look.tick() => desk.look_anew(),
                _ = round.tick(), if has_webhooks => desk.news.everywhere = true,
            }
            if let Err(problem) = self.claim_and_tell(&mut desk).await {
                tracing::debug!(%problem, "webhooks wait");
                tokio::time::sleep(ROUND).await;
            }
        }
    }

    async fn claim_and_tell(self: &Arc<Self>, desk: &mut Desk) -> Result<()> {
        if !desk.is_known {
            desk.has_webhooks = self.store.has_outgoing().await?;
            if desk.has_webhooks {
                self.store.follow_new_rooms().await?;
            }
            desk.is_known = true;
        }
        if !desk.has_webhooks {
            desk.news = News::default();
        }
        let free = CURSORS_MAX.saturating_sub(desk.at_work.len());
        if free == 0 || desk.news.is_empty() {
            return Ok(());
        }
        let claim = Claim {
            rooms: desk.news.rooms(),
            now: now(),
            until: now().plus_ms(CLAIM_MS),
            limit: free as u64,
        };
        let claimed = self.store.claim_cursors(claim).await?;
        if claimed.len() < free {
            // Whatever else there was is claimed.
            desk.news = News::default();
        }
        if claimed.is_empty() {
            return Ok(());
        }
        let webhooks = self.store.outgoing().await?;
        for cursor in claimed {
            let Some(webhook) = webhooks.iter().find(|webhook| webhook.id == cursor.webhook) else {
                continue;
            };
            let (backend, webhook) = (Arc::clone(self), webhook.clone());
            desk.at_work.spawn(async move {
                if let Err(problem) = backend.tell_from(&webhook, cursor).await {
                    tracing::debug!(%problem, "a webhook is told later");
                }
                cursor.room
            });
        }
        Ok(())
    }

    /// Tells a webhook what comes after its cursor, which was claimed, until something is not taken.
    async fn tell_from(&self, webhook: &Outgoing, claimed: Cursor) -> Result<()> {
        let record = self.room_record(claimed.room).await?;
        let changes = self
            .store
            .changes(claimed.room, claimed.rev, REVISIONS_MAX)
            .await?;
        let changes = changes.ok_or(Code::RoomNotFound)?;
        let (mut at, mut seen) = (claimed, claimed);
        let oldest = changes.head.last_rev.saturating_sub(BEHIND_MAX);
        for message in &changes.messages {
            let posted = message.seq > seen.seq;
            let wanted = (posted || webhook.changes) && message.rev > oldest;
            // A channel that has become private is the business of its members alone.
            if wanted && (webhook.room.is_some() || !record.private) {
                match self.tell(webhook, &record, message, posted).await {
                    Ended::Told => {}
                    Ended::Refused(why) => return self.try_again(webhook, at, seen, why).await,
                }
                let told = after(seen, message, now().plus_ms(CLAIM_MS));
                if !self.store.move_cursor(at, told).await? {
                    return Ok(());
                }
                at = told;
            }
            seen = after(seen, message, at.due_at);
        }
        let free = Cursor {
            due_at: Timestamp(0),
            ..seen
        };
        self.store.move_cursor(at, free).await?;
        Ok(())
    }

    async fn tell(&self, webhook: &Outgoing, room: &RoomRecord, message: &Message, posted: bool) -> Ended {
        let event = if posted { "message" } else { "changed" };
        let told = Told {
            event,
            webhook: webhook.id.to_string(),
            room: Place {
                id: room.id.to_string(),
                slug: &room.slug,
                name: &room.name,
            },
            message,
        };
        let letter = Letter {
            url: &webhook.url,
            key: &webhook.key,
            about: [
                ("natter-event", event.to_owned()),
                (
                    "natter-delivery",
                    format!("{}.{}.{}", webhook.id, room.id, message.rev),
                ),
            ],
            body: Bytes::from(serde_json::to_vec(&told).unwrap_or_default()),
            bounds: BOUNDS,
        };
        match self.targets.send(letter).await {
            Ok(_) => Ended::Told,
            Err(why) => Ended::Refused(why),
        }
    }

    /// Notes that what follows `seen` was not taken, and when it is tried again.
    async fn try_again(&self, webhook: &Outgoing, at: Cursor, seen: Cursor, why: Unreached) -> Result<()> {
        let attempts = match why {
            // It was not even tried.
            Unreached::Resting => seen.attempts,
            _ => seen.attempts + 1,
        };
        let gone = why == Unreached::Status(410);
        let later = Cursor {
            attempts,
            due_at: now().plus_ms(pause_ms(attempts, why)),
            ..seen
        };
        let moved = self.store.move_cursor(at, later).await?;
        if moved && (gone || attempts >= ATTEMPTS_MAX) {
            let stop = Stop {
                at: now(),
                fault: why.to_string(),
            };
            self.store.stop_outgoing(webhook.id, Some(stop)).await?;
            tracing::info!(webhook = %webhook.id, %why, "a webhook was stopped");
        }
        Ok(())
    }
}

impl Desk {
    /// Webhooks may have come, gone or been let go on.
    const fn look_anew(&mut self) {
        self.is_known = false;
        self.news.everywhere = true;
    }
}

/// Waits until something may have to be told, and takes what came with it; `None`: the bus has ended.
async fn wait_for_news(events: &mut Subscription) -> Option<News> {
    let mut news = News::default();
    loop {
        news.hear(&events.next().await?);
        while let Some(more) = events.next().now_or_never() {
            news.hear(&more?);
        }
        if !news.is_empty() {
            return Some(news);
        }
    }
}

const fn after(cursor: Cursor, message: &Message, due_at: Timestamp) -> Cursor {
    let seq = if message.seq > cursor.seq {
        message.seq
    } else {
        cursor.seq
    };
    Cursor {
        rev: message.rev,
        seq,
        attempts: 0,
        due_at,
        ..cursor
    }
}

fn pause_ms(attempts: u32, why: Unreached) -> i64 {
    if why == Unreached::Resting {
        return i64::try_from(PAUSE.as_millis()).unwrap_or(PAUSE_MAX_MS);
    }
    let factor = 1_i64.checked_shl(attempts.saturating_sub(1)).unwrap_or(i64::MAX);
    PAUSE_MS.saturating_mul(factor.max(1)).min(PAUSE_MAX_MS)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_new_in_too_many_rooms_is_looked_for_everywhere() {
        let mut news = News::default();
        let room = |number| RoomId(Uuid::from_u128(number));
        (0..10).for_each(|_| news.add(room(1)));
        assert_eq!(news.rooms(), Some(vec![room(1)]));
        (0..300).for_each(|number| news.add(room(number)));
        assert_eq!((news.rooms(), news.rooms.len()), (None, ROOMS_MAX));
    }

    #[test]
    fn each_try_waits_twice_as_long_up_to_an_hour() {
        let pauses: Vec<i64> = (1..=ATTEMPTS_MAX)
            .map(|attempts| pause_ms(attempts, Unreached::Status(500)) / 1_000)
            .collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560]);
        assert_eq!(pause_ms(40, Unreached::Status(500)), PAUSE_MAX_MS);
    }
}
