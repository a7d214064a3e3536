//! Posting: what waits while the writer is busy becomes one job of a few statements, whatever rooms it is for.
//!
//! Each statement is a way to the writer's thread and back, which costs more than what it does there. A post that comes
//! alone is written as it is; under load a hundred share what one costs.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, OnceLock},
};

use chat::{Message, Nonce};
use parking_lot::Mutex;
use serde::Serialize;
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use super::{
    batch::{insert, number},
    messages::{Append, append, refuse},
    rows::{hex, json, json_object},
    statement::statements,
    writer::{Job, Writer},
};
use crate::store::{Appended, NewMessage, StoreError, Stored};

/// The most messages of one job.
const TOGETHER_MAX: usize = 256;
/// The most messages that wait.
const WAITING_MAX: usize = 4_096;

statements! {
    /// For each message, whether its author may post now and has not used its nonce before.
    MAY_POST = "SELECT EXISTS (SELECT 1 FROM members x CROSS JOIN rooms r ON r.id = x.room
                               WHERE x.room = unhex(j.value ->> 'room') AND x.user = unhex(j.value ->> 'author')
                                 AND r.archived_at IS NULL
                                 AND (j.value ->> 'exempt' OR r.slow_s IS NULL OR x.posted_at IS NULL
                                      OR x.posted_at + r.slow_s * 1000 <= j.value ->> 'created_at'))
                   AND NOT EXISTS (SELECT 1 FROM messages
                                   WHERE author = unhex(j.value ->> 'author') AND nonce = j.value ->> 'nonce')
                FROM json_each(?1) j ORDER BY j.key";
    /// Who posts has read what came before, and has posted then.
    MARK = "UPDATE members SET read_seq = ?1 ->> ('$.\"' || hex(room) || hex(user) || '\".seq'),
                               posted_at = ?1 ->> ('$.\"' || hex(room) || hex(user) || '\".created_at')
            WHERE (room, user) IN (SELECT unhex(substr(j.key, 1, 32)), unhex(substr(j.key, 33)) FROM json_each(?1) j)";
}

/// Where messages are posted.
#[derive(Clone)]
pub(super) struct Posts {
    writer: Arc<Writer>,
    waiting: Arc<Mutex<Vec<Pending>>>,
}

/// A message with the way back to whoever posts it.
struct Pending {
    message: NewMessage,
    reply: oneshot::Sender<Stored<Appended>>,
}

impl Posts {
    pub(super) fn new(writer: Arc<Writer>) -> Self {
        Self {
            writer,
            waiting: Arc::default(),
        }
    }

    /// Posts `message`, once it is durable. A caller who stops waiting does not undo it.
    pub(super) async fn append(&self, message: NewMessage) -> Stored<Appended> {
        let (reply, answer) = oneshot::channel();
        let alone = {
            let mut waiting = self.waiting.lock();
            if waiting.len() >= WAITING_MAX {
                return Err(StoreError::unavailable("too many messages wait to be written"));
            }
            waiting.push(Pending { message, reply });
            waiting.len() == 1
        };
        if alone {
            // Whoever comes while this one waits for the writer goes with it.
            tokio::spawn(self.clone().write());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the writing of messages has ended")))
    }

    async fn write(self) {
        let together = Arc::new(Together::new(self.clone()));
        let written = self.writer.run(AppendTogether(Arc::clone(&together))).await;
        let Taken { messages, replies } = together.taken();
        let replies = std::mem::take(&mut *replies.lock());
        match written {
            Ok(results) => {
                for (reply, result) in replies.into_iter().zip(results) {
                    // Whoever no longer waits is not told; what was written stays.
                    reply.send(Ok(result)).ok();
                }
            }
            Err(StoreError::Failed(error)) => {
                tracing::warn!(%error, posts = messages.len(), "messages were refused, they are written one by one");
                for (message, reply) in messages.iter().cloned().zip(replies) {
                    reply.send(self.writer.run(Append(message)).await).ok();
                }
            }
            Err(error) => {
                tracing::warn!(%error, posts = messages.len(), "messages could not be written");
                for reply in replies {
                    let again = StoreError::unavailable("the messages could not be written");
                    reply.send(Err(again)).ok();
                }
            }
        }
    }
}

/// What is written in one job: decided only when its turn comes, so that as many as possible are part of it.
struct Together {
    posts: Posts,
    taken: OnceLock<Taken>,
}

struct Taken {
    messages: Vec<NewMessage>,
    replies: Mutex<Vec<oneshot::Sender<Stored<Appended>>>>,
}

impl Together {
    const fn new(posts: Posts) -> Self {
        Self {
            posts,
            taken: OnceLock::new(),
        }
    }

    fn taken(&self) -> &Taken {
        self.taken.get_or_init(|| {
            let mut waiting = self.posts.waiting.lock();
            let count = waiting.len().min(TOGETHER_MAX);
            let (messages, replies) = waiting.drain(..count).map(|it| (it.message, it.reply)).unzip();
            if !waiting.is_empty() {
                tokio::spawn(self.posts.clone().write());
            }
            Taken {
                messages,
                replies: Mutex::new(replies),
            }
        })
    }
}

struct AppendTogether(Arc<Together>);

impl Job for AppendTogether {
    type Output = Vec<Appended>;
    const OP: &'static str = "append";

    fn writes(&self) -> usize {
        self.0.taken().messages.len()
    }

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Vec<Appended>> {
        match &*self.0.taken().messages {
            [one] => Ok(vec![append(one, None, tx).await?]),
            messages => append_all(messages, tx).await,
        }
    }
}

/// What becomes of each of the messages, in their order.
async fn append_all(messages: &[NewMessage], tx: &mut SqliteConnection) -> Stored<Vec<Appended>> {
    let mut authors = HashSet::new();
    // One of each author: what else they post depends on it, as on its nonce, and comes after it. Files are asked for one
    // by one.
    let (firsts, others): (Vec<_>, Vec<_>) = messages
        .iter()
        .enumerate()
        .partition(|(_, new)| authors.insert(new.author.id) && new.attachments.is_empty());
    let mut results: Vec<(usize, Appended)> = append_firsts(&firsts, tx).await?;
    for (place, new) in others {
        results.push((place, append(new, None, tx).await?));
    }
    results.sort_unstable_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// The same for messages of different authors, in a few statements.
async fn append_firsts(
    firsts: &[(usize, &NewMessage)],
    tx: &mut SqliteConnection,
) -> Stored<Vec<(usize, Appended)>> {
    let lines: Vec<Line<'_>> = firsts.iter().map(|(_, new)| Line::new(new)).collect();
    let may: Vec<bool> = MAY_POST.scalar().bind(json(&lines)).fetch_all(&mut *tx).await?;
    let fresh: Vec<&NewMessage> = firsts
        .iter()
        .zip(&may)
        .filter_map(|((_, new), may)| may.then_some(*new))
        .collect();
    let stored = number(&fresh, tx).await?;
    insert(&fresh, &stored, tx).await?;
    let marks: BTreeMap<String, Mark> = stored.iter().map(mark).collect();
    MARK.query().bind(json_object(&marks)).execute(&mut *tx).await?;
    let mut stored = stored.into_iter();
    let mut results = Vec::with_capacity(firsts.len());
    for ((place, new), may) in firsts.iter().zip(may) {
        let result = match if may { stored.next() } else { None } {
            Some(message) => Appended::Stored(message),
            None => refuse(new, tx).await?,
        };
        results.push((*place, result));
    }
    Ok(results)
}

/// A message as [`MAY_POST`] reads it.
#[derive(Serialize)]
struct Line<'a> {
    room: String,
    author: String,
    nonce: Option<&'a str>,
    created_at: i64,
    /// Whether slow mode does not hold.
    exempt: bool,
}

impl<'a> Line<'a> {
    fn new(new: &'a NewMessage) -> Self {
        Self {
            room: hex(new.room.0),
            author: hex(new.author.id.0),
            nonce: new.nonce.as_ref().map(Nonce::as_str),
            created_at: new.created_at.0,
            exempt: new.exempt,
        }
    }
}

/// What [`MARK`] reads of a message, under its room's id and its author's.
#[derive(Serialize)]
struct Mark {
    seq: u64,
    created_at: i64,
}

fn mark(message: &Message) -> (String, Mark) {
    let whose = [hex(message.room.0), hex(message.author.id.0)].concat();
    let mark = Mark {
        seq: message.seq,
        created_at: message.created_at.0,
    };
    (whose.to_uppercase(), mark)
}
