//! Blocks of a room's log: what pages of messages are put together from, so that pages that overlap share what is kept.
//!
//! A block is a stretch of [`BLOCK_MESSAGES`] numbers, the first of them 1, 51, 101, … One that is full changes only when
//! a message in it does, and how often that happened in the whole room is known for nothing: a message that is posted
//! takes a `seq` and at least one `rev`, a change of one that is there takes a `rev` and no `seq`. So `last_rev − last_seq`
//! is another number after each change of what is there, never comes again, and stays as it is however much is posted.
//! The last block, which is still filling, is kept under `last_rev`.

use std::{ops::RangeInclusive, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use chat::{Message, RoomId};

use crate::{
    cache::{Key, Storable},
    store::Head,
};

/// How many messages a full block has: as many as a page unless told.
pub(crate) const BLOCK_MESSAGES: u64 = chat::message::PAGE_LIMIT;
/// A length, and a place in the text.
const WORD: usize = size_of::<u32>();

/// One version of a block.
#[derive(Clone, Debug)]
pub(crate) struct BlockVersion {
    /// To be raised with every change of how a message looks.
    pub(crate) encoding: u32,
    pub(crate) epoch: String,
    /// Where the room stood, which says what is in the block.
    pub(crate) head: Head,
    /// How often names and pictures of people have changed.
    pub(crate) people: u64,
    /// Its place among the room's blocks, from 0.
    pub(crate) place: u64,
}

impl BlockVersion {
    /// The numbers that it had.
    pub(crate) fn stretch(&self) -> RangeInclusive<u64> {
        let before = self.place * BLOCK_MESSAGES;
        before + 1..=(before + BLOCK_MESSAGES).min(self.head.last_seq)
    }

    /// The block as it was in this version, out of what was read after the version was known; `None`: a message in it
    /// has changed meanwhile. What was posted meanwhile is left out.
    pub(crate) fn block_of(&self, messages: &[Message]) -> Option<Block> {
        let stretch = self.stretch();
        let messages: Vec<_> = messages
            .iter()
            .take_while(|message| message.seq <= *stretch.end())
            .collect();
        let is_whole = messages.iter().map(|message| message.seq).eq(stretch);
        let is_of_then = messages.iter().all(|message| message.rev <= self.head.last_rev);
        (is_whole && is_of_then).then(|| Block::new(&messages)).flatten()
    }
}

impl Key for BlockVersion {
    type Value = Block;
    const NAME: &'static str = "block";
    // Those of versions that were superseded are asked for by nobody and go with time.
    const TTL: Duration = Duration::from_secs(300);

    fn key(&self) -> String {
        let Self {
            encoding,
            epoch,
            head,
            people,
            place,
        } = self;
        let room: RoomId = head.room;
        let is_full = (place + 1) * BLOCK_MESSAGES <= head.last_seq;
        let version = if is_full {
            format!("changes-{}", head.changes())
        } else {
            format!("rev-{}", head.last_rev)
        };
        format!("block:{encoding}:{epoch}:{people}:{room}:{place}:{version}")
    }
}

/// Consecutive messages as JSON, and where each ends: how many, the ends, the texts with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block(Bytes);

impl Block {
    /// `None`, which cannot happen: a message could not be encoded.
    fn new(messages: &[&Message]) -> Option<Self> {
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(messages.len()));
        for message in messages {
            if !text.is_empty() {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, message).ok()?;
            ends.push(u32::try_from(text.len()).ok()?);
        }
        let mut block = BytesMut::with_capacity(WORD * (1 + ends.len()) + text.len());
        block.put_u32(u32::try_from(ends.len()).ok()?);
        ends.into_iter().for_each(|end| block.put_u32(end));
        block.put_slice(&text);
        Some(Self(block.freeze()))
    }

    /// The messages of these places, from 0, with commas between them; `None`: it has fewer.
    pub(crate) fn texts(&self, places: RangeInclusive<usize>) -> Option<&[u8]> {
        let text = self.0.get(WORD * (1 + self.count()?)..)?;
        let from = match places.start().checked_sub(1) {
            None => 0,
            // After the comma.
            Some(before) => self.end(before)? + 1,
        };
        text.get(from..self.end(*places.end())?)
    }

    fn count(&self) -> Option<usize> {
        self.word(0)
    }

    fn end(&self, place: usize) -> Option<usize> {
        (place < self.count()?).then(|| self.word(1 + place)).flatten()
    }

    fn word(&self, place: usize) -> Option<usize> {
        let bytes = self.0.get(WORD * place..WORD * (place + 1))?;
        usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
    }
}

impl Storable for Block {
    fn encode(&self) -> Option<Bytes> {
        Some(self.0.clone())
    }

    fn decode(bytes: Bytes) -> Option<Self> {
        let block = Self(bytes);
        let last = block.count()?.checked_sub(1)?;
        let text = block.0.len().checked_sub(WORD * (2 + last))?;
        (block.end(last)? == text).then_some(block)
    }
}

#[cfg(test)]
mod tests;
