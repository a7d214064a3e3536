//! What the fuzzer sends over a socket.

use chat::wire::{ClientFrame, FRAME_BYTES_MAX};

use super::{
    codec::{Decoder, Incoming, Unfit},
    parse,
};

/// Any bytes are understood or refused alike however they are cut, and every text in them is frames or refused ones.
pub(crate) fn frames(bytes: &[u8], piece: usize) {
    let (whole, cut) = (read(bytes, bytes.len()), read(bytes, piece));
    assert_eq!(whole, cut, "cut into pieces of {piece}");
    for incoming in whole.0 {
        if let Incoming::Text(text) = incoming {
            text_frames(&text);
        }
    }
}

fn read(bytes: &[u8], piece: usize) -> (Vec<Incoming>, Option<Unfit>) {
    let mut decoder = Decoder::new(FRAME_BYTES_MAX);
    let mut all = Vec::new();
    for bytes in bytes.chunks(piece.max(1)) {
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
}

/// Any text: what is understood is written and read back as the same.
pub(crate) fn text_frames(text: &str) {
    for object in parse::objects(text) {
        if let Ok(frame) = parse::parse(object) {
            let written = serde_json::to_string(&frame).unwrap_or_default();
            let again = serde_json::from_str::<ClientFrame>(&written);
            assert_eq!(again.ok(), Some(frame), "{written}");
        }
    }
}
