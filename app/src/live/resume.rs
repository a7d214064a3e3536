//! Opening the room on every new connection, after what was heard last.

use chat::{
    RoomId,
    wire::{ClientFrame, RequestId},
};

/// One room's place on the connection.
#[derive(Clone, Debug)]
pub struct Resume {
    room: RoomId,
    last_id: i64,
    /// A `join` that is not answered yet.
    asked: Option<i64>,
}

impl Resume {
    /// For this room.
    #[must_use]
    pub const fn new(room: RoomId) -> Self {
        Self {
            room,
            last_id: 0,
            asked: None,
        }
    }

    /// Another room takes its place. Answers for the one before are told apart by their ids.
    pub fn enter(&mut self, room: RoomId) {
        self.room = room;
        self.asked = None;
    }

    /// A `join` after this revision, whatever was asked before: on a new connection, and as a probe.
    pub fn join(&mut self, after: u64) -> ClientFrame {
        self.last_id += 1;
        self.asked = Some(self.last_id);
        ClientFrame::Join {
            id: Some(RequestId::Number(self.last_id)),
            room: self.room,
            after: Some(after),
        }
    }

    /// The same, unless an answer is on its way that may bring what is missing.
    pub fn join_again(&mut self, after: u64) -> Option<ClientFrame> {
        self.asked.is_none().then(|| self.join(after))
    }

    /// An answer came, or a refusal.
    pub fn answered(&mut self, id: Option<&RequestId>) {
        if let (Some(asked), Some(RequestId::Number(id))) = (self.asked, id)
            && asked == *id
        {
            self.asked = None;
        }
    }

    /// The connection is gone, and its answers with it.
    pub fn forget(&mut self) {
        self.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_is_waited_for_at_a_time() {
        let mut resume = Resume::new(RoomId(Default::default()));
        let ClientFrame::Join { id, after, .. } = resume.join(7) else {
            panic!("a join")
        };
        assert_eq!(after, Some(7));
        assert_eq!(resume.join_again(8), None);
        resume.answered(Some(&RequestId::Number(99)));
        resume.answered(None);
        assert_eq!(resume.join_again(8), None, "these answer something else");
        resume.answered(id.as_ref());
        assert!(resume.join_again(8).is_some());
    }

    #[test]
    fn a_lost_connection_answers_nothing_any_more() {
        let mut resume = Resume::new(RoomId(Default::default()));
        resume.join(1);
        resume.forget();
        assert!(resume.join_again(1).is_some());
    }
}
