//! What was sent and is not known to be stored.
//!
//! One send is on its way at a time, so that they are stored in the order in which they were written. What is
//! unanswered when the line breaks is sent again under the same nonce: the server stores it once however often.

use chat::{Code, Nonce, view::Pending, wire::ClientFrame};

use super::Ms;

/// How long an answer may take before the line counts as dead.
const ANSWER: Ms = 10_000;
/// How long to wait after the server said that it cannot now; twice as long each time.
const PAUSE: Ms = 1_000;
/// No pause is longer.
const PAUSE_MAX: Ms = 30_000;

/// The sends of all rooms, in their order.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    sends: Vec<Pending>,
    online: bool,
    in_flight: Option<(Nonce, Ms)>,
    paused_until: Option<Ms>,
    refusals: u32,
}

impl Outbox {
    /// The sends that an earlier page left behind.
    #[must_use]
    pub fn restored(sends: Vec<Pending>) -> Self {
        Self {
            sends,
            ..Self::default()
        }
    }

    /// All sends, in their order.
    pub fn sends(&self) -> impl Iterator<Item = &Pending> {
        self.sends.iter()
    }

    /// How many sends wait for the server; those that it refused do not.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.sends.iter().filter(|send| send.failed.is_none()).count()
    }

    /// Adds a send.
    pub fn push(&mut self, send: Pending) {
        self.sends.push(send);
    }

    /// Adds a send that another page left behind; false: it is here.
    pub fn adopt(&mut self, send: Pending) -> bool {
        let known = self.sends.iter().any(|known| known.nonce == send.nonce);
        if !known {
            self.push(send);
        }
        !known
    }

    /// The line is there, or is gone: then nothing is on its way any more.
    pub fn set_online(&mut self, online: bool) {
        self.online = online;
        self.in_flight = None;
        self.paused_until = None;
    }

    /// The next frame to send, if it is time for one.
    pub fn next(&mut self, now: Ms) -> Option<ClientFrame> {
        if !self.online || self.in_flight.is_some() || self.paused_until.is_some_and(|until| now < until) {
            return None;
        }
        self.paused_until = None;
        let Pending {
            room,
            nonce,
            body,
            attachments,
            ..
        } = self.sends.iter().find(|send| send.failed.is_none())?.clone();
        self.in_flight = Some((nonce.clone(), now));
        Some(ClientFrame::Send {
            room,
            nonce,
            body,
            thread: None,
            attachments: attachments.into_iter().map(|file| file.id).collect(),
        })
    }

    /// A send is stored, or the user gave it up; false: it was not here.
    pub fn settle(&mut self, nonce: &Nonce) -> bool {
        let before = self.sends.len();
        self.sends.retain(|send| send.nonce != *nonce);
        if self.is_in_flight(nonce) {
            self.in_flight = None;
            self.refusals = 0;
        }
        self.sends.len() < before
    }

    /// The server refused a send. True: for good; false: it is tried again after a pause.
    pub fn refuse(&mut self, nonce: &Nonce, code: &str, detail: &str, now: Ms) -> bool {
        if self.is_in_flight(nonce) {
            self.in_flight = None;
        }
        let passes = [Code::TooFast, Code::Unavailable, Code::Internal]
            .iter()
            .any(|known| known.as_str() == code);
        if passes {
            self.paused_until = Some(now + PAUSE_MAX.min(PAUSE << self.refusals.min(5)));
            self.refusals += 1;
            return false;
        }
        if let Some(send) = self.sends.iter_mut().find(|send| send.nonce == *nonce) {
            send.failed = Some(detail.to_owned());
        }
        true
    }

    /// The user wants a refused send tried again.
    pub fn retry(&mut self, nonce: &Nonce) {
        if let Some(send) = self.sends.iter_mut().find(|send| send.nonce == *nonce) {
            send.failed = None;
        }
    }

    /// When [`Self::next`] or [`Self::is_overdue`] should be asked again.
    #[must_use]
    pub fn due(&self) -> Option<Ms> {
        self.in_flight
            .as_ref()
            .map(|(_, since)| since + ANSWER)
            .or(self.paused_until)
    }

    /// Whether an answer takes too long.
    #[must_use]
    pub fn is_overdue(&self, now: Ms) -> bool {
        self.in_flight
            .as_ref()
            .is_some_and(|(_, since)| now >= since + ANSWER)
    }

    fn is_in_flight(&self, nonce: &Nonce) -> bool {
        self.in_flight.as_ref().is_some_and(|(sent, _)| sent == nonce)
    }
}

#[cfg(test)]
mod tests {
    use chat::{RoomId, Timestamp};

    use super::*;

    fn nonce(n: u32) -> Nonce {
        Nonce::new(n.to_string()).unwrap()
    }

    fn outbox(count: u32) -> Outbox {
        let mut outbox = Outbox::default();
        for n in 1..=count {
            let room = RoomId(Default::default());
            outbox.push(Pending {
                room,
                nonce: nonce(n),
                body: n.to_string(),
                attachments: Vec::new(),
                created_at: Timestamp(0),
                failed: None,
            });
        }
        outbox
    }

    fn sent(outbox: &mut Outbox, now: Ms) -> Option<Nonce> {
        outbox.next(now).map(|frame| match frame {
            ClientFrame::Send { nonce, .. } => nonce,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn nothing_is_sent_offline() {
        let mut outbox = outbox(1);
        assert_eq!((sent(&mut outbox, 0), outbox.waiting()), (None, 1));
    }

    #[test]
    fn sends_follow_each_other_in_order() {
        let mut outbox = outbox(2);
        outbox.set_online(true);
        assert_eq!(
            (sent(&mut outbox, 0), sent(&mut outbox, 0)),
            (Some(nonce(1)), None)
        );
        assert!(outbox.settle(&nonce(1)));
        assert_eq!(sent(&mut outbox, 0), Some(nonce(2)));
        assert!(outbox.settle(&nonce(2)) && !outbox.settle(&nonce(2)));
        assert_eq!((sent(&mut outbox, 0), outbox.waiting()), (None, 0));
    }

    #[test]
    fn what_another_page_left_behind_is_sent_once_and_after_ones_own() {
        let mut outbox = outbox(1);
        let left: Vec<_> = self::outbox(2).sends().cloned().collect();
        let taken: Vec<_> = left.into_iter().map(|send| outbox.adopt(send)).collect();
        assert_eq!(taken, [false, true]);
        outbox.set_online(true);
        assert_eq!(sent(&mut outbox, 0), Some(nonce(1)));
        outbox.settle(&nonce(1));
        assert_eq!(sent(&mut outbox, 0), Some(nonce(2)));
    }

    #[test]
    fn what_is_unanswered_when_the_line_breaks_is_sent_again_first() {
        let mut outbox = outbox(2);
        outbox.set_online(true);
        sent(&mut outbox, 0);
        outbox.set_online(false);
        outbox.set_online(true);
        assert_eq!(sent(&mut outbox, 1), Some(nonce(1)));
    }

    #[test]
    fn a_refused_send_stays_with_the_reason_and_the_next_goes_on() {
        let mut outbox = outbox(2);
        outbox.set_online(true);
        sent(&mut outbox, 0);
        assert!(outbox.refuse(&nonce(1), "not_a_member", "Members only", 0));
        assert_eq!(sent(&mut outbox, 0), Some(nonce(2)));
        assert_eq!(
            outbox.sends().next().unwrap().failed.as_deref(),
            Some("Members only")
        );
        assert_eq!(outbox.waiting(), 1);
        outbox.settle(&nonce(2));
        outbox.retry(&nonce(1));
        assert_eq!(sent(&mut outbox, 0), Some(nonce(1)));
    }

    #[test]
    fn a_refusal_that_passes_is_waited_out_in_order_and_ever_longer() {
        let mut outbox = outbox(2);
        outbox.set_online(true);
        let mut now = 0;
        for wait in [1_000, 2_000, 4_000] {
            assert_eq!(sent(&mut outbox, now), Some(nonce(1)));
            assert!(!outbox.refuse(&nonce(1), "too_fast", "", now));
            assert_eq!((outbox.due(), sent(&mut outbox, now)), (Some(now + wait), None));
            now += wait;
        }
        assert_eq!(sent(&mut outbox, now), Some(nonce(1)));
    }

    #[test]
    fn an_answer_that_does_not_come_is_overdue() {
        let mut outbox = outbox(1);
        outbox.set_online(true);
        sent(&mut outbox, 5);
        assert!(!outbox.is_overdue(5 + ANSWER - 1));
        assert!(outbox.is_overdue(5 + ANSWER));
        assert_eq!(outbox.due(), Some(5 + ANSWER));
    }
}
