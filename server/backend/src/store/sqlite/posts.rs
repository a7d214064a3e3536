//! Posting: what waits while the writer is busy becomes one job of a few statements, whatever rooms it is for.
//!
//! Each statement is a way to the writer's thread and back, which costs more than what it does there. A post that comes
//! alone is written as it is; under load a hundred share what one costs.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use chat::{Message, Nonce, UserId};
use parking_lot::Mutex;
use serde::Serialize;
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use super::{
    batch::{insert, number},
    messages::{Append, append, refuse},
    rows::{hex, json},
    statement::statements,
    writer::{Job, Writer},
};
use crate::store::{Appended, NewMessage, StoreError, Stored};

/// The most messages of one job.
const TOGETHER_MAX: usize = 256;
/// The most messages that wait.
const WAITING_MAX: usize = 4_096;

statements! {
    /// For each message, whether its author may post and has not used its nonce before.
    MAY_POST = "SELECT EXISTS (SELECT 1 FROM members
                               WHERE room = unhex(j.value ->> 'room') AND user = unhex(j.value ->> 'author'))
                   AND NOT EXISTS (SELECT 1 FROM messages
                                   WHERE author = unhex(j.value ->> 'author') AND nonce = j.value ->> 'nonce')
                FROM json_each(?1) j ORDER BY j.key";
    MARK_READ = "UPDATE members SET read_seq = max(read_seq, j.value ->> 'seq') FROM json_each(?1) j
                 WHERE room = unhex(j.value ->> 'room') AND user = unhex(j.value ->> 'author')";
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
    let (firsts, place) = part(messages);
    let lines: Vec<Line> = firsts.iter().map(|new| Line::new(new)).collect();
    let may: Vec<bool> = MAY_POST.scalar().bind(json(&lines)).fetch_all(&mut *tx).await?;
    let fresh: Vec<&NewMessage> = firsts
        .iter()
        .zip(&may)
        .filter_map(|(new, may)| may.then_some(*new))
        .collect();
    let stored = number(&fresh, tx).await?;
    insert(&fresh, &stored, tx).await?;
    mark_read(&stored, tx).await?;
    let mut stored = stored.into_iter();
    let mut results = Vec::with_capacity(firsts.len());
    for (new, may) in firsts.iter().zip(may) {
        let next = if may { stored.next() } else { None };
        results.push(match next {
            Some(message) => Appended::Stored(message),
            None => refuse(new, tx).await?,
        });
    }
    let mut told = HashSet::new();
    let result = |place: &usize| match (told.insert(*place), &results[*place]) {
        (false, Appended::Stored(first)) => Appended::Repeated(first.clone()),
        (_, result) => result.clone(),
    };
    Ok(place.iter().map(result).collect())
}

/// The messages without those that repeat the nonce of an earlier one, and for each of all the place of its first.
fn part(messages: &[NewMessage]) -> (Vec<&NewMessage>, Vec<usize>) {
    let mut seen: HashMap<(UserId, &Nonce), usize> = HashMap::new();
    let mut firsts = Vec::with_capacity(messages.len());
    let mut place = |new| {
        firsts.push(new);
        firsts.len() - 1
    };
    let places = messages.iter().map(|new| match &new.nonce {
        Some(nonce) => *seen.entry((new.author.id, nonce)).or_insert_with(|| place(new)),
        None => place(new),
    });
    let places = places.collect();
    (firsts, places)
}

/// Who posts has read what came before.
async fn mark_read(stored: &[Message], tx: &mut SqliteConnection) -> Stored<()> {
    let mut marks = HashMap::new();
    for message in stored {
        // Ascending in each room, so the last one stays.
        marks.insert((message.room, message.author.id), message.seq);
    }
    let marks: Vec<Mark> = marks
        .into_iter()
        .map(|((room, author), seq)| Mark {
            room: hex(room.0),
            author: hex(author.0),
            seq,
        })
        .collect();
    MARK_READ.query().bind(json(&marks)).execute(tx).await?;
    Ok(())
}

/// A message as [`MAY_POST`] reads it.
#[derive(Serialize)]
struct Line<'a> {
    room: String,
    author: String,
    nonce: Option<&'a str>,
}

impl<'a> Line<'a> {
    fn new(new: &'a NewMessage) -> Self {
        Self {
            room: hex(new.room.0),
            author: hex(new.author.id.0),
            nonce: new.nonce.as_ref().map(Nonce::as_str),
        }
    }
}

/// A read marker as [`MARK_READ`] reads it.
#[derive(Serialize)]
struct Mark {
    room: String,
    author: String,
    seq: u64,
}
