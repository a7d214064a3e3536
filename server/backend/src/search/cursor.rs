//! Where a reader of results is.
//!
//! Results come in blocks: the newest [`BLOCK`](super::BLOCK) matches by rank, then the next newest, and so on. A
//! cursor names the block by its ends in the order in which messages were stored, and the last result that was shown.
//! Messages that are posted meanwhile lie beyond the block's end and move nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chat::{Timestamp, UserId};
use sha2::{Digest, Sha256};

use super::sought::Sought;

/// The bytes of a cursor.
const BYTES: usize = 44;
/// The characters of a cursor.
const CHARS: usize = BYTES.div_ceil(3) * 4 - 1;

/// Where a reader of results is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The block's newest place.
    pub(super) newest: u64,
    /// The block's oldest place.
    pub(super) oldest: u64,
    /// The time that the block's ages are counted from.
    pub(super) now: Timestamp,
    /// The score and place of the last result that was shown.
    pub(super) last: (u32, u64),
}

impl Cursor {
    /// One that the fuzzer writes and reads back.
    #[cfg(feature = "fuzzed")]
    pub(crate) const fn at(newest: u64, oldest: u64, now: Timestamp) -> Self {
        Self {
            newest,
            oldest,
            now,
            last: (0, newest),
        }
    }

    /// As text, for this reader and these words alone.
    pub(crate) fn write(&self, reader: UserId, sought: &Sought) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend(self.newest.to_be_bytes());
        bytes.extend(self.oldest.to_be_bytes());
        bytes.extend(self.now.0.to_be_bytes());
        bytes.extend(self.last.0.to_be_bytes());
        bytes.extend(self.last.1.to_be_bytes());
        bytes.extend(sum(&bytes, reader, sought));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a page ended with, for the same reader and words; `None` for anything else.
    #[must_use]
    pub fn read(text: &str, reader: UserId, sought: &Sought) -> Option<Self> {
        if text.len() > CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (rest, given) = bytes.split_at_checked(BYTES - 8)?;
        if given != sum(rest, reader, sought) {
            return None;
        }
        let number = |at: usize| {
            let eight = rest.get(at..at + 8).and_then(|eight| eight.try_into().ok());
            eight.map(u64::from_be_bytes)
        };
        let score = rest.get(24..28)?.try_into().ok()?;
        Some(Self {
            newest: number(0)?,
            oldest: number(8)?,
            now: Timestamp(number(16)?.cast_signed()),
            last: (u32::from_be_bytes(score), number(28)?),
        })
    }
}

/// Tells slips from cursors. It keeps no secret: whoever makes a cursor up finds what the words find.
fn sum(bytes: &[u8], reader: UserId, sought: &Sought) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hash.update(reader.0.as_bytes());
    hash.update(sought.match_expression());
    for time in [sought.from, sought.below] {
        hash.update(time.map_or(i64::MIN, |time| time.0).to_be_bytes());
    }
    let mut sum = [0; 8];
    sum.copy_from_slice(&hash.finalize()[..8]);
    sum
}
