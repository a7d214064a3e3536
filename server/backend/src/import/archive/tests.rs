use std::io::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use proptest::prelude::*;
use tempfile::NamedTempFile;

use super::*;

/// Written by Python's `zipfile`: a stored entry, a packed one, and one with sizes of 64 bits and a name that leads out.
const FOREIGN: &str = concat!(
    "UEsDBBQAAAAAAAAAYVgpu0wNAgAAAAIAAAAKAAAAdXNlcnMuanNvbltdUEsDBBQAAAAIAAAAYVgvW/koEgAAANIHAAAXAAAAaGFy",
    "Ym91ci8yMDI0LTAzLTAxLmpzb26LVhgFo2AUjIJRMApGwZAHsQBQSwMELQAAAAgAAABhWFv59Bb//////////xAAFAAuLi8uLi9l",
    "dGMvcGFzc3dkAQAQAAQAAAAAAAAABgAAAAAAAAArys8vAQBQSwECFAMUAAAAAAAAAGFYKbtMDQIAAAACAAAACgAAAAAAAAAAAAAA",
    "gAEAAAAAdXNlcnMuanNvblBLAQIUAxQAAAAIAAAAYVgvW/koEgAAANIHAAAXAAAAAAAAAAAAAACAASoAAABoYXJib3VyLzIwMjQt",
    "MDMtMDEuanNvblBLAQItAy0AAAAIAAAAYVhb+fQWBgAAAAQAAAAQAAAAAAAAAAAAAACAAXEAAAAuLi8uLi9ldGMvcGFzc3dkUEsF",
    "BgAAAAADAAMAuwAAALkAAAAOAG1hZGUgZWxzZXdoZXJl"
);
/// Written by the same to a pipe: sizes stand behind the bytes.
const STREAMED: &str = concat!(
    "UEsDBBQACAAIAAAAYVgAAAAAAAAAAAAAAAAFAAAAYS50eHQrLilKTcxNTVEoHjoMAFBLBwhRBxehDgAAALQAAABQSwECFAMUAAgA",
    "CAAAAGFYUQcXoQ4AAAC0AAAABQAAAAAAAAAAAAAAgAEAAAAAYS50eHRQSwUGAAAAAAEAAQAzAAAAQQAAAAAA"
);

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn open(bytes: &[u8]) -> Result<Archive, ArchiveError> {
    Archive::open(file(bytes).path())
}

fn entries(archive: &Archive) -> Vec<Entry> {
    archive.entries().map(Result::unwrap).collect()
}

fn unpacked(archive: &Archive, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    archive.read(entry, 1 << 20)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn foreign() -> Vec<u8> {
    BASE64_STANDARD.decode(FOREIGN).unwrap()
}

#[test]
fn what_another_program_packed_is_read() {
    let archive = open(&foreign()).unwrap();
    let found = entries(&archive);
    let names: Vec<&str> = found.iter().map(|entry| &*entry.name).collect();
    assert_eq!(
        names,
        ["users.json", "harbour/2024-03-01.json", "../../etc/passwd"]
    );
    assert_eq!(unpacked(&archive, &found[0]).unwrap(), b"[]");
    assert_eq!(unpacked(&archive, &found[1]).unwrap().len(), 2_002);
    assert_eq!(unpacked(&archive, &found[2]).unwrap(), b"root");
    let streamed = open(&BASE64_STANDARD.decode(STREAMED).unwrap()).unwrap();
    assert_eq!(
        unpacked(&streamed, &entries(&streamed)[0]).unwrap(),
        b"streamed ".repeat(20)
    );
}

#[test]
fn what_is_no_archive_says_so() {
    for bytes in [
        &b""[..],
        b"PK",
        b"not a zip archive at all, however long it may be",
        &[0; 70_000],
    ] {
        assert!(matches!(open(bytes), Err(ArchiveError::Broken(_))));
    }
    let whole = foreign();
    assert!(matches!(
        open(&whole[..whole.len() - 40]),
        Err(ArchiveError::Broken(_))
    ));
}

#[test]
fn an_entry_is_not_read_further_than_asked_for() {
    let archive = open(&foreign()).unwrap();
    let packed = &entries(&archive)[1];
    assert!(matches!(
        archive.read(packed, 2_001),
        Err(ArchiveError::Broken("it is too large"))
    ));
}

#[test]
fn damaged_bytes_and_sizes_that_lie_are_errors() {
    let archive = open(&foreign()).unwrap();
    let entry = entries(&archive).remove(1);
    let damaged = Entry {
        crc: entry.crc ^ 1,
        ..entry.clone()
    };
    assert!(unpacked(&archive, &damaged).is_err());
    let longer = Entry {
        size: entry.size + 1,
        ..entry.clone()
    };
    assert!(unpacked(&archive, &longer).is_err());
    let shorter = Entry {
        size: entry.size - 1,
        ..entry
    };
    assert!(unpacked(&archive, &shorter).is_err());
}

/// An archive whose entries are all the same bytes: a bomb.
fn overlapping(count: u16) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&[0; 100_000]).unwrap();
    let packed = packed.finish().unwrap();
    let mut bytes = [&LOCAL[..], &[0; LOCAL_BYTES - 4], &packed].concat();
    let directory = bytes.len() as u32;
    for _ in 0..count {
        let mut head = [0; LISTED_BYTES];
        head[..4].copy_from_slice(&LISTED);
        head[10] = 8;
        head[20..24].copy_from_slice(&(packed.len() as u32).to_le_bytes());
        head[24..28].copy_from_slice(&100_000_u32.to_le_bytes());
        bytes.extend(head);
    }
    let size = bytes.len() as u32 - directory;
    let mut end = [0; END_BYTES];
    end[..4].copy_from_slice(&END);
    end[10..12].copy_from_slice(&count.to_le_bytes());
    end[12..16].copy_from_slice(&size.to_le_bytes());
    end[16..20].copy_from_slice(&directory.to_le_bytes());
    bytes.extend(end);
    bytes
}

#[test]
fn entries_that_lie_over_each_other_are_refused() {
    let archive = open(&overlapping(1)).unwrap();
    assert!(archive.entries().all(|entry| entry.is_ok()));
    let archive = open(&overlapping(2)).unwrap();
    let found: Vec<_> = archive.entries().collect();
    assert!(matches!(
        found.last(),
        Some(Err(ArchiveError::Broken("its entries lie over each other")))
    ));
}

#[test]
fn more_entries_than_there_may_be_are_refused_before_they_are_read() {
    let mut bytes = vec![0; 4];
    let record = bytes.len() as u64;
    let mut large = [0; LARGE_END_BYTES];
    large[..4].copy_from_slice(&LARGE_END);
    large[32..40].copy_from_slice(&(ENTRIES_MAX + 1).to_le_bytes());
    bytes.extend(large);
    bytes.extend(LARGE_LOCATOR);
    bytes.extend([0; 4]);
    bytes.extend(record.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(END);
    bytes.extend([0xFF; END_BYTES - 6]);
    bytes.extend([0; 2]);
    assert!(matches!(open(&bytes), Err(ArchiveError::TooMany)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_changed_is_read_or_refused(at in 0_usize..700, byte in any::<u8>(), cut in 0_usize..700) {
        let mut bytes = foreign();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.drain(..cut % (length / 8));
        if let Ok(archive) = open(&bytes) {
            for entry in archive.entries().flatten() {
                if let Ok(read) = unpacked(&archive, &entry) {
                    prop_assert!(read.len() as u64 == entry.size);
                }
            }
        }
    }
}
