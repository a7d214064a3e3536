//! What is written in one go.

use std::io::IoSlice;

use bytes::Bytes;

use super::codec;

/// Texts are joined with newlines into one frame until it has this many bytes.
const JOINED_BYTES: usize = 16 * 1024;
/// How many pieces one write takes.
const SLICES: usize = 64;

#[derive(Clone)]
enum Piece {
    Head([u8; 10], usize),
    Body(Bytes),
    Newline,
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Head(bytes, size) => &bytes[..*size],
            Self::Body(bytes) => bytes,
            Self::Newline => b"\n",
        }
    }
}

/// Frames on their way out. Payloads are shared, not copied; what was written is remembered, so that
/// writing can be interrupted and gone on with at any byte.
#[derive(Default)]
pub(super) struct Batch {
    pieces: Vec<Piece>,
    /// The first piece that is not written whole.
    place: usize,
    /// How much of it is.
    written: usize,
}

impl Batch {
    /// Adds a frame of this opcode.
    pub(super) fn add(&mut self, opcode: u8, payload: Bytes) {
        let (bytes, size) = codec::head(opcode, payload.len());
        self.pieces
            .extend([Piece::Head(bytes, size), Piece::Body(payload)]);
    }

    /// Adds texts, as few frames as sensible.
    pub(super) fn add_texts(&mut self, texts: Vec<Bytes>) {
        self.pieces.reserve(2 * texts.len());
        let mut texts = texts.into_iter();
        let mut next = texts.next();
        while let Some(first) = next {
            let (head, mut size) = (self.pieces.len(), first.len());
            // Its head is known when all of it is.
            self.pieces.extend([Piece::Head([0; 10], 0), Piece::Body(first)]);
            next = texts.next();
            while let Some(text) = next.take_if(|text| size + 1 + text.len() <= JOINED_BYTES) {
                size += 1 + text.len();
                self.pieces.extend([Piece::Newline, Piece::Body(text)]);
                next = texts.next();
            }
            let (bytes, count) = codec::head(codec::TEXT, size);
            self.pieces[head] = Piece::Head(bytes, count);
        }
    }

    /// How many bytes are still to be written.
    pub(super) fn left(&self) -> usize {
        let rest = self.pieces[self.place..].iter();
        rest.map(|piece| piece.bytes().len()).sum::<usize>() - self.written
    }

    /// Whether everything is written.
    pub(super) fn is_written(&self) -> bool {
        self.place == self.pieces.len()
    }

    /// Shows what is to be written next.
    pub(super) fn with_slices<T>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> T) -> T {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let rest = &self.pieces[self.place..];
        for (slice, piece) in slices.iter_mut().zip(rest) {
            *slice = IoSlice::new(piece.bytes());
        }
        let count = rest.len().min(SLICES);
        if let Some(first) = slices.first_mut() {
            first.advance(self.written);
        }
        write(&slices[..count])
    }

    /// Notes that `count` more bytes are written.
    pub(super) fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(piece) = self.pieces.get(self.place)
            && self.written >= piece.bytes().len()
        {
            self.written -= piece.bytes().len();
            self.place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a batch in bites of this many bytes.
    fn written(mut batch: Batch, bite: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !batch.is_written() {
            let next: Vec<u8> = batch.with_slices(|slices| {
                slices
                    .iter()
                    .flat_map(|slice| slice.to_vec())
                    .take(bite)
                    .collect()
            });
            assert!(!next.is_empty());
            batch.advance(next.len());
            bytes.extend(next);
        }
        bytes
    }

    #[test]
    fn texts_are_joined_with_newlines_wherever_writing_is_interrupted() {
        for bite in [1, 3, 7, 1_000] {
            let mut batch = Batch::default();
            batch.add_texts(vec!["one".into(), "two".into(), "three".into()]);
            batch.add(codec::PING, Bytes::new());
            let expected = [b"\x81\x0done\ntwo\nthree".as_slice(), b"\x89\x00"].concat();
            assert_eq!(written(batch, bite), expected, "in bites of {bite}");
        }
    }

    #[test]
    fn joined_frames_stay_small_and_a_large_text_stays_whole() {
        let large: Bytes = "x".repeat(100_000).into();
        let small: Bytes = "y".repeat(10_000).into();
        let mut batch = Batch::default();
        batch.add_texts(vec![small.clone(), large, small.clone(), small]);
        let heads: Vec<usize> = batch
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Head(_, size) => Some(*size),
                _ => None,
            })
            .collect();
        assert_eq!(heads, [4, 10, 4, 4]);
    }

    #[test]
    fn more_pieces_than_one_write_takes_all_arrive() {
        let mut batch = Batch::default();
        batch.add_texts((0..200).map(|n| Bytes::from(format!("{n:03}"))).collect());
        let bytes = written(batch, usize::MAX);
        assert_eq!(bytes.len(), 4 + 200 * 4 - 1);
        assert!(bytes.ends_with(b"198\n199"));
    }
}
