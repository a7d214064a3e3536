//! The export of everything, and of everything that is one person's: JSON Lines, as it was at one moment.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use chat::{
    Attachment, Code, Problem, Timestamp,
    permission::{Service, may_serve},
};
use futures::TryStreamExt as _;
use serde::Serialize;
use thiserror::Error;
use tokio::{
    fs,
    io::{AsyncWriteExt as _, BufWriter},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
};

use crate::{
    Backend, Caller, Result,
    attachment::WHOLE,
    files::{Files, FilesError},
    stamp::now,
    store::{Exports, Record, Sink, Store, StoreError, files::file_folder},
};

/// The version of what is written; it rises when a field changes its meaning or goes.
pub const FORMAT: u32 = 1;
/// How much is gathered before it is sent on, and how many such pieces wait for whoever takes them.
const PIECE_BYTES: usize = 64 * 1024;
const PIECES_AHEAD: usize = 4;
/// How many exports an instance hands out at once: each reads whole tables.
const EXPORTS_AT_ONCE: usize = 2;
/// When it is worth asking again, in seconds.
const BUSY_S: u64 = 30;
/// The longest ending of a file's name that is kept.
const ENDING_CHARS_MAX: usize = 8;

/// Why not everything was written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// Something is there already, or cannot be written.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files could not be read.
    #[error(transparent)]
    Files(#[from] FilesError),
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many lines of each kind.
    pub lines: HashMap<&'static str, u64>,
    /// How many files.
    pub files: u64,
    /// How many files were gone when their turn came.
    pub files_missing: u64,
}

/// The first line of an export.
#[derive(Debug, Serialize)]
struct About {
    r#type: &'static str,
    format: u32,
    version: &'static str,
    at: Timestamp,
}

const fn about(at: Timestamp) -> About {
    About {
        r#type: "export",
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        at,
    }
}

/// Writes everything into a new folder: `about.json`, a file of JSON Lines a kind, and the files. The folder has another
/// name until it is complete.
///
/// # Errors
/// [`ExportError`]; what was written until then is left under the other name.
pub async fn export_to(store: &dyn Store, files: &dyn Files, folder: &Path) -> Result<Written, ExportError> {
    if fs::try_exists(folder).await.unwrap_or(true) {
        return Err(at(folder)(io::ErrorKind::AlreadyExists.into()));
    }
    let part = folder.with_added_extension("part");
    // For nobody else to read: all that was ever said is in it.
    let mut private = fs::DirBuilder::new();
    let made = private
        .recursive(true)
        .mode(0o700)
        .create(part.join("files"))
        .await;
    made.map_err(at(&part))?;
    let mut writing = Folder::new(files, part.clone()).await?;
    store.export(None, &mut writing).await?;
    let written = writing.finish().await?;
    let line = serde_json::to_vec(&about(now())).unwrap_or_default();
    let file = part.join("about.json");
    fs::write(&file, line).await.map_err(at(&file))?;
    fs::rename(&part, folder).await.map_err(at(folder))?;
    Ok(written)
}

fn at(path: &Path) -> impl Fn(io::Error) -> ExportError {
    move |error| ExportError::Io {
        path: path.display().to_string(),
        error,
    }
}

/// A folder that an export is written into.
struct Folder<'a> {
    files: &'a dyn Files,
    path: PathBuf,
    lines: HashMap<&'static str, BufWriter<fs::File>>,
    written: Written,
    failed: Option<ExportError>,
}

impl<'a> Folder<'a> {
    async fn new(files: &'a dyn Files, path: PathBuf) -> Result<Self, ExportError> {
        let mut lines = HashMap::new();
        for kind in Record::KINDS {
            let file = path.join(format!("{kind}.jsonl"));
            let created = fs::File::create_new(&file).await.map_err(at(&file))?;
            lines.insert(kind, BufWriter::new(created));
        }
        Ok(Self {
            files,
            path,
            lines,
            written: Written::default(),
            failed: None,
        })
    }

    async fn write(&mut self, record: &Record) -> Result<(), ExportError> {
        let kind = record.kind();
        if let Some(file) = self.lines.get_mut(kind) {
            file.write_all(&line(record)).await.map_err(at(&self.path))?;
        }
        *self.written.lines.entry(kind).or_default() += 1;
        if let Record::File { attachment, .. } = record {
            self.copy(attachment).await?;
        }
        Ok(())
    }

    async fn copy(&mut self, file: &Attachment) -> Result<(), ExportError> {
        let from = format!("{}/{WHOLE}", file_folder(file.id));
        let Some(mut pieces) = self.files.get(&from, 0..u64::MAX).await? else {
            self.written.files_missing += 1;
            return Ok(());
        };
        let path = self.path.join("files").join(file_name(file));
        let mut to = fs::File::create_new(&path).await.map_err(at(&path))?;
        while let Some(piece) = pieces.try_next().await? {
            to.write_all(&piece).await.map_err(at(&path))?;
        }
        to.sync_all().await.map_err(at(&path))?;
        self.written.files += 1;
        Ok(())
    }

    async fn finish(mut self) -> Result<Written, ExportError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        for file in self.lines.values_mut() {
            file.flush().await.map_err(at(&self.path))?;
            file.get_ref().sync_all().await.map_err(at(&self.path))?;
        }
        Ok(self.written)
    }
}

#[async_trait]
impl Sink for Folder<'_> {
    async fn take(&mut self, record: Record) -> bool {
        self.failed = self.write(&record).await.err();
        self.failed.is_none()
    }
}

/// What a file is called in the folder: its id, and the ending of its name where that is an ordinary one.
fn file_name(file: &Attachment) -> String {
    let ending = file.name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let plain = (1..=ENDING_CHARS_MAX).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match plain {
        true => format!("{}.{ending}", file.id),
        false => file.id.to_string(),
    }
}

fn line(record: &impl Serialize) -> Vec<u8> {
    // There is nothing in it that could fail to become JSON.
    let mut line = serde_json::to_vec(record).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Who exports at this moment; one a process.
#[derive(Clone)]
pub struct Exporting(Arc<Semaphore>);

impl Default for Exporting {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(EXPORTS_AT_ONCE)))
    }
}

impl Backend {
    /// Everything that is the caller's, as lines: profile, memberships, messages, reactions, files, drafts and what is
    /// saved. It ends early where the database fails.
    ///
    /// # Errors
    /// `unavailable` while others export.
    pub fn export_own(self: &Arc<Self>, caller: &Caller) -> Result<mpsc::Receiver<Bytes>> {
        self.stream(Some(caller.id()))
    }

    /// Everything, as lines, for the owner of the workspace.
    ///
    /// # Errors
    /// `forbidden`, `unavailable` while others export.
    pub fn export_workspace(self: &Arc<Self>, caller: &Caller) -> Result<mpsc::Receiver<Bytes>> {
        if !may_serve(Service::Export, caller.role) || caller.bot {
            return Err(Code::Forbidden.into());
        }
        self.stream(None)
    }

    fn stream(self: &Arc<Self>, of: Option<chat::UserId>) -> Result<mpsc::Receiver<Bytes>> {
        let permit = Arc::clone(&self.exporting.0).try_acquire_owned();
        let permit = permit.map_err(|_| Problem::unavailable(BUSY_S))?;
        let (pieces, ready) = mpsc::channel(PIECES_AHEAD);
        let store = Arc::clone(&self.store);
        tokio::spawn(async move { hand_out(&*store, of, pieces, permit).await });
        Ok(ready)
    }
}

async fn hand_out(
    store: &dyn Store,
    of: Option<chat::UserId>,
    pieces: mpsc::Sender<Bytes>,
    permit: OwnedSemaphorePermit,
) {
    let mut gathered = BytesMut::new();
    gathered.extend_from_slice(&line(&about(now())));
    let mut sending = Sending { gathered, pieces };
    match Exports::export(store, of, &mut sending).await {
        Ok(true) => drop(sending.send().await),
        Ok(false) => {}
        Err(error) => tracing::error!(%error, "an export ended early"),
    }
    drop(permit);
}

/// Sends lines to whoever asked for them.
struct Sending {
    gathered: BytesMut,
    pieces: mpsc::Sender<Bytes>,
}

impl Sending {
    async fn send(&mut self) -> bool {
        let piece = self.gathered.split().freeze();
        self.pieces.send(piece).await.is_ok()
    }
}

#[async_trait]
impl Sink for Sending {
    async fn take(&mut self, record: Record) -> bool {
        self.gathered.extend_from_slice(&line(&record));
        self.gathered.len() < PIECE_BYTES || self.send().await
    }
}
