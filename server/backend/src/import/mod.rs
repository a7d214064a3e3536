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
#[cfg(feature = "fuzzed")]
pub(crate) mod fuzzed;
mod people;
mod run;
mod slack;
mod summary;
mod translate;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use chat::{Problem, RoomId, UserId};
use thiserror::Error;

pub use self::{
    begin::{Importing, Standing},
    summary::{FAULTS_MAX, Fault, Summary},
};

use self::{
    archive::Archive,
    run::{ImportedRoom, Run, read_days},
    slack::{Export, Kind},
    translate::Known,
};
use crate::{
    Backend,
    stamp::{new_id, now},
    store::{Foreign, StoreError},
};

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

/// A new id for a room.
fn room_id() -> RoomId {
    RoomId(new_id())
}
