//! What the fuzzer begins with, and a little of what it would make of it: that nothing breaks is seen in every run of the tests, and
//! that the fuzzer's calls are still what they were. `make fuzz` goes on from there.
#![allow(missing_docs, clippy::unwrap_used, clippy::allow_attributes)]

use std::{fs, path::PathBuf};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// How often each seed is changed.
const CHANGES: usize = 200;
/// How much of it at a time.
const CHANGED_MAX: usize = 6;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy/fuzz/cargo/seeds")
        .join(target);
    let files = fs::read_dir(folder).unwrap();
    let seeds: Vec<_> = files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(!seeds.is_empty(), "{target}");
    seeds
}

/// Each seed, and each changed in a few places, always in the same way.
fn each(target: &str, read: impl Fn(&[u8])) {
    let mut chance = StdRng::seed_from_u64(1);
    let seeds = seeds(target);
    for seed in &seeds {
        read(seed);
        for _ in 0..CHANGES {
            let mut changed = seed.clone();
            for _ in 0..chance.random_range(1..=CHANGED_MAX) {
                let at = chance.random_range(0..=changed.len());
                match chance.random_range(0..4) {
                    0 => changed.truncate(at),
                    1 => changed.insert(at, chance.random()),
                    2 => changed
                        .splice(at..at, seeds.choose(&mut chance).unwrap().clone())
                        .for_each(drop),
                    _ => changed
                        .iter_mut()
                        .skip(at)
                        .take(1)
                        .for_each(|byte| *byte = chance.random()),
                }
            }
            read(&changed);
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn frames_cut_anywhere_are_read_alike() {
    each("frames", |bytes| {
        natter::fuzzed::frames(bytes, bytes.len() % 7);
        natter::fuzzed::text_frames(&text(bytes));
    });
}

#[test]
fn bodies_become_harmless_markup() {
    each("markdown", |bytes| backend::fuzzed::markdown(&text(bytes)));
}

#[test]
fn words_and_cursors_of_searches_are_read_or_refused() {
    each("search", |bytes| backend::fuzzed::search(&text(bytes)));
    each("cursors", |bytes| {
        let length = bytes.len() as u64;
        backend::fuzzed::cursor(&text(bytes), "ferry", [length, length / 2, length * 7]);
    });
}

#[test]
fn files_forms_names_and_ranges_are_read_or_refused() {
    each("uploads", |bytes| {
        backend::fuzzed::upload(bytes);
        backend::fuzzed::file_name(&text(bytes));
        natter::fuzzed::form(bytes);
        natter::fuzzed::range(&text(bytes), bytes.len() as u64);
    });
}

#[test]
fn archives_and_days_of_imports_are_read_or_refused() {
    each("imports", |bytes| {
        backend::fuzzed::archive(bytes);
        backend::fuzzed::day(bytes);
    });
}

#[test]
fn payloads_of_webhooks_are_read_or_refused() {
    each("webhooks", |bytes| {
        natter::fuzzed::webhook("application/json", bytes);
        natter::fuzzed::webhook("application/x-www-form-urlencoded", bytes);
    });
}
