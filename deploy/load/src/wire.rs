//! WebSocket frames: taken from bytes as they arrive, and put into bytes to be sent.

use std::{borrow::Cow, io::Cursor, str};

use tungstenite::protocol::frame::{
    Frame, FrameHeader,
    coding::{Control, Data, OpCode},
};

use crate::error::Error;

/// A snapshot of 500 long messages fits; a server gone wild does not.
const LONGEST_FRAME: u64 = 64 * 1024 * 1024;

/// What a frame says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard<'a> {
    Text(Cow<'a, str>),
    Ping(&'a [u8]),
    Close(String),
    /// A binary frame, which nobody asked for.
    Binary,
    /// A pong, or a part of a message that is not yet complete.
    Nothing,
}

/// Puts messages that come in parts together.
#[derive(Debug, Default)]
pub(crate) struct Assembly(Vec<u8>);

impl Assembly {
    /// Takes the first frame of `bytes` and its length; none when it is not complete.
    pub(crate) fn take<'a>(&mut self, bytes: &'a [u8]) -> Result<Option<(Heard<'a>, usize)>, Error> {
        let mut cursor = Cursor::new(bytes);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|error| Error::Malformed(error.to_string()))?;
        let Some((header, length)) = parsed else {
            return Ok(None);
        };
        if header.mask.is_some() || header.rsv1 || header.rsv2 || header.rsv3 || length > LONGEST_FRAME {
            return Err(Error::Malformed(format!(
                "not a frame of a server: {length} bytes, {header:?}"
            )));
        }
        let (start, end) = (
            cursor.position() as usize,
            cursor.position() as usize + length as usize,
        );
        let Some(payload) = bytes.get(start..end) else {
            return Ok(None);
        };
        Ok(Some((self.heard(&header, payload)?, end)))
    }

    fn heard<'a>(&mut self, header: &FrameHeader, payload: &'a [u8]) -> Result<Heard<'a>, Error> {
        Ok(match header.opcode {
            OpCode::Data(Data::Text) if header.is_final => Heard::Text(text(payload)?.into()),
            OpCode::Data(Data::Text) => self.begin(payload),
            OpCode::Data(Data::Continue) if header.is_final => self.finish(payload)?,
            OpCode::Data(Data::Continue) => self.go_on(payload),
            OpCode::Data(_) => Heard::Binary,
            OpCode::Control(Control::Ping) => Heard::Ping(payload),
            OpCode::Control(Control::Close) => Heard::Close(reason(payload)),
            OpCode::Control(_) => Heard::Nothing,
        })
    }

    fn begin(&mut self, payload: &[u8]) -> Heard<'static> {
        self.0.clear();
        self.go_on(payload)
    }

    fn go_on(&mut self, payload: &[u8]) -> Heard<'static> {
        self.0.extend_from_slice(payload);
        Heard::Nothing
    }

    fn finish(&mut self, payload: &[u8]) -> Result<Heard<'static>, Error> {
        self.0.extend_from_slice(payload);
        let whole = std::mem::take(&mut self.0);
        Ok(Heard::Text(text(&whole)?.to_owned().into()))
    }
}

fn text(payload: &[u8]) -> Result<&str, Error> {
    str::from_utf8(payload).map_err(|error| Error::Malformed(format!("a text frame: {error}")))
}

fn reason(payload: &[u8]) -> String {
    match payload {
        [high, low, words @ ..] => {
            format!(
                "{} {}",
                u16::from_be_bytes([*high, *low]),
                String::from_utf8_lossy(words)
            )
        }
        _ => "no reason given".into(),
    }
}

/// Appends a text frame.
pub(crate) fn put_text(bytes: &mut Vec<u8>, text: String) {
    put(bytes, Frame::message(text, OpCode::Data(Data::Text), true));
}

/// Appends the answer to a ping.
pub(crate) fn put_pong(bytes: &mut Vec<u8>, payload: &[u8]) {
    put(bytes, Frame::pong(payload.to_vec()));
}

/// Appends a close without a reason.
pub(crate) fn put_close(bytes: &mut Vec<u8>) {
    put(bytes, Frame::close(None));
}

fn put(bytes: &mut Vec<u8>, mut frame: Frame) {
    // What a client sends is masked.
    frame.header_mut().mask = Some(rand::random());
    // Writing into a vector cannot fail.
    let _ = frame.format(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(opcode: OpCode, payload: &[u8], is_final: bool) -> Vec<u8> {
        let header = FrameHeader {
            is_final,
            opcode,
            ..FrameHeader::default()
        };
        let mut bytes = Vec::new();
        header.format(payload.len() as u64, &mut bytes).unwrap();
        bytes.extend_from_slice(payload);
        bytes
    }

    fn take(bytes: &[u8]) -> Option<(Heard<'_>, usize)> {
        Assembly::default().take(bytes).unwrap()
    }

    #[test]
    fn a_text_frame_is_taken_when_complete_at_any_length() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let words = "x".repeat(length);
            let bytes = served(OpCode::Data(Data::Text), words.as_bytes(), true);
            assert_eq!(take(&bytes), Some((Heard::Text(words.into()), bytes.len())));
            assert_eq!(take(&bytes[..bytes.len() - 1]), None);
            assert_eq!(take(&bytes[..1]), None);
        }
    }

    #[test]
    fn parts_are_put_together_around_a_ping() {
        let mut assembly = Assembly::default();
        let parts = [
            served(OpCode::Data(Data::Text), b"a", false),
            served(OpCode::Control(Control::Ping), b"?", true),
            served(OpCode::Data(Data::Continue), b"b", false),
            served(OpCode::Data(Data::Continue), b"c", true),
        ];
        let heard = parts
            .each_ref()
            .map(|part| assembly.take(part).unwrap().unwrap().0);
        assert_eq!(
            heard,
            [
                Heard::Nothing,
                Heard::Ping(b"?"),
                Heard::Nothing,
                Heard::Text("abc".into())
            ]
        );
    }

    #[test]
    fn a_close_tells_its_code_and_reason() {
        let bytes = served(OpCode::Control(Control::Close), b"\x03\xf4restart", true);
        assert_eq!(take(&bytes).unwrap().0, Heard::Close("1012 restart".into()));
    }

    #[test]
    fn masked_compressed_and_wild_frames_are_refused() {
        let mut masked = Vec::new();
        put_text(&mut masked, "x".into());
        assert!(Assembly::default().take(&masked).is_err());
        assert!(Assembly::default().take(&[0xc1, 0x01, 0x00]).is_err());
        assert!(
            Assembly::default()
                .take(&[0x81, 0x7f, 0xff, 0, 0, 0, 0, 0, 0, 0])
                .is_err()
        );
        assert!(
            Assembly::default()
                .take(&served(OpCode::Data(Data::Text), b"\xff", true))
                .is_err()
        );
    }
}
