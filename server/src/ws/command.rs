//! What a client's frame sets going. A command runs beside delivery and hands its outcome back to the
//! connection's task, which alone writes and moves cursors.

use std::{panic::resume_unwind, sync::Arc, time::Duration};

use backend::{
    Code, Problem, Result,
    marker::Reading,
    message::{Post, Posted},
};
use bytes::Bytes;
use chat::{
    RoomId,
    wire::{ClientFrame, RequestId, ServerFrame},
};

use tokio_util::task::AbortOnDropHandle;

use crate::hub::{Connection, Entered, Hub, frame::text};

/// How often a reader that lags is let in again before it is sent away to come back by itself.
const ATTEMPTS: u32 = 5;

/// Something to do, one after another.
#[derive(Debug)]
pub(super) enum Command {
    /// What the client asked for.
    Asked(ClientFrame),
    /// A room moved on faster than it could be read here: it is to be entered again where reading stopped.
    Catch {
        /// The room.
        room: RoomId,
        /// The last revision read.
        after: u64,
    },
}

impl Command {
    /// The room that this opens or closes here.
    pub(super) const fn moves_in(&self) -> Option<RoomId> {
        match self {
            Self::Asked(ClientFrame::Join { room, .. } | ClientFrame::Leave { room })
            | Self::Catch { room, .. } => Some(*room),
            Self::Asked(_) => None,
        }
    }
}

/// What came of a command.
pub(super) enum Outcome {
    /// Nothing to say.
    Done,
    /// Something to say.
    Say(Bytes),
    /// A room is open.
    Entered {
        /// The request's id, for `joined`.
        id: Option<RequestId>,
        /// The room.
        entered: Entered,
    },
    /// A room was not opened.
    NotEntered {
        /// The request's id.
        id: Option<RequestId>,
        /// Why.
        problem: Problem,
    },
    /// A message is stored.
    Posted(Box<Posted>),
    /// A message is refused.
    NotPosted(Problem),
    /// The reader is to come back by itself.
    Lagging,
}

/// A command under way, in a task of its own: what it holds meanwhile (a reader of the store, a room's opening)
/// others wait for, and they must not wait for the reader of this connection too.
pub(super) struct Running(AbortOnDropHandle<Outcome>);

impl Running {
    fn new(command: impl Future<Output = Outcome> + Send + 'static) -> Self {
        Self(AbortOnDropHandle::new(tokio::spawn(command)))
    }

    /// What came of it.
    pub(super) async fn outcome(&mut self) -> Outcome {
        match (&mut self.0)
            .await
            .map_err(tokio::task::JoinError::try_into_panic)
        {
            Ok(outcome) => outcome,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime is shutting down, and this task with it.
            Err(Err(_)) => std::future::pending().await,
        }
    }

    /// Gives it up; when this returns it does nothing any more. A message that is being stored is stored all the same.
    pub(super) async fn stop(self) {
        self.0.abort();
        self.0.await.ok();
    }
}

/// The hub and whoever speaks to it.
#[derive(Clone)]
pub(super) struct Speaker {
    pub(super) hub: Arc<Hub>,
    pub(super) connection: Arc<Connection>,
}

impl Speaker {
    /// Starts what was asked for; `leave` is not started but done by whoever holds the rooms. Bell is the bit for
    /// a room that is opened.
    pub(super) fn start(self, command: Command, bell: u64) -> Running {
        match command {
            Command::Catch { room, after } => Running::new(self.catch(room, after, bell)),
            Command::Asked(ClientFrame::Join { id, room, after }) => {
                Running::new(self.join(id, room, after, bell))
            }
            Command::Asked(ClientFrame::Send {
                room,
                nonce,
                body,
                thread,
                attachments,
            }) => {
                let post = Post {
                    room,
                    body,
                    thread,
                    nonce: Some(nonce),
                    attachments,
                    origin: Some(self.connection.id),
                };
                Running::new(self.post(post))
            }
            Command::Asked(frame) => Running::new(self.act(frame)),
        }
    }

    async fn join(self, id: Option<RequestId>, room: RoomId, after: Option<u64>, bell: u64) -> Outcome {
        match self.enter(room, after, bell).await {
            Ok(entered) => Outcome::Entered { id, entered },
            Err(problem) => Outcome::NotEntered { id, problem },
        }
    }

    async fn enter(&self, room: RoomId, after: Option<u64>, bell: u64) -> Result<Entered> {
        let Self { hub, connection } = self;
        let caller = &connection.caller();
        let departures = connection.user.departures();
        hub.backend.open_room(caller, room).await?;
        let entered = hub.enter(connection, room, after, bell).await?;
        if connection.user.departures() != departures {
            // The user left a room meanwhile, perhaps this one; the reader was not yet there to be told.
            hub.backend.open_room(caller, room).await?;
        }
        Ok(entered)
    }

    async fn catch(self, room: RoomId, after: u64, bell: u64) -> Outcome {
        for attempt in 0..ATTEMPTS {
            match self.hub.enter(&self.connection, room, Some(after), bell).await {
                Ok(entered) => return Outcome::Entered { id: None, entered },
                Err(problem) => tracing::warn!(%problem, %room, "a lagging reader could not be let in"),
            }
            tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
        }
        Outcome::Lagging
    }

    async fn post(self, post: Post) -> Outcome {
        let caller = self.connection.caller();
        match self.hub.backend.post_message(&caller, post).await {
            Ok(posted) => Outcome::Posted(Box::new(posted)),
            Err(problem) => Outcome::NotPosted(problem),
        }
    }

    /// What has no answer but a refusal.
    async fn act(self, frame: ClientFrame) -> Outcome {
        let Self { hub, connection } = &self;
        let caller = &connection.caller();
        let done = match frame {
            ClientFrame::Typing { room, thread } => {
                let origin = connection.id;
                hub.backend.type_in_room(caller, room, thread, origin).await
            }
            ClientFrame::Read { room, seq, turn } => {
                let reading = Reading {
                    room,
                    seq,
                    turn,
                    origin: Some(connection.id),
                };
                hub.backend.mark_read(caller, reading).await
            }
            ClientFrame::Presence { status } => {
                hub.backend.set_presence(caller.id(), connection.id, status).await;
                Ok(())
            }
            ClientFrame::Join { .. } | ClientFrame::Leave { .. } | ClientFrame::Send { .. } => {
                Err(Code::Internal.into())
            }
        };
        done.map_or_else(
            |problem| Outcome::Say(error(None, None, &problem)),
            |()| Outcome::Done,
        )
    }
}

/// The frame for a refusal.
pub(super) fn error(id: Option<RequestId>, nonce: Option<String>, problem: &Problem) -> Bytes {
    let (code, detail) = (problem.code.as_str().to_owned(), problem.detail.clone());
    text(&ServerFrame::Error {
        id,
        nonce,
        code,
        detail,
    })
}
