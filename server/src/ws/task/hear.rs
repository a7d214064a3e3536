//! What the other side sends: each text is frames, and each frame a command, a fault or a sign of life.

use std::time::Instant;

use backend::Problem;
use chat::{Code, close::Close, wire::ClientFrame};

use super::{End, Task};
use crate::{
    hub::metrics::RECEIVED,
    ws::{
        codec::{self, Incoming, Unfit},
        command::{Command, error},
        parse::{self, Refused},
        socket::Broken,
    },
};

impl<S> Task<S> {
    /// Takes in what the other side sent.
    pub(super) fn hear(&mut self, incoming: Result<Incoming, Broken>) -> Result<(), End> {
        match incoming {
            Ok(Incoming::Text(text)) => parse::objects(&text)
                .into_iter()
                .try_for_each(|object| self.hear_object(object)),
            Ok(Incoming::Ping(payload)) => {
                self.outbox.control(codec::PONG, payload.into());
                // Answering costs as much as a frame does.
                let on_time = self.pace.frame(Instant::now()).is_ok();
                if on_time { Ok(()) } else { self.count_fault() }
            }
            Ok(Incoming::Pong) => Ok(()),
            Ok(Incoming::Close(code)) => Err(End::Closed(code)),
            Err(Broken::Lost) => Err(End::Lost),
            Err(Broken::Unfit(Unfit::TooBig)) => Err(End::Close(Close::TooBig)),
            Err(Broken::Unfit(unfit)) => {
                tracing::debug!(%unfit, "a connection did not keep to the protocol");
                Err(End::Close(Close::Policy))
            }
        }
    }

    pub(super) fn hear_object(&mut self, object: &str) -> Result<(), End> {
        let now = Instant::now();
        let parsed = match self.pace.frame(now) {
            Ok(()) => parse::parse(object),
            Err(wait) => Err(parse::refused(object, Problem::too_fast(wait.as_secs() + 1))),
        };
        match parsed {
            Ok(frame) => {
                self.speaker.hub.metrics.received[kind(&frame)].increment(1);
                if !self.is_typing_again(&frame, now) {
                    self.commands.push_back(Command::Asked(frame));
                }
                Ok(())
            }
            Err(Refused { id, nonce, problem }) => {
                self.speaker.hub.metrics.received[RECEIVED.len() - 1].increment(1);
                self.outbox.say(error(id, nonce, &problem));
                // What was well formed is no fault.
                if problem.code == Code::Invalid {
                    Ok(())
                } else {
                    self.count_fault()
                }
            }
        }
    }

    pub(super) fn count_fault(&mut self) -> Result<(), End> {
        if self.pace.fault(Instant::now()) {
            Ok(())
        } else {
            Err(End::Close(Close::TooFast))
        }
    }

    /// Whether this only repeats what everyone was told a moment ago.
    pub(super) fn is_typing_again(&mut self, frame: &ClientFrame, now: Instant) -> bool {
        let ClientFrame::Typing { room, thread } = frame else {
            return false;
        };
        self.typed.again((*room, *thread), now)
    }
}

/// A frame's place in [`RECEIVED`].
const fn kind(frame: &ClientFrame) -> usize {
    match frame {
        ClientFrame::Join { .. } => 0,
        ClientFrame::Leave { .. } => 1,
        ClientFrame::Send { .. } => 2,
        ClientFrame::Typing { .. } => 3,
        ClientFrame::Read { .. } => 4,
        ClientFrame::Presence { .. } => 5,
    }
}
