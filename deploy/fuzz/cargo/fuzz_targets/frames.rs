//! Bytes and texts on a socket.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    natter::fuzzed::frames(bytes, usize::from(piece));
    natter::fuzzed::text_frames(&String::from_utf8_lossy(bytes));
});
