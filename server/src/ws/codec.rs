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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 64 * 1024;

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let (mut bytes, size) = head(first & 0x0f, payload.len());
        bytes[0] = first;
        bytes[1] |= 0x80;
        let mask = [7, 1, 250, 33];
        let masked = payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask);
        bytes[..size].iter().copied().chain(mask).chain(masked).collect()
    }

    fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Incoming>, Unfit> {
        decoder.feed(bytes);
        let mut all = Vec::new();
        while let Some(incoming) = decoder.next()? {
            all.push(incoming);
        }
        Ok(all)
    }

    fn text(text: &str) -> Incoming {
        Incoming::Text(text.to_owned())
    }

    #[test]
    fn texts_of_every_length_arrive_whole_however_they_are_cut() {
        for length in [0, 1, 125, 126, 127, 65_535, LIMIT] {
            let body = "x".repeat(length);
            let bytes = [frame(0x81, body.as_bytes()), frame(0x81, b"next")].concat();
            for piece in [1.max(length / 7), 3 + length / 2, bytes.len()] {
                let mut decoder = Decoder::new(LIMIT);
                let pieces = bytes
                    .chunks(piece)
                    .map(|piece| decode(&mut decoder, piece).unwrap());
                let all: Vec<_> = pieces.flatten().collect();
                assert_eq!(all, [text(&body), text("next")], "{length} in pieces of {piece}");
                assert_eq!(decoder.buffer.capacity(), 0, "nothing is kept");
            }
        }
    }

    proptest! {
        /// The same bytes whole or in pieces amount to the same, whatever they are, and nothing beyond the limit is kept.
        #[test]
        fn any_bytes_are_understood_or_refused_alike_however_they_are_cut(
            start in prop_oneof![Just(vec![]), Just(vec![0x81]), Just(vec![0x01, 0x80]), Just(vec![0x89])],
            rest in prop::collection::vec(any::<u8>(), 0..400),
            piece in 1_usize..60,
        ) {
            let bytes = [start, rest].concat();
            let read = |piece: usize| {
                let mut decoder = Decoder::new(100);
                let mut all = Vec::new();
                for bytes in bytes.chunks(piece) {
                    decoder.feed(bytes);
                    loop {
                        match decoder.next() {
                            Ok(Some(incoming)) => all.push(incoming),
                            Ok(None) => break,
                            Err(unfit) => return (all, Some(unfit)),
                        }
                    }
                }
                (all, None)
            };
            prop_assert_eq!(read(piece), read(bytes.len().max(1)));
        }
    }

    #[test]
    fn a_ping_may_come_between_the_pieces_of_a_message() {
        let (one, two) = "héé".as_bytes().split_at(2);
        let bytes = [
            frame(0x01, one),
            frame(0x89, b"?"),
            frame(0x00, b""),
            frame(0x80, two),
        ]
        .concat();
        let all = decode(&mut Decoder::new(LIMIT), &bytes).unwrap();
        assert_eq!(all, [Incoming::Ping(b"?".to_vec()), text("héé")]);
    }

    #[test]
    fn closes_come_with_and_without_a_code() {
        let bytes = [
            frame(0x8a, b""),
            frame(0x88, b""),
            frame(0x88, &[0x03, 0xe9, b'b']),
        ]
        .concat();
        let all = decode(&mut Decoder::new(LIMIT), &bytes).unwrap();
        assert_eq!(
            all,
            [Incoming::Pong, Incoming::Close(None), Incoming::Close(Some(1001))]
        );
    }

    #[test]
    fn what_is_not_the_protocol_is_refused() {
        let mut unmasked = frame(0x81, b"");
        unmasked[1] = 0;
        let cases: [(&str, Vec<u8>); 8] = [
            ("reserved bits", frame(0xc1, b"x")),
            ("unmasked", unmasked),
            ("a long ping", frame(0x89, &[0; 126])),
            ("a ping in pieces", frame(0x09, b"x")),
            (
                "a text within a text",
                [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
            ),
            ("a rest without a beginning", frame(0x80, b"x")),
            ("an unknown opcode", frame(0x83, b"x")),
            ("not UTF-8", frame(0x81, &[0xff, 0xfe])),
        ];
        for (what, bytes) in cases {
            let found = decode(&mut Decoder::new(LIMIT), &bytes);
            assert!(matches!(found, Err(Unfit::Protocol(_))), "{what}: {found:?}");
        }
        assert_eq!(
            decode(&mut Decoder::new(LIMIT), &frame(0x82, b"x")),
            Err(Unfit::Binary)
        );
    }

    #[test]
    fn what_is_too_big_is_refused_before_it_has_arrived() {
        let whole = frame(0x81, &[b'x'; LIMIT + 1]);
        assert_eq!(decode(&mut Decoder::new(LIMIT), &whole[..14]), Err(Unfit::TooBig));
        let pieces = [frame(0x01, &[b'x'; LIMIT]), frame(0x80, b"x")].concat();
        assert_eq!(decode(&mut Decoder::new(LIMIT), &pieces), Err(Unfit::TooBig));
        let endless = [
            0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
        ];
        assert_eq!(decode(&mut Decoder::new(LIMIT), &endless), Err(Unfit::TooBig));
    }

    #[test]
    fn the_close_is_found_behind_what_is_skipped() {
        let bytes = [
            frame(0x81, &[b'x'; LIMIT + 1]),
            frame(0x82, b"y"),
            frame(0x88, b""),
        ]
        .concat();
        let mut decoder = Decoder::new(LIMIT);
        let (before, close) = bytes.split_at(bytes.len() - 6);
        for piece in before.chunks(1_000) {
            decoder.feed(piece);
            assert!(!decoder.skip());
            assert!(decoder.buffer.len() < 1_020, "what is skipped is not kept");
        }
        decoder.feed(close);
        assert!(decoder.skip());
    }
}
