//! The wire: the only module that reads from and writes to a connection.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use chat::{close::Close, wire::FRAME_BYTES_MAX};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use super::{
    batch::Batch,
    codec::{self, Decoder, Incoming, Unfit},
};

/// How much one read takes.
const READ_BYTES: usize = 16 * 1024;
/// How long the other side may take to answer a close. Going away with unread bytes would reset the
/// connection, and the close might never be seen.
const LINGER: Duration = Duration::from_secs(2);

thread_local! {
    /// What is read into first. One for each thread instead of one for each connection: nearly all
    /// connections wait nearly all the time.
    static READ: RefCell<[u8; READ_BYTES]> = const { RefCell::new([0; READ_BYTES]) };
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection is gone.
    Lost,
    /// What came in cannot be gone on with.
    Unfit(Unfit),
}

/// An upgraded connection.
pub(super) struct Socket<S> {
    io: S,
    decoder: Decoder,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A socket over an upgraded connection.
    pub(super) fn new(io: S) -> Self {
        Self {
            io,
            decoder: Decoder::new(FRAME_BYTES_MAX),
        }
    }

    /// What comes next. Nothing is lost when this is given up half-way.
    pub(super) async fn receive(&mut self) -> Result<Incoming, Broken> {
        loop {
            if let Some(incoming) = self.decoder.next().map_err(Broken::Unfit)? {
                return Ok(incoming);
            }
            if !self.read().await {
                return Err(Broken::Lost);
            }
        }
    }

    /// Writes all of a batch. What is written when this is given up half-way is noted in the batch.
    pub(super) async fn write(&mut self, batch: &mut Batch) -> io::Result<()> {
        while !batch.is_written() {
            self.write_some(batch).await?;
        }
        poll_fn(|cx| Pin::new(&mut self.io).poll_flush(cx)).await
    }

    /// Writes as much of a batch as goes at once, waiting until it is something.
    pub(super) async fn write_some(&mut self, batch: &mut Batch) -> io::Result<()> {
        poll_fn(|cx| {
            let io = Pin::new(&mut self.io);
            let written = ready!(batch.with_slices(|slices| io.poll_write_vectored(cx, slices)))?;
            batch.advance(written);
            Poll::Ready(if written == 0 {
                Err(io::ErrorKind::WriteZero.into())
            } else {
                Ok(())
            })
        })
        .await
    }

    /// Writes what is left of a batch and a close, for at most `patience`.
    pub(super) async fn close(&mut self, mut batch: Batch, close: Close, patience: Duration) {
        batch.add(
            codec::CLOSE,
            [&close.code().to_be_bytes(), close.reason().as_bytes()]
                .concat()
                .into(),
        );
        timeout(patience, self.write(&mut batch)).await.ok();
    }

    /// Waits a moment for the other side to close as well.
    pub(super) async fn linger(mut self) {
        timeout(LINGER, async {
            while !self.decoder.skip() && self.read().await {}
        })
        .await
        .ok();
    }

    /// Answers the other side's close.
    pub(super) async fn answer_close(mut self, code: Option<u16>) {
        let payload = code
            .map(|code| Bytes::copy_from_slice(&code.to_be_bytes()))
            .unwrap_or_default();
        let mut batch = Batch::default();
        batch.add(codec::CLOSE, payload);
        timeout(LINGER, self.write(&mut batch)).await.ok();
    }

    /// Reads something; false: there is nothing more.
    async fn read(&mut self) -> bool {
        matches!(poll_fn(|cx| self.poll_read(cx)).await, Ok(count) if count > 0)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        READ.with_borrow_mut(|bytes| {
            let mut buffer = ReadBuf::new(bytes);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
            self.decoder.feed(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
    }
}
