//! What came of an upload so far. A part is named by where it begins and how long it is, so that what is there says
//! how far the upload has come, and two connections that carry the same bytes do not harm each other.

use std::{ops::Range, sync::Arc};

use bytes::{Bytes, BytesMut};
use chat::AttachmentId;
use futures::{Stream, StreamExt, TryStreamExt, future, stream};

use super::too_large;
use crate::{
    Result,
    files::{Files, Kept, Pieces},
    store::files::parts_folder,
};

/// How many bytes of an upload are held in memory before they are put away.
const PART_BYTES: usize = 1024 * 1024;

/// The parts of one upload, without holes from its beginning on.
pub(super) struct Parts {
    id: AttachmentId,
    /// Name, and which of its bytes are wanted.
    chain: Vec<(String, Range<u64>)>,
}

/// What came over a connection.
pub(super) struct Came {
    /// How many bytes are put away.
    pub(super) count: u64,
    /// Why no more came.
    pub(super) end: Result<()>,
}

impl Parts {
    /// The parts that are there.
    pub(super) async fn of(files: &dyn Files, id: AttachmentId) -> Kept<Self> {
        let names = files.list(&parts_folder(id)).await?;
        Ok(Self::among(id, names.into_iter().map(|(name, _)| name)))
    }

    fn among(id: AttachmentId, names: impl Iterator<Item = String>) -> Self {
        let mut spans: Vec<(u64, u64, String)> = names.filter_map(span).collect();
        // Of those that begin at the same place the longest first.
        spans.sort_by_key(|(from, length, _)| (*from, std::cmp::Reverse(*length)));
        let (mut chain, mut covered) = (Vec::new(), 0);
        for (from, length, name) in spans {
            if from <= covered && from + length > covered {
                chain.push((name, covered - from..length));
                covered = from + length;
            }
        }
        Self { id, chain }
    }

    /// How many bytes there are, from the beginning on.
    pub(super) fn covered(&self) -> u64 {
        self.chain.iter().map(|(_, range)| range.end - range.start).sum()
    }

    /// All bytes, part after part.
    pub(super) fn read(self, files: Arc<dyn Files>) -> Pieces {
        let id = self.id;
        let parts = stream::iter(self.chain).then(move |(name, range)| {
            let files = Arc::clone(&files);
            async move {
                let found = files.get(&path(id, &name), range).await?;
                found.ok_or_else(|| crate::files::FilesError("a part of an upload is gone".into()))
            }
        });
        parts.try_flatten().boxed()
    }
}

/// Puts away what comes, as far as it lies within `room`.
pub(super) async fn receive<S>(files: &dyn Files, id: AttachmentId, room: Range<u64>, mut bytes: S) -> Came
where
    S: Stream<Item = Result<Bytes>> + Send + Unpin,
{
    let (mut part, mut at) = (BytesMut::new(), room.start);
    let end = loop {
        match bytes.next().await {
            Some(Ok(piece)) if at + (part.len() + piece.len()) as u64 > room.end => break Err(too_large()),
            Some(Ok(piece)) => part.extend_from_slice(&piece),
            Some(Err(problem)) => break Err(problem),
            None => break Ok(()),
        }
        if part.len() >= PART_BYTES
            && let Err(problem) = put(files, id, &mut at, part.split()).await
        {
            return Came {
                count: at - room.start,
                end: Err(problem),
            };
        }
    };
    let last = put(files, id, &mut at, part).await;
    Came {
        count: at - room.start,
        end: end.and(last),
    }
}

async fn put(files: &dyn Files, id: AttachmentId, at: &mut u64, part: BytesMut) -> Result<()> {
    if part.is_empty() {
        return Ok(());
    }
    let length = part.len() as u64;
    let path = path(id, &format!("{at:012}-{length}"));
    files.put(&path, part.freeze()).await?;
    *at += length;
    Ok(())
}

fn path(id: AttachmentId, name: &str) -> String {
    format!("{}/{name}", parts_folder(id))
}

/// Where a part begins, and how long it is; `None`: it is none.
fn span(name: String) -> Option<(u64, u64, String)> {
    let (from, length) = name.split_once('-')?;
    let (from, length) = (from.parse().ok()?, length.parse().ok()?);
    Some((from, length, name))
}

/// The first bytes of `pieces`, at most so many.
pub(super) async fn head(pieces: Pieces, most: usize) -> Kept<Vec<u8>> {
    let mut head = Vec::with_capacity(most);
    let mut pieces = pieces;
    while head.len() < most
        && let Some(piece) = pieces.try_next().await?
    {
        head.extend_from_slice(&piece);
    }
    head.truncate(most);
    Ok(head)
}

/// All bytes of `pieces`, of which there are few.
pub(super) async fn whole(pieces: Pieces) -> Kept<Vec<u8>> {
    let gathered = pieces.try_fold(Vec::new(), |mut all, piece| {
        all.extend_from_slice(&piece);
        future::ready(Ok(all))
    });
    gathered.await
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn covered(names: &[&str]) -> (u64, Vec<(u64, u64)>) {
        let id = AttachmentId(Uuid::nil());
        let parts = Parts::among(id, names.iter().map(|name| (*name).to_owned()));
        (
            parts.covered(),
            parts
                .chain
                .into_iter()
                .map(|(_, range)| (range.start, range.end))
                .collect(),
        )
    }

    #[test]
    fn an_upload_stands_where_the_first_hole_begins() {
        assert_eq!(covered(&[]), (0, vec![]));
        assert_eq!(covered(&["000-10", "010-5"]), (15, vec![(0, 10), (0, 5)]));
        assert_eq!(covered(&["000-10", "012-5"]), (10, vec![(0, 10)]));
        assert_eq!(covered(&["005-10"]), (0, vec![]));
        assert_eq!(covered(&["000-10", "nonsense", "1-x"]), (10, vec![(0, 10)]));
    }

    #[test]
    fn of_parts_that_overlap_each_byte_is_taken_once() {
        assert_eq!(
            covered(&["000-4", "000-10", "004-8"]),
            (12, vec![(0, 10), (6, 8)])
        );
        assert_eq!(
            covered(&["000-10", "003-2", "010-1"]),
            (11, vec![(0, 10), (0, 1)])
        );
    }
}
