//! How a connection ends.

use std::time::Duration;

use chat::{close::Close, wire::ServerFrame};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{End, Task, outcome};
use crate::{
    hub::{bell, frame::text, metrics::ended},
    ws::{batch::Batch, socket::Socket},
};

/// How long a close may take to be written.
const CLOSE: Duration = Duration::from_secs(5);
/// How long a close may take where the reader has stopped reading: should it go on, it learns why it was closed.
const CLOSE_STALLED: Duration = Duration::from_secs(30);
/// How long commands under way may take once the server restarts.
const WIND_DOWN: Duration = Duration::from_secs(3);
/// When to come back after a restart, at most, in milliseconds. Connections are closed one after another already,
/// so there is little left to spread, and until they are back people see nothing.
const RECONNECT_MS: u64 = 250;

impl<S: AsyncRead + AsyncWrite + Unpin> Task<S> {
    /// Does what is to be done before the connection ends.
    pub(super) async fn end(&mut self, end: End) -> End {
        if !matches!(end, End::Close(Close::Restart)) {
            return end;
        }
        if let Ok(Err(end)) = timeout(WIND_DOWN, self.wind_down()).await {
            return end;
        }
        let in_ms = rand::random_range(0..=RECONNECT_MS);
        self.outbox.say(text(&ServerFrame::Reconnect { in_ms }));
        end
    }

    /// Finishes what was asked for so far.
    pub(super) async fn wind_down(&mut self) -> Result<(), End> {
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

    pub(super) async fn finish(self, end: End) {
        let Self {
            guest,
            mut socket,
            mut outbox,
            rooms,
            running,
            ..
        } = self;
        if let Some((running, _)) = running {
            running.stop().await;
        }
        drop(rooms);
        match end {
            End::Close(close) => {
                count_end(close.code().to_string());
                socket.close(outbox.take().0, close, CLOSE).await;
                drop(guest);
                socket.linger().await;
            }
            End::Stalled(batch, close) => {
                count_end(close.code().to_string());
                drop(guest);
                socket.close(batch, close, CLOSE_STALLED).await;
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

/// Closes an upgraded connection of nobody.
pub(in crate::ws) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(io: S) {
    count_end(Close::NotSignedIn.code().to_string());
    let mut socket = Socket::new(io);
    socket.close(Batch::default(), Close::NotSignedIn, CLOSE).await;
    socket.linger().await;
}

fn count_end(code: impl Into<metrics::SharedString>) {
    metrics::counter!("websocket_closed_total", "code" => code.into()).increment(1);
}
