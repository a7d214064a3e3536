//! Copying the log into the file, beside the writer.
//!
//! SQLite has whoever commits do this, after every thousand pages: all who wait for the writer would wait for hundreds
//! of pages and two syncs more, several times a second where much is written. A connection of its own copies while
//! the writer goes on. The log begins anew when all of it has been copied at a moment at which nobody writes.

use std::{sync::Arc, time::Duration};

use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::sleep,
};

use super::statement::statements;

/// How long after a commit the log is copied, and with it what is committed until then. Pages that change often, as
/// the ends of indexes do, are copied once for all of that.
const PAUSE: Duration = Duration::from_millis(500);
/// How often in a row it is copied where more was written meanwhile.
const PASSES_MAX: usize = 4;

statements! {
    COPY = "PRAGMA wal_checkpoint(PASSIVE)";
}

/// What copies the log. It ends when it is dropped.
pub(super) struct Checkpoints {
    committed: Arc<Notify>,
    ending: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    /// Starts it; `options` open its connection when there is something to copy.
    pub(super) fn start(options: SqliteConnectOptions) -> Self {
        let options = options.thread_name(|_| "sqlite-checkpoints".to_owned());
        let committed = Arc::new(Notify::new());
        let (ending, ended) = oneshot::channel();
        let task = tokio::spawn(copy_on(Arc::clone(&committed), ended, options));
        Self {
            committed,
            ending,
            task,
        }
    }

    /// Something was committed.
    pub(super) fn note(&self) {
        self.committed.notify_one();
    }

    /// Ends it, after the pass that is under way. The rest is left in the log.
    pub(super) async fn end(self) {
        drop(self.ending);
        // It cannot panic, and if it did, there would be nothing to do about it.
        self.task.await.ok();
    }
}

async fn copy_on(committed: Arc<Notify>, mut ended: oneshot::Receiver<()>, options: SqliteConnectOptions) {
    let mut kept = None;
    loop {
        let due = async {
            committed.notified().await;
            sleep(PAUSE).await;
        };
        tokio::select! {
            () = due => {}
            _ = &mut ended => return,
        }
        match copy(kept.take(), &options).await {
            Ok(connection) => kept = Some(connection),
            // What it could not copy stays in the log, where it is as safe.
            Err(error) => tracing::warn!(%error, "the log of the database could not be copied into its file"),
        }
    }
}

/// Copies what is in the log, and gives back the connection, which is opened where there is none.
async fn copy(
    connection: Option<SqliteConnection>,
    options: &SqliteConnectOptions,
) -> sqlx::Result<SqliteConnection> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => options.connect().await?,
    };
    for _ in 0..PASSES_MAX {
        let (_, pages, copied): (i64, i64, i64) = COPY.read().fetch_one(&mut connection).await?;
        if copied >= pages {
            break;
        }
    }
    Ok(connection)
}
