//! The import of a Slack export: people, rooms, and what was written, with its times and authors.
//!
//! One thread reads and translates, ahead of the store by a few batches; what is held at a time does not grow with the
//! archive. Every batch is a transaction. What came before, by this run or an earlier one, is found again: people and
//! rooms by the table of what was imported, messages by their ids, which are made of Slack's. So an import that was cut
//! short goes on where it was when it is run again, and an archive that came as a whole changes nothing.
//!
//! What cannot be read is told and passed over: one damaged day must not keep a hundred others out. Only where the lists
//! of people and rooms cannot be read nothing is done at all.

mod archive;
mod begin;
mod people;
mod slack;
mod summary;
mod translate;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use chat::{Author, MessageId, Problem, RoomId, UserId, message::PINS_MAX};
use thiserror::Error;
use tokio::sync::mpsc;

pub use self::{
    begin::{Importing, Standing},
    summary::{FAULTS_MAX, Fault, Summary},
};

use self::{
    archive::{Archive, Entry},
    slack::{Channel, Export, Kind},
    translate::{Draft, Known, Place, Writer},
};
use crate::{
    Backend, Event,
    stamp::{new_id, now},
    store::{Foreign, ForeignMessage, StoreError},
};

/// The most messages of one transaction.
const BATCH: usize = 1_000;
/// How many batches are ready before the store takes them.
const BATCHES_AHEAD: usize = 3;
/// How many people become members of a room at once, and how many ids are asked for.
const IDS_AT_ONCE: usize = 1_000;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct Import {
    /// The archive.
    pub archive: PathBuf,
    /// Whether people of the archive are taken for those who have the same usernames here. Whoever may sign up here can
    /// choose any username that is free, so this is for the operator to say.
    pub match_usernames: bool,
}

/// Why nothing more was imported. What was until then stays, and is found again by the next run.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The archive as a whole cannot be read.
    #[error("{0}")]
    Archive(Fault),
    /// There is no account yet, and so nobody who owns what comes.
    #[error("there is no account yet: start the server and create the first one, which owns the workspace")]
    NobodyHere,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be kept.
    #[error("{0}")]
    Refused(#[from] Problem),
    /// The reading ended without a word.
    #[error("the archive could not be read to its end")]
    Ended,
}

/// What an archive holds, as far as that can be said without a database. Nothing is written.
///
/// # Errors
/// [`ImportError::Archive`] where it cannot be read at all.
pub async fn look_into(path: &Path) -> Result<Summary, ImportError> {
    let path = path.to_owned();
    let looking = tokio::task::spawn_blocking(move || {
        let (archive, mut export) = open(&path)?;
        let mut summary = Summary {
            people: export.people.len() as u64,
            rooms: export.rooms.len() as u64,
            ..Summary::default()
        };
        let known = Known {
            files: std::mem::take(&mut export.files),
            ..Known::default()
        };
        for (kind, channel) in std::mem::take(&mut export.rooms) {
            let days = export.take_days(kind, &channel);
            read_days(&archive, &days, "", &channel, &known, &mut summary, |_| true);
        }
        // Without people nothing can be said of what they reacted with.
        summary.reactions_left_out = 0;
        Ok(summary)
    });
    looking.await.map_err(|_| ImportError::Ended)?
}

fn open(path: &Path) -> Result<(Archive, Export), ImportError> {
    let archive =
        Archive::open(path).map_err(|error| ImportError::Archive(Fault::of("the archive", error)))?;
    let export = Export::read(&archive).map_err(ImportError::Archive)?;
    Ok((archive, export))
}

impl Backend {
    /// Imports a Slack export, telling `told` how far it is after each room.
    ///
    /// # Errors
    /// [`ImportError`]; what came until then stays.
    pub async fn import_slack(
        self: &Arc<Self>,
        import: Import,
        mut told: impl FnMut(&str, &Summary) + Send,
    ) -> Result<Summary, ImportError> {
        if self.store.page_users("", None, 1).await?.is_empty() {
            return Err(ImportError::NobodyHere);
        }
        let path = import.archive.clone();
        let opened = tokio::task::spawn_blocking(move || open(&path)).await;
        let (archive, mut export) = opened.map_err(|_| ImportError::Ended)??;
        let source = format!("slack:{}", export.team());
        let mut known = Known {
            files: std::mem::take(&mut export.files),
            site: self.site.clone(),
            ..Known::default()
        };
        let summary = Summary {
            people: export.people.len() as u64,
            rooms: export.rooms.len() as u64,
            ..Summary::default()
        };
        let newcomers = self
            .import_people(&source, &export.people, &import, &mut known)
            .await?;
        let rooms = self.import_rooms(&source, &mut export, &mut known).await?;
        self.welcome(&newcomers).await?;
        let mut run = Run {
            backend: Arc::clone(self),
            archive: archive.clone(),
            source: source.clone(),
            known: Arc::new(known),
            strangers: HashMap::new(),
            summary,
        };
        for room in rooms {
            run.room(&room).await?;
            self.import_members(&source, &room, &newcomers, &run.known)
                .await?;
            told(&room.channel.name, &run.summary);
        }
        Ok(run.summary)
    }

    /// Everyone is in the channel for everybody.
    async fn welcome(&self, newcomers: &HashSet<UserId>) -> Result<(), ImportError> {
        let Some(general) = self.store.room_by_slug(chat::room::GENERAL).await? else {
            return Ok(());
        };
        let newcomers: Vec<UserId> = newcomers.iter().copied().collect();
        for some in newcomers.chunks(IDS_AT_ONCE) {
            let joined = self.store.add_members(general.id, some, now()).await?;
            self.tell_joined(general.id, &joined).await;
        }
        Ok(())
    }

    /// Makes a room's people its members: all of them the first time, later those who are new.
    async fn import_members(
        &self,
        source: &str,
        room: &ImportedRoom,
        newcomers: &HashSet<UserId>,
        known: &Known,
    ) -> Result<(), ImportError> {
        let key = std::slice::from_ref(&room.channel.id);
        let came = !self
            .store
            .imported(source, Foreign::Members, key)
            .await?
            .is_empty();
        let members = room.channel.members.iter().filter_map(|id| known.person(id));
        let members: Vec<UserId> = members
            .map(|author| author.id)
            .filter(|id| !came || newcomers.contains(id))
            .collect();
        if room.kind != Kind::Direct {
            for some in members.chunks(IDS_AT_ONCE) {
                let joined = self.store.add_members(room.id, some, now()).await?;
                self.tell_joined(room.id, &joined).await;
            }
        }
        if !came {
            let (kind, id) = (Foreign::Members, room.id.0);
            self.store
                .note_imported(source, kind, &room.channel.id, id)
                .await?;
        }
        Ok(())
    }
}

/// A room of the archive, and which one it is here.
struct ImportedRoom {
    id: RoomId,
    kind: Kind,
    channel: Channel,
    days: Vec<Entry>,
}

/// An import under way.
struct Run {
    backend: Arc<Backend>,
    archive: Archive,
    source: String,
    known: Arc<Known>,
    /// Writers whom the list of people does not name.
    strangers: HashMap<Writer, Author>,
    summary: Summary,
}

impl Run {
    /// Imports what was written in a room.
    async fn room(&mut self, room: &ImportedRoom) -> Result<(), ImportError> {
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
    fn author(&self, writer: &Writer) -> Option<Author> {
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
fn read_days(
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

/// A new id for a room.
fn room_id() -> RoomId {
    RoomId(new_id())
}
