//! WebSocket frames as bytes (RFC 6455): reading a client's, heading ours.
//!
//! Our own instead of a library's for what libraries do not offer together: no buffer while a
//! connection is idle, several payloads written as one frame without copying them, and a close that
//! the other side really gets after it sent too much. Extensions are never agreed on.

use std::fmt;

/// What a client's frames amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A whole text.
    Text(String),
    /// To be answered with a pong of the same payload.
    Ping(Vec<u8>),
    /// A sign of life.
    Pong,
    /// The other side closes, with this code if it gave one.
    Close(Option<u16>),
}

/// Why what came in cannot be gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// A message is larger than allowed.
    TooBig,
    /// A message is not text.
    Binary,
    /// It is not the protocol.
    Protocol(&'static str),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooBig => "too big",
            Self::Binary => "not text",
            Self::Protocol(what) => what,
        })
    }
}

const CONTINUATION: u8 = 0;
/// A text frame.
pub(super) const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// A close frame.
pub(super) const CLOSE: u8 = 8;
/// A ping.
pub(super) const PING: u8 = 9;
/// A pong.
pub(super) const PONG: u8 = 10;

/// The most bytes of a control frame's payload.
pub(super) const CONTROL_BYTES_MAX: usize = 125;

/// A client's frame up to its payload.
#[derive(Clone, Copy)]
struct Head {
    last: bool,
    opcode: u8,
    masked: bool,
    reserved: bool,
    mask: [u8; 4],
    /// Bytes of the head itself.
    size: usize,
    /// Bytes of the payload.
    length: u64,
}

impl Head {
    /// Reads a head; `None`: it is not all there.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        let (length, mut size) = match second & 0x7f {
            126 => (
                u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
                4,
            ),
            127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
            short => (u64::from(short), 2),
        };
        let masked = second & 0x80 != 0;
        let mut mask = [0; 4];
        if masked {
            mask.copy_from_slice(bytes.get(size..size + 4)?);
            size += 4;
        }
        let (last, reserved) = (first & 0x80 != 0, first & 0x70 != 0);
        Some(Self {
            last,
            opcode: first & 0x0f,
            masked,
            reserved,
            mask,
            size,
            length,
        })
    }
}

/// Puts a client's frames together from whatever pieces they arrive in.
#[derive(Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are dealt with.
    done: usize,
    /// What there is of a message that comes in several frames.
    message: Option<Vec<u8>>,
    /// Bytes still to be skipped after [`Self::skip`] was called for.
    skipping: u64,
    limit: usize,
}

impl Decoder {
    /// A decoder of messages of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Takes bytes as they came.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next that is complete; `None`: more bytes are needed.
    ///
    /// # Errors
    /// [`Unfit`], and nothing but [`Self::skip`] makes sense from then on.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, Unfit> {
        while let Some(head) = Head::read(&self.buffer[self.done..]) {
            self.check(&head)?;
            let start = self.done + head.size;
            // The check has bounded the length.
            let end = start + head.length as usize;
            if self.buffer.len() < end {
                self.buffer.reserve(end - self.buffer.len());
                break;
            }
            let payload = &mut self.buffer[start..end];
            payload
                .iter_mut()
                .zip(head.mask.iter().cycle())
                .for_each(|(byte, mask)| *byte ^= mask);
            self.done = end;
            if let Some(incoming) = self.take(&head, start..end)? {
                return Ok(Some(incoming));
            }
        }
        self.forget_done();
        Ok(None)
    }

    /// Reads on only to find where the other side closes; true: it does.
    pub(super) fn skip(&mut self) -> bool {
        loop {
            let waiting = (self.buffer.len() - self.done) as u64;
            let skipped = self.skipping.min(waiting);
            self.skipping -= skipped;
            self.done += skipped as usize;
            match Head::read(&self.buffer[self.done..]) {
                Some(head) if self.skipping == 0 => {
                    if head.opcode == CLOSE {
                        return true;
                    }
                    self.done += head.size;
                    self.skipping = head.length;
                }
                _ => break,
            }
        }
        self.forget_done();
        false
    }

    fn check(&self, head: &Head) -> Result<(), Unfit> {
        if head.reserved {
            return Err(Unfit::Protocol("reserved bits are set"));
        }
        if !head.masked {
            return Err(Unfit::Protocol("a client's frame is not masked"));
        }
        match (head.opcode, &self.message) {
            (CLOSE | PING | PONG, _) if head.last && head.length <= CONTROL_BYTES_MAX as u64 => Ok(()),
            (CLOSE | PING | PONG, _) => Err(Unfit::Protocol("a control frame is too long or in pieces")),
            (BINARY, None) => Err(Unfit::Binary),
            (TEXT, None) => self.check_size(head, 0),
            (CONTINUATION, Some(message)) => self.check_size(head, message.len()),
            (TEXT | BINARY, Some(_)) => Err(Unfit::Protocol("a message begins within another")),
            (CONTINUATION, None) => Err(Unfit::Protocol("a message goes on that never began")),
            _ => Err(Unfit::Protocol("unknown opcode")),
        }
    }

    fn check_size(&self, head: &Head, so_far: usize) -> Result<(), Unfit> {
        if head.length > (self.limit - so_far) as u64 {
            Err(Unfit::TooBig)
        } else {
            Ok(())
        }
    }

    /// What a whole frame with this payload gives.
    fn take(&mut self, head: &Head, payload: std::ops::Range<usize>) -> Result<Option<Incoming>, Unfit> {
        let payload = &self.buffer[payload];
        Ok(match head.opcode {
            PING => Some(Incoming::Ping(payload.to_vec())),
            PONG => Some(Incoming::Pong),
            CLOSE => Some(Incoming::Close(
                payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
            )),
            _ => {
                let mut message = self.message.take().unwrap_or_default();
                message.extend_from_slice(payload);
                if head.last {
                    let text =
                        String::from_utf8(message).map_err(|_| Unfit::Protocol("a text is not UTF-8"))?;
                    Some(Incoming::Text(text))
                } else {
                    self.message = Some(message);
                    None
                }
            }
        })
    }

    fn forget_done(&mut self) {
        if self.done == self.buffer.len() {
            // An idle connection holds no buffer.
            self.buffer = Vec::new();
        } else {
            self.buffer.drain(..self.done);
        }
        self.done = 0;
    }
}

/// The head of a server's frame: its bytes, and how many of them count.
pub(super) fn head(opcode: u8, length: usize) -> ([u8; 10], usize) {
    let mut bytes = [0; 10];
    bytes[0] = 0x80 | opcode;
    let size = match length {
        0..=125 => {
            bytes[1] = length as u8;
            2
        }
        126..=0xffff => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&(length as u64).to_be_bytes());
            10
        }
    };
    (bytes, size)
}

#[cfg(test)]
mod tests;
