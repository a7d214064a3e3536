//! Bodies of messages.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| backend::fuzzed::markdown(text));
