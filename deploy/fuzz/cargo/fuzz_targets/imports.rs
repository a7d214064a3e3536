//! Archives that somebody brings, and the days in them. Both of the same bytes: a sum over an entry's content keeps what is made up
//! out of it, so what is inside is made up by itself.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    backend::fuzzed::archive(bytes);
    backend::fuzzed::day(bytes);
});
