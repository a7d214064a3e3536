//! The task of one connection: it alone reads, writes and moves cursors.
//!
//! Each turn waits for one of three things (the bell, the outcome of the command under way, something
//! from the other side), gathers what follows from it, and writes all of that in one go. Which of the
//! three comes first is left to chance each time, so that none can starve the others.

mod act;
mod end;
mod hear;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use backend::{Caller, stamp::now_us};
use bytes::Bytes;
use chat::{Code, RoomId, Status, close::Close};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    batch::Batch,
    codec::{self, Incoming},
    command::{Command, Outcome, Running, Speaker},
    outbox::Outbox,
    pace::{Pace, Typed},
    rooms::{OpenRooms, Reader},
    sends::Sends,
    socket::{Broken, Socket},
};
use crate::hub::{Guest, Hub, bell};

pub(super) use end::refuse;

/// With this many commands waiting nothing more is read.
const COMMANDS_MAX: usize = 64;
/// After this long in one write, the connection lets go of the memory that other readers have moved past.
const HOLD: Duration = Duration::from_secs(1);
/// A reader that takes not a byte for this long is closed.
const STALL: Duration = Duration::from_secs(10);
/// How long one turn may take to be written in all: who takes a byte now and then does not keep up either.
const TURN: Duration = Duration::from_secs(30);
/// What a large turn may take beyond that: as long as this many bytes a second need.
const SLOWEST: usize = 16 * 1024;

/// How a connection ends.
enum End {
    /// It is closed from here.
    Close(Close),
    /// It is closed from here, with this still to be written.
    Stalled(Batch, Close),
    /// The other side closes.
    Closed(Option<u16>),
    /// It broke.
    Lost,
}

/// Why a turn was not written whole.
enum Unwritten {
    Broken,
    Slow,
    Ending,
}

/// What a turn begins with.
enum Turn {
    Rung(u64),
    Done(Outcome),
    Received(Result<Incoming, Broken>),
}

struct Task<S> {
    speaker: Speaker,
    guest: Guest,
    socket: Socket<S>,
    outbox: Outbox,
    rooms: OpenRooms,
    sends: Sends,
    commands: VecDeque<Command>,
    running: Option<(Running, Option<RoomId>)>,
    pace: Pace,
    typed: Typed,
}

/// Serves an upgraded connection of the caller until it ends. `since` is the version of rooms' settings that the other
/// side knows.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    hub: Arc<Hub>,
    caller: Caller,
    since: Option<u64>,
    io: S,
) {
    let guest = hub.connect(&caller);
    let connection = Arc::clone(&guest.connection);
    if hub.is_draining() {
        // The upgrade was under way when everyone else was told.
        connection.end(Close::Restart);
    }
    let mut task = Task {
        guest,
        socket: Socket::new(io),
        outbox: Outbox::default(),
        rooms: OpenRooms::default(),
        sends: Sends::default(),
        commands: VecDeque::new(),
        running: None,
        pace: Pace::new(hub.frame_rate),
        typed: Typed::default(),
        speaker: Speaker { hub, connection },
    };
    let end = match task.greet().await {
        Ok(()) => {
            if let Some(since) = since {
                let Speaker { hub, connection } = &task.speaker;
                hub.tell_rooms_changed(&connection.user, since).await;
            }
            task.run().await
        }
        Err(end) => end,
    };
    task.finish(end).await;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    async fn greet(&mut self) -> Result<(), End> {
        let Speaker { hub, connection } = &self.speaker;
        let hello = hub
            .hello(connection, &connection.caller())
            .await
            .map_err(|problem| {
                if problem.code == Code::NotSignedIn {
                    return End::Close(Close::NotSignedIn);
                }
                tracing::warn!(%problem, "a connection could not be greeted");
                End::Close(Close::Restart)
            })?;
        self.outbox.say(hello);
        self.flush().await?;
        let Speaker { hub, connection } = &self.speaker;
        hub.backend
            .set_presence(connection.user.id, connection.id, Status::Online)
            .await;
        Ok(())
    }

    async fn run(&mut self) -> End {
        loop {
            self.start_next();
            if let Err(end) = self.flush().await {
                return end;
            }
            let turn = self.turn().await;
            if let Err(end) = self.take(turn) {
                return self.end(end).await;
            }
        }
    }

    async fn turn(&mut self) -> Turn {
        let reads = self.commands.len() < COMMANDS_MAX;
        tokio::select! {
            bits = self.speaker.connection.bell.rung() => Turn::Rung(bits),
            outcome = outcome(&mut self.running) => Turn::Done(outcome),
            incoming = self.socket.receive(), if reads => Turn::Received(incoming),
        }
    }

    fn take(&mut self, turn: Turn) -> Result<(), End> {
        match turn {
            Turn::Rung(bits) => self.deliver(bits),
            Turn::Done(outcome) => self.conclude(outcome),
            Turn::Received(incoming) => {
                self.speaker.connection.seen(self.speaker.hub.clock_s());
                self.hear(incoming)
            }
        }
    }

    /// Gathers what the bell was rung for.
    fn deliver(&mut self, bits: u64) -> Result<(), End> {
        let Speaker { hub, connection, .. } = &self.speaker;
        if bits & bell::END != 0
            && let Some(close) = connection.ending()
        {
            return Err(End::Close(close));
        }
        if bits & bell::PING != 0 {
            self.outbox.control(codec::PING, Bytes::new());
        }
        if bits & bell::SLOTS != 0 {
            let mut slots = connection.slots();
            while !self.outbox.is_full()
                && let Some(word) = slots.take()
            {
                self.outbox.say(word);
            }
            hub.metrics.ephemeral_dropped.increment(slots.take_lost());
            if self.outbox.is_full() {
                connection.bell.ring(bell::SLOTS);
            }
        }
        let mut reader = Reader {
            connection: connection.id,
            user: connection.user.id,
            bell: &connection.bell,
            paused: self.running.as_ref().and_then(|(_, room)| *room),
            sends: &mut self.sends,
            outbox: &mut self.outbox,
        };
        for (room, after) in self.rooms.read(bits, &mut reader) {
            self.commands.push_front(Command::Catch { room, after });
        }
        Ok(())
    }

    /// Writes what was gathered.
    async fn flush(&mut self) -> Result<(), End> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let (mut batch, oldest) = self.outbox.take();
        match timeout(HOLD, self.socket.write(&mut batch)).await {
            Ok(written) => written.map_err(|_| End::Lost)?,
            Err(_) => {
                self.rooms.let_go();
                self.write_slowly(batch).await?;
            }
        }
        if let Some((born_us, crowd)) = oldest {
            let ms = now_us().saturating_sub(born_us) as f64 / 1_000.0;
            self.speaker.hub.metrics.delivered(crowd, ms);
        }
        Ok(())
    }

    /// Goes on writing for as long as the reader takes anything at all, unless the connection is to end.
    async fn write_slowly(&mut self, mut batch: Batch) -> Result<(), End> {
        let Speaker { hub, connection, .. } = &self.speaker;
        let socket = &mut self.socket;
        let patience = TURN + Duration::from_secs((batch.left() / SLOWEST) as u64);
        let writing = timeout(patience, async {
            while !batch.is_written() {
                match timeout(STALL, socket.write_some(&mut batch)).await {
                    Ok(written) => written.map_err(|_| Unwritten::Broken)?,
                    Err(_) => return Err(Unwritten::Slow),
                }
                // Nothing is read meanwhile, but whoever takes something is there.
                connection.seen(hub.clock_s());
            }
            Ok(())
        });
        let unwritten = tokio::select! {
            written = writing => match written {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(unwritten)) => unwritten,
                Err(_) => Unwritten::Slow,
            },
            () = connection.bell.rung_to_end() => Unwritten::Ending,
        };
        match unwritten {
            Unwritten::Broken => Err(End::Lost),
            Unwritten::Ending => Err(End::Stalled(batch, connection.ending().unwrap_or(Close::TooSlow))),
            Unwritten::Slow => {
                hub.metrics.slow_readers.increment(1);
                Err(End::Stalled(batch, Close::TooSlow))
            }
        }
    }
}

/// The outcome of the command under way; without one, none ever.
async fn outcome(running: &mut Option<(Running, Option<RoomId>)>) -> Outcome {
    match running {
        Some((running, _)) => running.outcome().await,
        None => std::future::pending().await,
    }
}
