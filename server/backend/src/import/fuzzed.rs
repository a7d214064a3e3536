//! What the fuzzer calls of the import; see [`crate::fuzzed`].

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
};

use chat::{body, message::REACTIONS_MAX};

use super::{
    Summary,
    archive::Archive,
    slack::{Export, each},
    translate::{Known, Place},
};

/// What the fuzzer unpacks of an entry: more is slow and teaches nothing.
const UNPACKED_BYTES_MAX: u64 = 1024 * 1024;

/// Any bytes are an archive or refused; what an entry says it has is what it has, or reading it ends with an error.
pub fn archive(bytes: &[u8]) {
    let Ok(archive) = file_of(bytes).map_err(Into::into).and_then(Archive::of) else {
        return;
    };
    for entry in archive.entries().map_while(Result::ok) {
        let Ok(mut unpacked) = archive.read(&entry, UNPACKED_BYTES_MAX) else {
            continue;
        };
        if let Ok(count) = io::copy(&mut unpacked, &mut io::sink()) {
            assert_eq!(count, entry.size, "{entry:?}");
        }
    }
    drop(Export::read(&archive));
}

/// Any bytes are the messages of a day, some of them, or none; each that is one can be stored.
pub fn day(bytes: &[u8]) {
    let place = Place {
        source: "slack:T",
        key: "C",
        pins: &[],
    };
    let (known, mut summary) = (Known::default(), Summary::default());
    let read = each(bytes, |value| {
        for draft in place
            .translate(&value, &known, &mut summary)
            .into_iter()
            .flatten()
        {
            let says_nothing = draft.body.is_empty() && (draft.deleted || !draft.files.is_empty());
            assert!(
                says_nothing || body::parse(&draft.body).is_ok(),
                "{:?}",
                draft.body
            );
            assert!(draft.reactions.len() <= REACTIONS_MAX);
            crate::fuzzed::markdown(&draft.body);
        }
    });
    drop(read);
}

/// A file of these bytes that has no name any more.
fn file_of(bytes: &[u8]) -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("natter-fuzz-{}", uuid::Uuid::now_v7()));
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    file.write_all(bytes)?;
    Ok(file)
}
