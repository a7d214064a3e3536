//! Sends that wait for their answer. Each gets exactly one `sent` or one `error`.
//!
//! In a room that is open, `sent` takes the message's place in the log: a client that takes its `rev`
//! as seen must have seen all before it. Only where the log has passed that place already, or the room is
//! not open, is it told directly.

use std::sync::Arc;

use bytes::Bytes;
use chat::{Nonce, RoomId};

use crate::hub::frame::{Frame, sent};

/// A send without an answer, or one whose answer overtook its result.
struct Send {
    room: RoomId,
    nonce: Nonce,
    /// What was stored, once it was; it then waits for its place in the log.
    stored: Option<(u64, Arc<str>)>,
    answered: bool,
}

/// A connection's sends, in order. At most the last is not stored yet: sends run one after another.
#[derive(Default)]
pub(super) struct Sends(Vec<Send>);

impl Sends {
    /// A send begins.
    pub(super) fn begin(&mut self, room: RoomId, nonce: Nonce) {
        self.0.push(Send {
            room,
            nonce,
            stored: None,
            answered: false,
        });
    }

    /// Whether a frame in the log answers a send: then it is to be written as `sent`. `own`: the frame came
    /// from this connection, as far as it is known.
    pub(super) fn answer(&mut self, room: RoomId, frame: &Frame) -> Option<Bytes> {
        let nonce = frame.nonce.as_ref().filter(|_| frame.posted)?;
        let place = self
            .0
            .iter()
            .position(|send| !send.answered && send.room == room && send.nonce == *nonce)?;
        if self.0[place].stored.is_some() {
            self.0.remove(place);
        } else {
            // The result is still on its way.
            self.0[place].answered = true;
        }
        Some(sent(nonce, frame.json()))
    }

    /// The send under way is stored as message `rev`. `read` is how far the room is read here, if it is open.
    /// Gives the answer, unless it was given or comes with the log.
    pub(super) fn store(&mut self, rev: u64, json: Arc<str>, read: Option<u64>) -> Option<Bytes> {
        let place = self.0.iter().position(|send| send.stored.is_none())?;
        let send = &mut self.0[place];
        if send.answered || read.is_none_or(|read| read >= rev) {
            let send = self.0.remove(place);
            return (!send.answered).then(|| sent(&send.nonce, json.as_bytes()));
        }
        send.stored = Some((rev, json));
        None
    }

    /// The send under way is refused. Gives its nonce, unless it was answered.
    pub(super) fn refuse(&mut self) -> Option<Nonce> {
        let place = self.0.iter().position(|send| send.stored.is_none())?;
        let send = self.0.remove(place);
        (!send.answered).then_some(send.nonce)
    }

    /// The room is read up to `rev`: answers what waited for a place that is passed. With `u64::MAX`: the room
    /// is closed.
    pub(super) fn pass(&mut self, room: RoomId, rev: u64) -> Vec<Bytes> {
        let passed = self.0.extract_if(.., |send| {
            send.room == room && send.stored.as_ref().is_some_and(|(stored, _)| *stored <= rev)
        });
        passed
            .filter_map(|send| Some(sent(&send.nonce, send.stored?.1.as_bytes())))
            .collect()
    }

    /// Whether sends wait for their place in the room's log.
    pub(super) fn wait_in(&self, room: RoomId) -> bool {
        self.0
            .iter()
            .any(|send| send.room == room && send.stored.is_some())
    }

    /// Whether no send waits for anything.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::hub::frame::tests::{frame, message};

    const ROOM: RoomId = RoomId(Uuid::from_u128(1));

    fn json(seq: u64) -> Arc<str> {
        serde_json::to_string(&message(seq, seq)).unwrap().into()
    }

    fn nonce(text: &str) -> Nonce {
        Nonce::new(text).unwrap()
    }

    #[test]
    fn the_log_may_answer_before_the_result_is_there() {
        let mut sends = Sends::default();
        sends.begin(ROOM, nonce("n5"));
        assert!(sends.answer(ROOM, &frame(5, 5)).is_some());
        assert_eq!(sends.answer(ROOM, &frame(5, 5)), None, "one answer is all");
        assert_eq!(sends.store(5, json(5), Some(5)), None);
        assert!(sends.is_empty());
    }

    #[test]
    fn a_stored_send_waits_for_its_place_in_the_log() {
        let mut sends = Sends::default();
        sends.begin(ROOM, nonce("n5"));
        assert_eq!(sends.store(5, json(5), Some(3)), None);
        assert!(sends.wait_in(ROOM));
        assert_eq!(sends.pass(ROOM, 4), Vec::<Bytes>::new());
        assert!(sends.answer(ROOM, &frame(5, 5)).is_some());
        assert_eq!(sends.pass(ROOM, 5), Vec::<Bytes>::new());
        assert!(sends.is_empty());
    }

    #[test]
    fn a_send_whose_place_was_passed_or_whose_room_is_closed_is_answered_directly() {
        let mut sends = Sends::default();
        for (read, direct) in [(None, true), (Some(5), true), (Some(9), true), (Some(4), false)] {
            sends.begin(ROOM, nonce("n5"));
            assert_eq!(sends.store(5, json(5), read).is_some(), direct, "{read:?}");
        }
        assert_eq!(
            sends.pass(ROOM, u64::MAX),
            [sent(&nonce("n5"), json(5).as_bytes())]
        );
        assert!(sends.is_empty());
    }

    #[test]
    fn a_nonce_sent_twice_is_answered_twice_and_not_more() {
        let mut sends = Sends::default();
        sends.begin(ROOM, nonce("n5"));
        assert_eq!(sends.store(5, json(5), Some(4)), None);
        sends.begin(ROOM, nonce("n5"));
        assert!(sends.answer(ROOM, &frame(5, 5)).is_some());
        assert!(sends.store(5, json(5), Some(5)).is_some());
        assert_eq!(sends.answer(ROOM, &frame(5, 5)), None);
        assert!(sends.is_empty());
    }

    #[test]
    fn a_refused_send_gives_its_nonce_back_unless_it_was_answered() {
        let mut sends = Sends::default();
        sends.begin(ROOM, nonce("n5"));
        assert_eq!(sends.refuse(), Some(nonce("n5")));
        sends.begin(ROOM, nonce("n5"));
        assert!(sends.answer(ROOM, &frame(5, 5)).is_some());
        assert_eq!(sends.refuse(), None);
    }

    #[test]
    fn changes_of_a_message_answer_nothing() {
        let mut sends = Sends::default();
        sends.begin(ROOM, nonce("n5"));
        assert_eq!(sends.answer(ROOM, &frame(5, 6)), None);
    }
}
