//! An import under way: a room after the other, read on a thread of its own.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use chat::{Author, MessageId, RoomId, message::PINS_MAX};
use tokio::sync::mpsc;

use super::{
    Fault, IDS_AT_ONCE, ImportError, Summary,
    archive::{Archive, Entry},
    slack::{self, Channel, Kind},
    translate::{self, Draft, Known, Place, Writer},
};
use crate::{Backend, Event, store::ForeignMessage};

/// The most messages of one transaction.
const BATCH: usize = 1_000;
/// How many batches are ready before the store takes them.
const BATCHES_AHEAD: usize = 3;

/// A room of the archive, and which one it is here.
pub(super) struct ImportedRoom {
    pub(super) id: RoomId,
    pub(super) kind: Kind,
    pub(super) channel: Channel,
    pub(super) days: Vec<Entry>,
}

/// An import under way.
pub(super) struct Run {
    pub(super) backend: Arc<Backend>,
    pub(super) archive: Archive,
    pub(super) source: String,
    pub(super) known: Arc<Known>,
    /// Writers whom the list of people does not name.
    pub(super) strangers: HashMap<Writer, Author>,
    pub(super) summary: Summary,
}

impl Run {
    /// Imports what was written in a room.
    pub(super) async fn room(&mut self, room: &ImportedRoom) -> Result<(), ImportError> {
        let mut pins_left = PINS_MAX.saturating_sub(self.backend.store.pins(room.id).await?.len() as u64);
        let (batches, mut ready) = mpsc::channel(BATCHES_AHEAD);
        let reading = self.read(room, batches);
        let mut reached = None;
        while let Some(batch) = ready.recv().await {
            let messages = self.settle(batch, &mut pins_left).await?;
            if messages.is_empty() {
                continue;
            }
            let arrived = self.backend.store.import_messages(room.id, messages).await?;
            let arrived = arrived.ok_or(ImportError::Ended)?;
            self.summary.messages_stored += arrived.stored;
            reached = Some(arrived.head.last_rev);
        }
        self.summary.add(reading.await.map_err(|_| ImportError::Ended)?);
        if let Some(rev) = reached {
            self.backend
                .bus
                .publish(Event::Reached { room: room.id, rev })
                .await;
        }
        Ok(())
    }

    /// Reads the days of a room on a thread of its own.
    fn read(
        &self,
        room: &ImportedRoom,
        batches: mpsc::Sender<Vec<Draft>>,
    ) -> tokio::task::JoinHandle<Summary> {
        let (archive, source, known) = (self.archive.clone(), self.source.clone(), Arc::clone(&self.known));
        let (days, channel) = (room.days.clone(), room.channel.clone());
        tokio::task::spawn_blocking(move || {
            let (mut summary, mut batch) = (Summary::default(), Vec::with_capacity(BATCH));
            let handed = read_days(
                &archive,
                &days,
                &source,
                &channel,
                &known,
                &mut summary,
                |draft| {
                    batch.push(draft);
                    // Nobody takes it where the store has failed: there is no use in reading on.
                    batch.len() < BATCH || batches.blocking_send(std::mem::take(&mut batch)).is_ok()
                },
            );
            if handed && !batch.is_empty() {
                batches.blocking_send(batch).ok();
            }
            summary
        })
    }

    /// A batch, ready for the store: what is there already is left out, so that its files are not brought again.
    async fn settle(
        &mut self,
        batch: Vec<Draft>,
        pins_left: &mut u64,
    ) -> Result<Vec<ForeignMessage>, ImportError> {
        let ids: Vec<MessageId> = batch.iter().map(|draft| draft.id).collect();
        let mut there = HashSet::new();
        for some in ids.chunks(IDS_AT_ONCE) {
            there.extend(self.backend.store.stored_among(some).await?);
        }
        let fresh: Vec<Draft> = batch
            .into_iter()
            .filter(|draft| !there.contains(&draft.id))
            .collect();
        self.meet(&fresh).await?;
        let mut messages = Vec::with_capacity(fresh.len());
        for mut draft in fresh {
            if draft.pinned && *pins_left == 0 {
                self.summary.pins_left_out += 1;
                draft.pinned = false;
            }
            *pins_left -= u64::from(draft.pinned);
            if let Some(message) = self.message(draft).await? {
                messages.push(message);
            }
        }
        Ok(messages)
    }

    /// Who wrote a message.
    pub(super) fn author(&self, writer: &Writer) -> Option<Author> {
        let known = self.known.person(&writer.key);
        known.or_else(|| self.strangers.get(writer)).cloned()
    }

    /// The message with its author and its files.
    async fn message(&mut self, draft: Draft) -> Result<Option<ForeignMessage>, ImportError> {
        let Some(author) = self.author(&draft.writer) else {
            return Ok(None);
        };
        let (mut attachments, mut body, mut html) = (Vec::new(), draft.body, draft.html);
        for (name, entry) in &draft.files {
            match self
                .backend
                .import_file(&self.archive, author.id, name, entry)
                .await?
            {
                Ok(file) => {
                    self.summary.files_stored += 1;
                    attachments.push(file);
                }
                Err(reason) => {
                    self.summary.fault(Fault::of(&entry.name, reason));
                    body = [body.as_str(), &translate::link(name, None)]
                        .join("\n")
                        .trim()
                        .to_owned();
                    html = crate::markdown::render(&body, crate::markdown::Setting::default());
                }
            }
        }
        Ok(Some(ForeignMessage {
            id: draft.id,
            author,
            body,
            html,
            mentions: draft.mentions,
            created_at: draft.created_at,
            edited_at: draft.edited_at,
            deleted: draft.deleted,
            pinned: draft.pinned,
            thread: draft.thread,
            reactions: draft.reactions,
            attachments,
        }))
    }
}

/// Reads the days of a room in their order, and hands on what was written, in the order of its time within a day; false:
/// whoever takes it wanted no more.
pub(super) fn read_days(
    archive: &Archive,
    days: &[Entry],
    source: &str,
    channel: &Channel,
    known: &Known,
    summary: &mut Summary,
    mut take: impl FnMut(Draft) -> bool,
) -> bool {
    let pins: Vec<&str> = channel.pins.iter().map(|pin| pin.id.as_str()).collect();
    let place = Place {
        source,
        key: &channel.id,
        pins: &pins,
    };
    for day in days {
        let bytes = match slack::bytes(archive, day) {
            Ok(bytes) => bytes,
            Err(error) => {
                summary.fault(Fault::of(&day.name, error));
                continue;
            }
        };
        let (mut drafts, mut unreadable) = (Vec::new(), 0_u64);
        let read = slack::each(&bytes, |value| match place.translate(&value, known, summary) {
            Some(translated) => drafts.extend(translated),
            None => unreadable += 1,
        });
        if let Err(error) = read {
            summary.fault(Fault::of(&day.name, error));
        }
        if unreadable > 0 {
            summary.fault(Fault::of(
                &day.name,
                format!("{unreadable} of its items are no messages"),
            ));
        }
        drafts.sort_by_key(|draft| draft.created_at.0);
        summary.messages += drafts.len() as u64;
        for draft in drafts {
            if !take(draft) {
                return false;
            }
        }
    }
    true
}
