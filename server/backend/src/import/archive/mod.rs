//! Reading zip archives that anyone may have made.
//!
//! Our own: libraries read the whole directory into memory before anyone can ask how long it is. This one reads it
//! entry by entry, and an entry piece by piece, so what is held at a time does not grow with the archive. Nothing is
//! written anywhere by an entry's name.
//!
//! What an entry may unpack to is bounded by what is packed, and entries may not share their bytes: together they are
//! packed in no more than the archive has. So an archive unpacks to at most a thousand times its size, which is what the
//! packing itself allows, and each entry to no more than whoever reads it asks for.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
};

use flate2::{Crc, read::DeflateDecoder};
use thiserror::Error;

/// The most entries of an archive. Slack writes one a channel and day, and one a file.
pub(crate) const ENTRIES_MAX: u64 = 1_000_000;
/// How many bytes at the end may hold the record with which a directory is found: the record, and a comment.
const TAIL_BYTES: u64 = 22 + 65_535;
/// How much of the directory is read at once.
const PIECE_BYTES: usize = 256 * 1024;

const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
const LARGE_LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LARGE_LOCATOR_BYTES: u64 = 20;
const LARGE_END: [u8; 4] = *b"PK\x06\x06";
const LARGE_END_BYTES: usize = 56;
const LISTED: [u8; 4] = *b"PK\x01\x02";
const LISTED_BYTES: usize = 46;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const LOCAL_BYTES: usize = 30;
/// The kind of extra field that holds what does not fit into 32 bits.
const LARGE_FIELD: u16 = 1;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Why an archive, or an entry of it, cannot be read.
#[derive(Debug, Error)]
pub(crate) enum ArchiveError {
    /// The disk failed, or what it holds ends early.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is no zip archive, or a damaged one.
    #[error("{0}")]
    Broken(&'static str),
    /// There are more than [`ENTRIES_MAX`] entries.
    #[error("it has more than {ENTRIES_MAX} entries")]
    TooMany,
}

/// An archive that is open.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    file: Arc<File>,
    directory: Range<u64>,
    count: u64,
}

/// An entry of the directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As the archive has it: text that anybody may have written.
    pub(crate) name: String,
    /// How many bytes it has when it is unpacked, by its own account.
    pub(crate) size: u64,
    packed: u64,
    at: u64,
    crc: u32,
    method: u16,
    encrypted: bool,
}

impl Archive {
    /// Opens the archive at `path`, and finds its directory.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::of(File::open(path)?)
    }

    /// The archive that this file is.
    pub(crate) fn of(file: File) -> Result<Self, ArchiveError> {
        let length = file.metadata()?.len();
        let start = length.saturating_sub(TAIL_BYTES);
        let tail = bytes(&file, start, (length - start) as usize)?;
        let found = (0..tail.len().saturating_sub(END_BYTES - 1)).rev().find(|at| {
            let comment = u64::from(u16_at(&tail, at + 20));
            tail[*at..].starts_with(&END) && start + *at as u64 + END_BYTES as u64 + comment <= length
        });
        let at = found.ok_or(ArchiveError::Broken(
            "it is no zip archive, or its end is missing",
        ))?;
        let (mut count, mut size, mut from) = (
            u64::from(u16_at(&tail, at + 10)),
            u64::from(u32_at(&tail, at + 12)),
            u64::from(u32_at(&tail, at + 16)),
        );
        if let Some(large) = large_end(&file, start + at as u64)? {
            (count, size, from) = large;
        }
        if count > ENTRIES_MAX {
            return Err(ArchiveError::TooMany);
        }
        let end = from.checked_add(size).filter(|end| *end <= length);
        let end = end.ok_or(ArchiveError::Broken("its directory lies outside of it"))?;
        Ok(Self {
            file: Arc::new(file),
            directory: from..end,
            count,
        })
    }

    /// The entries, in the order of the directory. After an error there are no more.
    pub(crate) fn entries(&self) -> Entries {
        let directory = Piece {
            file: Arc::clone(&self.file),
            range: self.directory.clone(),
        };
        Entries {
            directory: BufReader::with_capacity(PIECE_BYTES, directory),
            left: self.count,
            unpackable: self.directory.start,
        }
    }

    /// What is in an entry, as it is unpacked: at most `most` bytes, and not more than it says.
    pub(crate) fn read(&self, entry: &Entry, most: u64) -> Result<Unpacked, ArchiveError> {
        if entry.encrypted {
            return Err(ArchiveError::Broken("it is encrypted"));
        }
        if entry.size > most {
            return Err(ArchiveError::Broken("it is too large"));
        }
        let head = bytes(&self.file, entry.at, LOCAL_BYTES)?;
        if !head.starts_with(&LOCAL) {
            return Err(ArchiveError::Broken("it is not where the directory says"));
        }
        let names = u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
        let from = entry.at + LOCAL_BYTES as u64 + names;
        let packed = Piece {
            file: Arc::clone(&self.file),
            range: from..from.saturating_add(entry.packed),
        };
        let packed = BufReader::with_capacity(64 * 1024, packed);
        let unpacked: Box<dyn Read + Send> = match entry.method {
            STORED => Box::new(packed),
            DEFLATED => Box::new(DeflateDecoder::new(packed)),
            _ => {
                return Err(ArchiveError::Broken(
                    "it is packed in a way that is not known here",
                ));
            }
        };
        Ok(Unpacked {
            unpacked,
            left: entry.size,
            crc: Crc::new(),
            expected: entry.crc,
        })
    }
}

/// Count, size and place of a directory that is too large for the usual record, which begins at `end`.
fn large_end(file: &File, end: u64) -> Result<Option<(u64, u64, u64)>, ArchiveError> {
    let Some(at) = end.checked_sub(LARGE_LOCATOR_BYTES) else {
        return Ok(None);
    };
    let locator = bytes(file, at, LARGE_LOCATOR_BYTES as usize)?;
    if !locator.starts_with(&LARGE_LOCATOR) {
        return Ok(None);
    }
    let record = bytes(file, u64_at(&locator, 8), LARGE_END_BYTES)?;
    if !record.starts_with(&LARGE_END) {
        return Err(ArchiveError::Broken("the end of its directory is damaged"));
    }
    Ok(Some((
        u64_at(&record, 32),
        u64_at(&record, 40),
        u64_at(&record, 48),
    )))
}

/// Goes through a directory.
pub(crate) struct Entries {
    directory: BufReader<Piece>,
    left: u64,
    /// How many bytes of the archive are not taken by entries yet.
    unpackable: u64,
}

impl Iterator for Entries {
    type Item = Result<Entry, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let entry = self.entry();
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }
}

impl Entries {
    fn entry(&mut self) -> Result<Entry, ArchiveError> {
        let mut head = [0; LISTED_BYTES];
        self.directory.read_exact(&mut head)?;
        if !head.starts_with(&LISTED) {
            return Err(ArchiveError::Broken("its directory is damaged"));
        }
        let mut name = vec![0; usize::from(u16_at(&head, 28))];
        self.directory.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(u16_at(&head, 30))];
        self.directory.read_exact(&mut extra)?;
        let comment = u64::from(u16_at(&head, 32));
        io::copy(&mut self.directory.by_ref().take(comment), &mut io::sink())?;
        let mut large = large_field(&extra);
        let mut wide = |short: u32| match short {
            u32::MAX => large
                .next()
                .ok_or(ArchiveError::Broken("its directory is damaged")),
            short => Ok(u64::from(short)),
        };
        // In this order they stand in the field too.
        let (size, packed, at) = (
            wide(u32_at(&head, 24))?,
            wide(u32_at(&head, 20))?,
            wide(u32_at(&head, 42))?,
        );
        let left = self.unpackable.checked_sub(packed);
        self.unpackable = left.ok_or(ArchiveError::Broken("its entries lie over each other"))?;
        Ok(Entry {
            name: String::from_utf8_lossy(&name).into_owned(),
            size,
            packed,
            at,
            crc: u32_at(&head, 16),
            method: u16_at(&head, 10),
            encrypted: u16_at(&head, 8) & 1 != 0,
        })
    }
}

/// The numbers of 64 bits among the extra fields of an entry.
fn large_field(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut found: &[u8] = &[];
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let field = &extra[4..(4 + length).min(extra.len())];
        if kind == LARGE_FIELD {
            found = field;
            break;
        }
        extra = &extra[4 + field.len()..];
    }
    found
        .chunks_exact(8)
        .map(|number| u64_at(number, 0))
        .collect::<Vec<_>>()
        .into_iter()
}

/// What is in an entry. Its end is an error where something else came than what was packed.
pub(crate) struct Unpacked {
    unpacked: Box<dyn Read + Send>,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.unpacked.read(&mut buffer[..most])?;
        self.crc.update(&buffer[..count]);
        self.left -= count as u64;
        if count == 0 && self.left > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if self.left == 0 && self.crc.sum() != self.expected {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its bytes are damaged",
            ));
        }
        Ok(count)
    }
}

/// A stretch of a file that others read at the same time.
struct Piece {
    file: Arc<File>,
    range: Range<u64>,
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.range.end.saturating_sub(self.range.start)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let count = self.file.read_at(&mut buffer[..most], self.range.start)?;
        self.range.start += count as u64;
        Ok(count)
    }
}

fn bytes(file: &File, at: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(bytes, at))
}

/// The bytes from `at` on; nought where there are none.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut array = [0; N];
    let there = bytes.get(at..).unwrap_or_default();
    for (to, from) in array.iter_mut().zip(there) {
        *to = *from;
    }
    array
}

#[cfg(test)]
mod tests;
