//! Words to search for.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| backend::fuzzed::search(text));
