//! Opening a room: everything after the reader's `rev`, then whatever comes.
//!
//! Coming back, catching up after a hole, and being let in again after lagging are this one
//! operation. It is answered from the tail of the room's log while that reaches back, else from the
//! store, else with `limited`.

use std::sync::Arc;

use backend::{Code, Problem, Result, store::Changes};
use bytes::Bytes;
use chat::{
    RoomId,
    message::{Message, RESUME_LIMIT},
    wire::{RequestId, ServerFrame},
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Hub,
    connection::Connection,
    frame::text,
    log::{Cursor, Log},
    room::Room,
    seat::Reading,
};

/// How often the store is asked before a reader of a room that moves faster than that gets `limited`.
const ATTEMPTS: usize = 3;
/// A reader that missed more bytes than this gets `limited`: a page over HTTP is cheaper for both.
const RESUME_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a reader missed.
#[derive(Debug)]
pub(super) struct Missed {
    last_seq: u64,
    last_rev: u64,
    /// The messages as a JSON array; `None`: too many, or the reader knows more than there is.
    messages: Option<Bytes>,
}

/// A question to the store that many may wait for.
type Asked = Shared<BoxFuture<'static, Result<Arc<Missed>>>>;

/// Where those who want to know the same find the question. Only who waits for it keeps it alive: a question
/// that everyone has gone away from gives its reader and its permit back.
pub(super) type Question = WeakShared<BoxFuture<'static, Result<Arc<Missed>>>>;

/// A room just opened.
pub(crate) struct Entered {
    /// The open room; its cursor is where [`Self::joined`] says that live frames go on.
    pub(crate) reading: Reading,
    missed: Arc<Missed>,
}

impl Entered {
    /// The `joined` frame; `id` is the request's, absent where nobody asked.
    pub(crate) fn joined(&self, id: Option<RequestId>) -> Bytes {
        let Missed {
            last_seq,
            last_rev,
            messages,
        } = &*self.missed;
        let (room, limited) = (self.reading.room.id, messages.is_none());
        let empty = text(&ServerFrame::Joined {
            id,
            room,
            last_seq: *last_seq,
            last_rev: *last_rev,
            messages: Vec::new(),
            limited,
        });
        match messages {
            Some(messages) if messages.len() > 2 => splice(&empty, messages),
            _ => empty,
        }
    }
}

/// Puts messages that are encoded already into a `joined` frame without any.
fn splice(empty: &[u8], messages: &[u8]) -> Bytes {
    // The last such place is the field: what the client chose, its request's id, stands before it.
    const FIELD: &[u8] = br#""messages":[]"#;
    let Some(place) = empty.windows(FIELD.len()).rposition(|window| window == FIELD) else {
        return Bytes::copy_from_slice(empty);
    };
    let (before, after) = (&empty[..place + FIELD.len() - 2], &empty[place + FIELD.len()..]);
    [before, messages, after].concat().into()
}

/// What a log says to a reader who wants in.
enum Answer {
    Entered(Entered),
    /// The log does not reach back, or not that far forward.
    AskStore,
    /// The log was closed meanwhile.
    Closed,
}

impl Hub {
    /// Opens `room` on `connection` and says what its reader missed after `after`. The right to read was
    /// checked. Bell is the bit that rings for the room.
    ///
    /// # Errors
    /// `room_not_found`, `unavailable`.
    pub(crate) async fn enter(
        &self,
        connection: &Arc<Connection>,
        room: RoomId,
        after: Option<u64>,
        bell: u64,
    ) -> Result<Entered> {
        let entered = self.try_enter(connection, room, after, bell).await;
        let failed = entered
            .as_ref()
            .is_err_and(|problem| problem.code != Code::RoomNotFound);
        self.metrics.resume_failures.increment(u64::from(failed));
        entered
    }

    async fn try_enter(
        &self,
        connection: &Arc<Connection>,
        room: RoomId,
        after: Option<u64>,
        bell: u64,
    ) -> Result<Entered> {
        for _ in 0..ATTEMPTS {
            let room = self.open_log(room).await?;
            match room.enter(connection, after, bell) {
                Answer::Entered(entered) => {
                    self.metrics.from_tail.increment(u64::from(after.is_some()));
                    return Ok(entered);
                }
                Answer::Closed => {}
                Answer::AskStore => {
                    let missed = self.ask(&room, after.unwrap_or_default()).await?;
                    self.expect(&room, missed.last_rev);
                    if let Some(entered) = room.enter_at(connection, missed, bell) {
                        self.count_resume(&entered);
                        return Ok(entered);
                    }
                }
            }
        }
        let room = self.open_log(room).await?;
        let entered = room
            .enter_limited(connection, bell)
            .ok_or(Problem::unavailable(1))?;
        self.count_resume(&entered);
        Ok(entered)
    }

    async fn open_log(&self, room: RoomId) -> Result<Arc<Room>> {
        let room = self.room(room);
        room.open(&self.backend).await?;
        self.see_to(&room, room.look_for_hole());
        Ok(room)
    }

    fn count_resume(&self, entered: &Entered) {
        match entered.missed.messages {
            Some(_) => self.metrics.from_store.increment(1),
            None => self.metrics.limited.increment(1),
        }
    }

    /// Asks the store what changed, once for all who want to know the same.
    async fn ask(&self, room: &Arc<Room>, after: u64) -> Result<Arc<Missed>> {
        let key = (room.id, after);
        let asked = {
            let mut all = self.asked.lock();
            let known = all.get(&key).and_then(Question::upgrade);
            known.unwrap_or_else(|| {
                let asked = self.question(room.id, after);
                all.extend(asked.downgrade().map(|question| (key, question)));
                asked
            })
        };
        let answer = asked.clone().await;
        let mut all = self.asked.lock();
        let current = all.get(&key).map(Question::upgrade);
        if current.is_some_and(|current| current.is_none_or(|current| current.ptr_eq(&asked))) {
            all.remove(&key);
        }
        answer
    }

    /// A task of its own does the work: however slowly those who wait are driven, the store is not held up.
    fn question(&self, room: RoomId, after: u64) -> Asked {
        let (backend, permits) = (Arc::clone(&self.backend), Arc::clone(&self.permits));
        let work = AbortOnDropHandle::new(tokio::spawn(async move {
            let _permit = permits.acquire().await;
            let changes = backend.changes_after(room, after).await?;
            Ok(Arc::new(missed(&changes, after)?))
        }));
        let answer = async move {
            work.await.unwrap_or_else(|error| {
                tracing::error!(%error, "a resume failed");
                Err(Problem::new(Code::Internal))
            })
        };
        answer.boxed().shared()
    }

    /// Forgets questions that everyone has gone away from.
    pub(super) fn forget_questions(&self) {
        self.asked
            .lock()
            .retain(|_, question| question.upgrade().is_some());
    }
}

fn missed(changes: &Changes, after: u64) -> Result<Missed> {
    let head = changes.head;
    // A reader that knows more than the store has seen a history that is no more.
    let limited = changes.messages.len() as u64 > RESUME_LIMIT || after > head.last_rev;
    Ok(Missed {
        last_seq: head.last_seq,
        last_rev: head.last_rev,
        messages: if limited { None } else { encode(&changes.messages)? },
    })
}

/// The messages as a JSON array; `None`: too many bytes.
fn encode(messages: &[Message]) -> Result<Option<Bytes>> {
    let mut json = vec![b'['];
    for (n, message) in messages.iter().enumerate() {
        if n > 0 {
            json.push(b',');
        }
        serde_json::to_writer(&mut json, message).map_err(|error| {
            tracing::error!(%error, "a message could not be encoded");
            Problem::new(Code::Internal)
        })?;
        if json.len() > RESUME_BYTES_MAX {
            return Ok(None);
        }
    }
    json.push(b']');
    Ok(Some(json.into()))
}

fn missed_in(log: &Log, after: Option<u64>) -> Option<Missed> {
    let after = after.unwrap_or(log.last_rev());
    if after > log.last_rev() {
        return None;
    }
    let frames = log.changes(after)?;
    let messages: Vec<&[u8]> = frames.iter().map(|frame| frame.json()).collect();
    let messages = [b"[", messages.join(&b',').as_slice(), b"]"].concat();
    Some(Missed {
        last_seq: log.last_seq(),
        last_rev: log.last_rev(),
        messages: Some(messages.into()),
    })
}

impl Room {
    fn enter(self: &Arc<Self>, connection: &Arc<Connection>, after: Option<u64>, bell: u64) -> Answer {
        let mut state = self.lock();
        let Some(log) = state.log() else {
            return Answer::Closed;
        };
        let Some((missed, cursor)) = missed_in(log, after).zip(log.cursor(log.last_rev())) else {
            return Answer::AskStore;
        };
        let reading = self.seat(&mut state, connection, cursor, bell);
        Answer::Entered(Entered {
            reading,
            missed: Arc::new(missed),
        })
    }

    /// Enters where the store's answer ends; `None`: the log has moved on too far since.
    fn enter_at(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        missed: Arc<Missed>,
        bell: u64,
    ) -> Option<Entered> {
        let mut state = self.lock();
        let cursor: Cursor = state.log()?.cursor(missed.last_rev)?;
        let reading = self.seat(&mut state, connection, cursor, bell);
        Some(Entered { reading, missed })
    }

    /// Enters at the head, whatever was missed.
    fn enter_limited(self: &Arc<Self>, connection: &Arc<Connection>, bell: u64) -> Option<Entered> {
        let mut state = self.lock();
        let log = state.log()?;
        let missed = Missed {
            last_seq: log.last_seq(),
            last_rev: log.last_rev(),
            messages: None,
        };
        let cursor = log.cursor(log.last_rev())?;
        let reading = self.seat(&mut state, connection, cursor, bell);
        Some(Entered {
            reading,
            missed: Arc::new(missed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::frame::tests::message;

    #[test]
    fn messages_are_spliced_into_the_right_place_whatever_the_client_calls_its_request() {
        let messages = vec![message(1, 1), message(2, 2)];
        for id in [
            None,
            Some(RequestId::Number(1)),
            Some(RequestId::Text(r#""messages":[]"#.into())),
        ] {
            let joined = |messages| ServerFrame::Joined {
                id: id.clone(),
                room: message(1, 1).room,
                last_seq: 2,
                last_rev: 2,
                messages,
                limited: false,
            };
            let spliced = splice(
                &text(&joined(Vec::new())),
                &serde_json::to_vec(&messages).unwrap(),
            );
            assert_eq!(
                serde_json::from_slice::<ServerFrame>(&spliced).unwrap(),
                joined(messages.clone())
            );
        }
    }

    #[test]
    fn who_knows_more_than_there_is_and_who_misses_too_much_is_limited() {
        let head = backend::store::Head {
            room: message(1, 1).room,
            last_seq: 600,
            last_rev: 600,
        };
        let changes = |count: u64| Changes {
            messages: (1..=count).map(|n| message(n, n)).collect(),
            head,
        };
        let limited = |count, after| missed(&changes(count), after).unwrap().messages.is_none();
        assert!(!limited(0, 600) && !limited(500, 100));
        assert!(limited(0, 601) && limited(501, 99));
    }

    #[test]
    fn who_misses_too_many_bytes_is_limited_however_few_messages_they_are() {
        let large = |seq| Message {
            body: "x".repeat(RESUME_BYTES_MAX / 4),
            ..message(seq, seq)
        };
        let encoded = |count| encode(&(1..=count).map(large).collect::<Vec<_>>()).unwrap();
        let three: Vec<Message> = serde_json::from_slice(&encoded(3).unwrap()).unwrap();
        assert_eq!(three, [large(1), large(2), large(3)]);
        assert!(encoded(4).is_none());
        assert_eq!(encoded(0).unwrap(), "[]");
    }
}
