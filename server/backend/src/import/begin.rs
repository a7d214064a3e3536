//! An import that is asked for on a page: the archive is brought, and read when all of it is there. One at a time.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use chat::{Code, Problem, Timestamp, permission::Service};
use futures::{Stream, StreamExt as _};
use parking_lot::Mutex;
use tokio::{
    fs::{self, OpenOptions},
    io::AsyncWriteExt as _,
};

use super::{Import, Summary};
use crate::{
    Backend, Caller, Result,
    room::serve,
    stamp::{new_id, now},
};

/// When it is worth asking again while another import goes on, in seconds.
const BUSY_S: u64 = 30;

/// How an import stands, or how the last one ended.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Since when.
    pub began_at: Timestamp,
    /// The room that came last; empty: none yet.
    pub room: String,
    /// What came until now.
    pub summary: Summary,
    /// How it ended; `None`: it goes on. An inner text says why it ended early.
    pub end: Option<Result<(), String>>,
}

/// The import of this process; one at a time. It is forgotten when the process ends, which ends the import too: the same
/// archive goes on where it was.
#[derive(Clone, Default)]
pub struct Importing(Arc<Mutex<Option<Standing>>>);

impl Importing {
    /// How the import stands; `None`: there was none since this process began.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.0.lock().clone()
    }

    /// Begins one, unless one goes on.
    fn begin(&self) -> Result<()> {
        let mut standing = self.0.lock();
        if standing.as_ref().is_some_and(|standing| standing.end.is_none()) {
            return Err(Problem::unavailable(BUSY_S));
        }
        *standing = Some(Standing {
            began_at: now(),
            room: String::new(),
            summary: Summary::default(),
            end: None,
        });
        Ok(())
    }

    fn note(&self, change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.0.lock().as_mut() {
            change(standing);
        }
    }
}

/// Ends the import when it is dropped, also by a panic or by whoever brings the archive going away.
struct Ending(Importing);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.note(|standing| {
            standing
                .end
                .get_or_insert_with(|| Err("It was given up.".to_owned()));
        });
    }
}

impl Backend {
    /// Takes an archive of Slack in and imports it, for the owner of the workspace. Comes back when all of it is there;
    /// how it goes on says [`Importing::standing`].
    ///
    /// # Errors
    /// `forbidden`, the error that the bytes ended with, `unavailable` while another import goes on.
    pub async fn begin_import<S>(
        self: &Arc<Self>,
        caller: &Caller,
        match_usernames: bool,
        mut bytes: S,
    ) -> Result<()>
    where
        S: Stream<Item = Result<Bytes>> + Send + Unpin,
    {
        serve(caller, Service::Import)?;
        self.importing.begin()?;
        let ending = Ending(self.importing.clone());
        let archive = Brought(std::env::temp_dir().join(format!("natter-import-{}.zip", new_id())));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&archive.0).await.map_err(unkept)?;
        while let Some(piece) = bytes.next().await {
            file.write_all(&piece?).await.map_err(unkept)?;
        }
        file.flush().await.map_err(unkept)?;
        let backend = Arc::clone(self);
        tokio::spawn(async move { backend.go_on_importing(archive, match_usernames, ending).await });
        Ok(())
    }

    async fn go_on_importing(self: Arc<Self>, archive: Brought, match_usernames: bool, ending: Ending) {
        let import = Import {
            archive: archive.0.clone(),
            match_usernames,
        };
        let importing = self.importing.clone();
        let told = |room: &str, so_far: &Summary| {
            importing.note(|standing| {
                standing.room = room.to_owned();
                standing.summary = so_far.clone();
            });
        };
        let ended = self.import_slack(import, told).await;
        self.importing.note(|standing| {
            standing.end = Some(match ended {
                Ok(summary) => {
                    standing.summary = summary;
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            });
        });
        drop(ending);
    }
}

/// An archive that was brought; removed when nobody reads it any more.
struct Brought(PathBuf);

impl Drop for Brought {
    fn drop(&mut self) {
        let path = std::mem::take(&mut self.0);
        tokio::spawn(async move { fs::remove_file(path).await });
    }
}

fn unkept(error: std::io::Error) -> Problem {
    tracing::warn!(%error, "an archive could not be kept");
    Problem::because(Code::Unavailable, "There is no room for the archive")
}
