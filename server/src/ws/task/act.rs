//! Commands: started one after another, and what came of them taken in.

use std::{collections::VecDeque, sync::Arc};

use backend::{Problem, message::Posted};
use chat::{close::Close, wire::ClientFrame};

use super::{End, Task};
use crate::ws::command::{Command, Outcome, error};

impl<S> Task<S> {
    /// Starts the next command, if none is under way and it may start.
    pub(super) fn start_next(&mut self) {
        while self.running.is_none()
            && let Some(command) = self.commands.pop_front()
        {
            if self.must_wait(&command) {
                self.commands.push_front(command);
                return;
            }
            self.start(command);
        }
        if self.commands.is_empty() && self.commands.capacity() > 0 {
            self.commands = VecDeque::new();
        }
    }

    /// A room is not closed or opened again under a send whose answer comes with its log.
    pub(super) fn must_wait(&self, command: &Command) -> bool {
        matches!(command, Command::Asked(_))
            && command.moves_in().is_some_and(|room| self.sends.wait_in(room))
    }

    pub(super) fn start(&mut self, command: Command) {
        let room = command.moves_in();
        match &command {
            Command::Asked(ClientFrame::Leave { room }) => return self.rooms.close(*room),
            Command::Asked(ClientFrame::Join { id, room, .. }) if !self.rooms.has_space(*room) => {
                let problem = Problem::invalid("room", "is one too many to have open on one connection");
                return self.outbox.say(error(id.clone(), None, &problem));
            }
            // Closed meanwhile.
            Command::Catch { room, .. } if self.rooms.read_up_to(*room).is_none() => return,
            Command::Asked(ClientFrame::Send { room, nonce, .. }) => self.sends.begin(*room, nonce.clone()),
            Command::Asked(_) | Command::Catch { .. } => {}
        }
        let bell = room.map_or(0, |room| self.rooms.bell_for(room));
        self.running = Some((self.speaker.clone().start(command, bell), room));
    }

    /// Takes in what came of the command under way.
    pub(super) fn conclude(&mut self, outcome: Outcome) -> Result<(), End> {
        let paused = self.running.take().and_then(|(_, room)| room);
        match outcome {
            Outcome::Done => {}
            Outcome::Say(text) => self.outbox.say(text),
            Outcome::Entered { id, entered } => {
                self.outbox.say(entered.joined(id));
                let (room, rev) = (entered.reading.room.id, entered.reading.cursor.rev());
                self.rooms.open(entered.reading);
                self.sends
                    .pass(room, rev)
                    .into_iter()
                    .for_each(|answer| self.outbox.say(answer));
            }
            Outcome::NotEntered { id, problem } => self.outbox.say(error(id, None, &problem)),
            Outcome::Posted(posted) => self.conclude_post(&posted),
            Outcome::NotPosted(problem) => {
                if let Some(nonce) = self.sends.refuse() {
                    self.outbox
                        .say(error(None, Some(nonce.as_str().to_owned()), &problem));
                }
            }
            Outcome::Lagging => return Err(End::Close(Close::TooSlow)),
        }
        // Whatever came meanwhile was not shown.
        self.speaker
            .connection
            .bell
            .ring(paused.map_or(0, |room| self.rooms.bell_for(room)));
        Ok(())
    }

    pub(super) fn conclude_post(&mut self, posted: &Posted) {
        let (room, rev) = (posted.message.room, posted.message.rev);
        let open = self.rooms.read_up_to(room);
        if let Some(answer) = self
            .sends
            .store(rev, Arc::clone(&posted.json), open.map(|(read, _)| read))
        {
            self.outbox.say(answer);
        } else if let Some((_, room)) = open {
            self.speaker.hub.expect(room, rev);
        }
    }
}
