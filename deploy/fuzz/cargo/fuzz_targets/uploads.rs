//! Files: what they are, pictures, names, forms and the ranges that downloads ask for.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// Sizes of files that ranges are asked of: none, one byte, some, all.
const SIZES: [u64; 4] = [0, 1, 1_000, u64::MAX];

fuzz_target!(|bytes: &[u8]| {
    backend::fuzzed::upload(bytes);
    natter::fuzzed::form(bytes);
    let text = String::from_utf8_lossy(bytes);
    backend::fuzzed::file_name(&text);
    for size in SIZES {
        natter::fuzzed::range(&text, size);
        natter::fuzzed::range(&format!("bytes={text}"), size);
    }
});
