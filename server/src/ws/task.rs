//! The task of one connection: it alone reads, writes and moves cursors.
//!
//! Each turn waits for one of three things (the bell, the outcome of the command under way, something
//! from the other side), gathers what follows from it, and writes all of that in one go. Which of the
//! three comes first is left to chance each time, so that none can starve the others.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use backend::{Caller, Problem, message::Posted, stamp::now_us};
use bytes::Bytes;
use chat::{
    Code, RoomId, Status,
    close::Close,
    wire::{ClientFrame, ServerFrame},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    batch::Batch,
    codec::{self, Incoming, Unfit},
    command::{Command, Outcome, Running, Speaker, error},
    outbox::Outbox,
    pace::Pace,
    parse::{self, Refused},
    rooms::{OpenRooms, Reader},
    sends::Sends,
    socket::{Broken, Socket},
};
use crate::hub::{
    Guest, Hub, bell,
    frame::text,
    metrics::{RECEIVED, ended},
};

/// With this many commands waiting nothing more is read.
const COMMANDS_MAX: usize = 64;
/// After this long in one write, the connection lets go of the memory that other readers have moved past.
const HOLD: Duration = Duration::from_secs(1);
/// A reader that takes not a byte for this long is closed.
const STALL: Duration = Duration::from_secs(10);
/// How long a close may take to be written.
const CLOSE: Duration = Duration::from_secs(5);
/// How long a close may take where the reader has stopped reading: should it go on, it learns why it was closed.
const CLOSE_STALLED: Duration = Duration::from_secs(30);
/// How long commands under way may take once the server restarts.
const WIND_DOWN: Duration = Duration::from_secs(3);
/// When to come back after a restart, at most, in milliseconds.
const RECONNECT_MS: u64 = 1_000;
/// Someone who goes on typing is not told of more often than this.
const TYPING_AGAIN: Duration = Duration::from_secs(1);

/// How a connection ends.
enum End {
    /// It is closed from here.
    Close(Close),
    /// It is closed from here, with this still to be written.
    Stalled(Batch),
    /// The other side closes.
    Closed(Option<u16>),
    /// It broke.
    Lost,
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
    typed: Option<(RoomId, Instant)>,
}

/// Serves an upgraded connection of the caller until it ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(hub: Arc<Hub>, caller: Caller, io: S) {
    let guest = hub.connect(&caller);
    let connection = Arc::clone(&guest.connection);
    let mut task = Task {
        guest,
        socket: Socket::new(io),
        outbox: Outbox::default(),
        rooms: OpenRooms::default(),
        sends: Sends::default(),
        commands: VecDeque::new(),
        running: None,
        pace: Pace::new(hub.frame_rate),
        typed: None,
        speaker: Speaker {
            hub,
            connection,
            caller: Arc::new(caller),
        },
    };
    let end = match task.greet().await {
        Ok(()) => task.run().await,
        Err(end) => end,
    };
    task.finish(end).await;
}

/// Closes an upgraded connection of nobody.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(io: S) {
    count_end(Close::NotSignedIn.code().to_string());
    let mut socket = Socket::new(io);
    socket.close(Batch::default(), Close::NotSignedIn, CLOSE).await;
    socket.linger().await;
}

fn count_end(code: impl Into<metrics::SharedString>) {
    metrics::counter!("websocket_closed_total", "code" => code.into()).increment(1);
}

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    async fn greet(&mut self) -> Result<(), End> {
        let Speaker {
            hub,
            connection,
            caller,
        } = &self.speaker;
        let hello = hub.hello(connection, caller).await.map_err(|problem| {
            tracing::warn!(%problem, "a connection could not be greeted");
            End::Close(Close::Restart)
        })?;
        self.outbox.say(hello);
        self.flush().await?;
        let Speaker {
            hub,
            connection,
            caller,
        } = &self.speaker;
        hub.backend
            .set_presence(caller.id(), connection.id, Status::Online)
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

    /// Starts the next command, if none is under way and it may start.
    fn start_next(&mut self) {
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
    fn must_wait(&self, command: &Command) -> bool {
        matches!(command, Command::Asked(_))
            && command.moves_in().is_some_and(|room| self.sends.wait_in(room))
    }

    fn start(&mut self, command: Command) {
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
    fn conclude(&mut self, outcome: Outcome) -> Result<(), End> {
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

    fn conclude_post(&mut self, posted: &Posted) {
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

    /// Takes in what the other side sent.
    fn hear(&mut self, incoming: Result<Incoming, Broken>) -> Result<(), End> {
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

    fn hear_object(&mut self, object: &str) -> Result<(), End> {
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

    fn count_fault(&mut self) -> Result<(), End> {
        if self.pace.fault(Instant::now()) {
            Ok(())
        } else {
            Err(End::Close(Close::TooFast))
        }
    }

    /// Whether this only repeats what everyone was told a moment ago.
    fn is_typing_again(&mut self, frame: &ClientFrame, now: Instant) -> bool {
        let ClientFrame::Typing { room } = frame else {
            return false;
        };
        let again = self
            .typed
            .is_some_and(|(of, at)| of == *room && now.duration_since(at) < TYPING_AGAIN);
        if !again {
            self.typed = Some((*room, now));
        }
        again
    }

    /// Writes what was gathered.
    async fn flush(&mut self) -> Result<(), End> {
        if self.outbox.is_empty() {
            return Ok(());
        }
        let (mut batch, oldest_us) = self.outbox.take();
        match timeout(HOLD, self.socket.write(&mut batch)).await {
            Ok(written) => written.map_err(|_| End::Lost)?,
            Err(_) => {
                self.rooms.let_go();
                self.write_slowly(batch).await?;
            }
        }
        if let Some(oldest_us) = oldest_us {
            let ms = now_us().saturating_sub(oldest_us) as f64 / 1_000.0;
            self.speaker.hub.metrics.delivery.record(ms);
        }
        Ok(())
    }

    /// Goes on writing for as long as the reader takes anything at all.
    async fn write_slowly(&mut self, mut batch: Batch) -> Result<(), End> {
        while !batch.is_written() {
            match timeout(STALL, self.socket.write_some(&mut batch)).await {
                Ok(written) => written.map_err(|_| End::Lost)?,
                Err(_) => {
                    self.speaker.hub.metrics.slow_readers.increment(1);
                    return Err(End::Stalled(batch));
                }
            }
        }
        Ok(())
    }

    /// Does what is to be done before the connection ends.
    async fn end(&mut self, end: End) -> End {
        if !matches!(end, End::Close(Close::Restart)) {
            return end;
        }
        match timeout(WIND_DOWN, self.wind_down()).await {
            Ok(Err(end)) => return end,
            Ok(Ok(())) | Err(_) => {}
        }
        let in_ms = rand::random_range(0..=RECONNECT_MS);
        self.outbox.say(text(&ServerFrame::Reconnect { in_ms }));
        end
    }

    /// Finishes what was asked for so far.
    async fn wind_down(&mut self) -> Result<(), End> {
        loop {
            self.start_next();
            self.flush().await?;
            if self.running.is_none() && self.commands.is_empty() && self.sends.is_empty() {
                return Ok(());
            }
            tokio::select! {
                bits = self.speaker.connection.bell.rung() => self.deliver(bits & !bell::END)?,
                outcome = outcome(&mut self.running) => self.conclude(outcome)?,
            }
        }
    }

    async fn finish(self, end: End) {
        let Self {
            guest,
            mut socket,
            mut outbox,
            rooms,
            running,
            ..
        } = self;
        // A message that is being stored is stored all the same.
        drop((running, rooms));
        match end {
            End::Close(close) => {
                count_end(close.code().to_string());
                socket.close(outbox.take().0, close, CLOSE).await;
                drop(guest);
                socket.linger().await;
            }
            End::Stalled(batch) => {
                count_end(Close::TooSlow.code().to_string());
                drop(guest);
                socket.close(batch, Close::TooSlow, CLOSE_STALLED).await;
                socket.linger().await;
            }
            End::Closed(code) => {
                count_end(ended::BY_PEER);
                drop(guest);
                socket.answer_close(code).await;
            }
            End::Lost => count_end(ended::LOST),
        }
    }
}

/// The outcome of the command under way; without one, none ever.
async fn outcome(running: &mut Option<(Running, Option<RoomId>)>) -> Outcome {
    match running {
        Some((running, _)) => running.await,
        None => std::future::pending().await,
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
