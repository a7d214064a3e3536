//! Posting: what waits while others are written becomes one batch, whatever rooms it is for.
//!
//! A post that finds a writer free is written at once and waits for one round trip; under load a commit is shared by
//! as many as there are. No timer is involved. A batch is one statement, which is a transaction by itself. Order and
//! gaplessness come from the rows of the rooms' heads, which stay locked from the taking of numbers to the commit,
//! whichever instance posts; within an instance a room is in one batch at a time, so that none waits for another.
//!
//! The statement sees what was committed when it began. A nonce that another instance stores meanwhile is therefore
//! found by the unique index alone: the statement fails, nothing is kept, and the next try sees the first message. The
//! same goes for a file, which the primary key of `attachments` keeps from going on two messages.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use chat::{MessageId, RoomId};
use futures::FutureExt;
use metrics::histogram;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

pub(super) use self::append::message;
use self::append::{Append, Kept};
use super::pool::{Failure, Pool, WRITERS_MAX};
use crate::store::{Appended, NewMessage, StoreError, Stored};

pub(super) mod append;

/// The most messages of one batch.
const BATCH_MAX: usize = 256;
/// The most messages that wait, in all rooms together.
const WAITING_MAX: usize = 4_096;
/// How many batches are written at once. More would be smaller ones, each of which costs about as much; and what else
/// there is to write finds a turn too.
const WRITERS: usize = 3;
const _: () = assert!(WRITERS < WRITERS_MAX);
/// How long a batch may take, all tries included.
const BATCH_TIME_MAX: Duration = Duration::from_secs(3);
/// How often a batch is tried: nonces meet, connections die, deadlocks are resolved.
const TRIES_MAX: u32 = 5;
/// The names of the constraints in the schema.
pub(super) const NONCE_INDEX: &str = "messages_by_nonce";
const ID_INDEX: &str = "messages_pkey";
pub(super) const FILE_INDEX: &str = "attachments_pkey";

/// Where messages are posted.
pub(super) struct Posts(Arc<Desk>);

/// What those who write share.
struct Desk {
    pool: Arc<Pool>,
    queue: Mutex<Queue>,
    /// A writer has nothing more to write.
    quiet: Notify,
}

#[derive(Default)]
struct Queue {
    /// The rooms that are posted to, with what waits there; a room is in here while a batch of it is written, too.
    rooms: HashMap<RoomId, VecDeque<Pending>>,
    /// Those of them in which something waits and no batch is being written, in the order in which they came.
    ready: VecDeque<RoomId>,
    /// How many messages wait.
    waiting: usize,
    /// How many write.
    writers: usize,
    closed: bool,
}

/// A message with the way back to whoever posts it.
struct Pending {
    message: NewMessage,
    reply: oneshot::Sender<Stored<Appended>>,
}

impl Posts {
    pub(super) fn new(pool: Arc<Pool>) -> Self {
        Self(Arc::new(Desk {
            pool,
            queue: Mutex::default(),
            quiet: Notify::new(),
        }))
    }

    /// Posts `message`, once it is durable. A caller who stops waiting does not undo it.
    pub(super) async fn append(&self, message: NewMessage) -> Stored<Appended> {
        let (reply, answer) = oneshot::channel();
        self.0.accept(Pending { message, reply })?;
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::unavailable("the writing of the batch has ended")))
    }

    /// How many messages wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.queue.lock().waiting
    }

    /// Takes no more messages, and writes those that were accepted.
    pub(super) async fn close(&self) {
        self.0.queue.lock().closed = true;
        loop {
            let quiet = self.0.quiet.notified();
            if self.0.queue.lock().rooms.is_empty() {
                return;
            }
            quiet.await;
        }
    }
}

impl Desk {
    fn accept(self: &Arc<Self>, pending: Pending) -> Stored<()> {
        let mut queue = self.queue.lock();
        if queue.closed {
            return Err(StoreError::unavailable("the store is closed"));
        }
        if queue.waiting >= WAITING_MAX {
            return Err(StoreError::unavailable("too many messages wait to be written"));
        }
        queue.push(pending);
        if !queue.ready.is_empty() && queue.writers < WRITERS {
            queue.writers += 1;
            tokio::spawn(Arc::clone(self).write());
        }
        Ok(())
    }

    /// Writes batch after batch until no room is ready.
    async fn write(self: Arc<Self>) {
        while let Some(batch) = self.next() {
            let rooms: HashSet<RoomId> = batch.iter().map(|post| post.message.room).collect();
            // A panic is caught here: the rooms could not be posted to any more. Its senders see their reply dropped.
            let written = AssertUnwindSafe(self.post(batch)).catch_unwind().await;
            if written.is_err() {
                tracing::error!("the writing of a batch panicked");
            }
            self.queue.lock().release(rooms);
        }
        self.quiet.notify_waiters();
    }

    /// What to write next; `None`: nothing, and there is a writer less.
    fn next(&self) -> Option<Vec<Pending>> {
        let mut queue = self.queue.lock();
        let batch = queue.batch();
        if batch.is_empty() {
            queue.writers -= 1;
            return None;
        }
        Some(batch)
    }

    /// Writes a batch and tells everyone.
    async fn post(&self, batch: Vec<Pending>) {
        let Parted {
            firsts,
            repeats,
            apart,
        } = Parted::of(batch);
        histogram!("database_batch_size").record(firsts.len() as f64);
        let started = Instant::now();
        let results = self.store_together(&firsts).await;
        histogram!("database_commit_duration_seconds").record(started.elapsed());
        answer(firsts, repeats, results);
        if !apart.is_empty() {
            let results = self.store_alone(&apart).await;
            answer(apart, Vec::new(), results);
        }
    }

    /// All in one, or one by one where that is refused.
    async fn store_together(&self, posts: &[Pending]) -> Results {
        let deadline = Instant::now() + BATCH_TIME_MAX;
        match self.pool.guarded(self.store(posts, deadline)).await {
            Ok(results) => results,
            Err(error) if posts.len() == 1 => HashMap::from([(posts[0].message.id, Err(error))]),
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(%error, posts = posts.len(), "a batch could not be written");
                HashMap::new()
            }
            Err(error) => {
                tracing::warn!(%error, posts = posts.len(), "a batch was refused, its posts are written one by one");
                self.store_alone(posts).await
            }
        }
    }

    /// One by one, so that a message that cannot be stored harms nobody else.
    async fn store_alone(&self, posts: &[Pending]) -> Results {
        let mut results = HashMap::new();
        for post in posts {
            let deadline = Instant::now() + BATCH_TIME_MAX;
            let alone = self.store(std::slice::from_ref(post), deadline);
            match self.pool.guarded(alone).await {
                Ok(result) => results.extend(result),
                Err(error) => drop(results.insert(post.message.id, Err(error))),
            }
        }
        results
    }

    /// Stores a batch of messages, no two of which have one nonce. An error means that nothing of it is known to be
    /// stored.
    async fn store(&self, posts: &[Pending], deadline: Instant) -> Stored<Results> {
        let mut results = Results::new();
        for tries in 1.. {
            let messages: Vec<&NewMessage> = posts
                .iter()
                .map(|post| &post.message)
                .filter(|message| !results.contains_key(&message.id))
                .collect();
            let again = tries > 1;
            match self.pool.once(&Append(messages), deadline).await {
                Ok(found) => {
                    results.extend(found.into_iter().map(|(id, appended)| (id, Ok(appended))));
                    break;
                }
                Err(failure) if tries < TRIES_MAX && may_pass(&failure, again) => {
                    // The connection may have died after the commit. What is there under our ids is ours.
                    results.extend(self.kept(posts, deadline).await?);
                }
                Err(failure) => return Err(failure.error),
            }
        }
        Ok(results)
    }

    /// Those of the messages that an earlier try has stored.
    async fn kept(&self, posts: &[Pending], deadline: Instant) -> Stored<Results> {
        let ids = posts.iter().map(|post| post.message.id.0).collect();
        let found = self.pool.once(&Kept(ids), deadline).await;
        let messages = found.map_err(|failure| failure.error)?.into_iter();
        Ok(messages
            .map(|message| (message.id, Ok(Appended::Stored(message))))
            .collect())
    }
}

impl Queue {
    fn push(&mut self, pending: Pending) {
        let room = pending.message.room;
        self.waiting += 1;
        if let Some(waiting) = self.rooms.get_mut(&room) {
            waiting.push_back(pending);
        } else {
            self.rooms.insert(room, VecDeque::from([pending]));
            self.ready.push_back(room);
        }
    }

    /// What waits in the rooms that are ready, up to a batch. They are not ready until released.
    fn batch(&mut self) -> Vec<Pending> {
        let mut batch = Vec::new();
        while batch.len() < BATCH_MAX
            && let Some(room) = self.ready.pop_front()
        {
            if let Some(waiting) = self.rooms.get_mut(&room) {
                let room_for = BATCH_MAX - batch.len();
                batch.extend(waiting.drain(..waiting.len().min(room_for)));
            }
        }
        self.waiting -= batch.len();
        batch
    }

    /// A batch of these rooms was written: what came meanwhile is ready, and a room in which nothing waits is quiet.
    fn release(&mut self, rooms: HashSet<RoomId>) {
        for room in rooms {
            if self.rooms.get(&room).is_some_and(|waiting| !waiting.is_empty()) {
                self.ready.push_back(room);
            } else {
                self.rooms.remove(&room);
            }
        }
    }
}

type Results = HashMap<MessageId, Stored<Appended>>;

/// Whether another try of a batch may succeed. `again`: an earlier try may still be under way where its connection
/// died, and then holds our own ids.
fn may_pass(failure: &Failure, again: bool) -> bool {
    let taken = failure.error.taken();
    failure.passes() || matches!(taken, Some(NONCE_INDEX | FILE_INDEX)) || (again && taken == Some(ID_INDEX))
}

/// A batch, with what cannot be stored by the same statement apart.
struct Parted {
    firsts: Vec<Pending>,
    /// Those that repeat the nonce of one of the first in the same room, and of which.
    repeats: Vec<(MessageId, Pending)>,
    /// Those that share a nonce or a file with one in another room, which may be refused there.
    apart: Vec<Pending>,
}

impl Parted {
    fn of(batch: Vec<Pending>) -> Self {
        let mut parted = Self {
            firsts: Vec::with_capacity(batch.len()),
            repeats: Vec::new(),
            apart: Vec::new(),
        };
        let (mut nonces, mut files) = (HashMap::new(), HashMap::new());
        for post in batch {
            let message = &post.message;
            let here = (message.id, message.room);
            let mut is_elsewhere =
                |file: &chat::Attachment| *files.entry(file.id).or_insert(message.room) != message.room;
            // What is apart is nobody's first: it is stored last.
            let own = (!message.attachments.iter().any(&mut is_elsewhere)).then_some(here);
            let nonce = message.nonce.clone().map(|nonce| (message.author.id, nonce));
            match nonce.map_or(own, |nonce| *nonces.entry(nonce).or_insert(own)) {
                Some(first) if own.is_some() && first == here => parted.firsts.push(post),
                Some((first, room)) if own.is_some() && room == message.room => {
                    parted.repeats.push((first, post))
                }
                _ => parted.apart.push(post),
            }
        }
        parted
    }
}

/// Tells everyone. Whoever no longer waits is not told; what was written stays.
fn answer(firsts: Vec<Pending>, repeats: Vec<(MessageId, Pending)>, mut results: Results) {
    let unknown = || StoreError::unavailable("the batch could not be written");
    for (first, repeat) in repeats {
        let result = match results.get(&first) {
            Some(Ok(Appended::Stored(message) | Appended::Repeated(message))) => {
                Ok(Appended::Repeated(message.clone()))
            }
            Some(Ok(refused)) => Ok(refused.clone()),
            Some(Err(_)) | None => Err(unknown()),
        };
        repeat.reply.send(result).ok();
    }
    for post in firsts {
        let result = results.remove(&post.message.id);
        post.reply.send(result.unwrap_or_else(|| Err(unknown()))).ok();
    }
}

#[cfg(test)]
mod tests;
