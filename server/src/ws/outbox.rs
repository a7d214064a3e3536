//! What one turn of a connection's task has to write.

use bytes::Bytes;

use super::batch::Batch;
use crate::hub::Crowd;

/// The most texts of a turn.
const TEXTS_MAX: usize = 64;
/// A turn that has this many bytes takes no more.
const BYTES_MAX: usize = 32 * 1024;

/// Frames gathered during a turn.
#[derive(Default)]
pub(super) struct Outbox {
    texts: Vec<Bytes>,
    bytes: usize,
    controls: Batch,
    /// When the oldest of the messages was accepted, in microseconds since the Unix epoch, and how many read its room.
    oldest: Option<(u64, Crowd)>,
}

impl Outbox {
    /// Whether the turn has enough.
    pub(super) const fn is_full(&self) -> bool {
        self.texts.len() >= TEXTS_MAX || self.bytes >= BYTES_MAX
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.controls.is_written()
    }

    /// Adds a text.
    pub(super) fn say(&mut self, text: Bytes) {
        self.bytes += text.len();
        self.texts.push(text);
    }

    /// Notes that one of the texts was born then, in a room with so many readers; 0: it is not to be measured.
    pub(super) fn note_birth(&mut self, born_us: u64, crowd: Crowd) {
        if born_us > 0 {
            let birth = (born_us, crowd);
            self.oldest = Some(self.oldest.map_or(birth, |oldest| oldest.min(birth)));
        }
    }

    /// Adds a control frame; it goes before the texts.
    pub(super) fn control(&mut self, opcode: u8, payload: Bytes) {
        self.controls.add(opcode, payload);
    }

    /// Takes everything, and of the oldest message in it when it was accepted and how many read its room.
    pub(super) fn take(&mut self) -> (Batch, Option<(u64, Crowd)>) {
        let Self {
            texts,
            controls: mut batch,
            oldest,
            ..
        } = std::mem::take(self);
        batch.add_texts(texts);
        (batch, oldest)
    }
}
