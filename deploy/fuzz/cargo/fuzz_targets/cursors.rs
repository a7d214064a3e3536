//! Cursors of searches, given back as anything.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: ([u64; 3], &str)| {
    let (moved, text) = input;
    backend::fuzzed::cursor(text, "ferry", moved);
    backend::fuzzed::cursor(text, text, moved);
});
