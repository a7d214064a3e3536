//! What programs post at an incoming webhook.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    natter::fuzzed::webhook("application/json", bytes);
    natter::fuzzed::webhook("application/x-www-form-urlencoded", bytes);
});
