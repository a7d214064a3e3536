//! What the store as a whole can do.

use std::{path::Path, process::Stdio, time::Duration};

use async_trait::async_trait;
use chat::Timestamp;
use sqlx::{Connection, PgConnection};
use tokio::process::Command;
use url::{Url, form_urlencoded};

use super::{PostgresStore, pool::Work, replica::Replica, report::Report, statement::statements};
use crate::{
    stamp,
    store::{
        Finding, Load, StoreError, Stored, Upkeep,
        copy::{begin, discard, part_of, refuse_existing, warn_unnoted},
        timed::timed,
    },
};

/// How long the renewal of statistics may take.
const TUNE_MAX: Duration = Duration::from_secs(10 * 60);
/// The program of PostgreSQL that makes copies.
const PG_DUMP: &str = "pg_dump";
/// Owners and rights are the server's, not the history's.
const OPTIONS: [&str; 5] = [
    "--format=custom",
    "--no-owner",
    "--no-privileges",
    "--no-password",
    "--exclude-table-data=meta",
];

statements! {
    PING = "SELECT 1";
    /// Ends with the connection at the latest. The number is the lock's name within this database.
    TRY_LOCK = "SELECT pg_try_advisory_lock(7310579621302)";
    UNLOCK = "SELECT pg_advisory_unlock(7310579621302)";
    LONG_TIME_LIMIT = "SET LOCAL statement_timeout = '10min'";
    NOTE_BACKUP = "INSERT INTO meta (key, value) VALUES ('backup', $1)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    LAST_BACKUP = "SELECT value FROM meta WHERE key = 'backup'";
    ANALYZE = "ANALYZE {}";
    /// Without partitions and the like, of which there are none.
    OWN_TABLES = "SELECT quote_ident(relname) FROM pg_class
                  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY relname";
}

#[async_trait]
impl Upkeep for PostgresStore {
    fn engine(&self) -> &'static str {
        "postgres"
    }

    async fn epoch(&self) -> Stored<String> {
        Ok(self.epoch.clone())
    }

    fn load(&self) -> Load {
        let replica = self.replica.as_ref().map(Replica::load);
        Load {
            pools: [self.pool.load("primary")].into_iter().chain(replica).collect(),
            waiting: self.posts.waiting(),
        }
    }

    async fn last_backup(&self) -> Stored<Option<Timestamp>> {
        let noted = self.pool.optional(|| LAST_BACKUP.read::<(String,)>()).await?;
        Ok(noted.and_then(|(ms,)| ms.parse().ok()).map(Timestamp))
    }

    async fn ping(&self) -> Stored<()> {
        timed("ping", async {
            self.pool.optional(|| PING.read::<(i32,)>()).await?;
            Ok(())
        })
        .await
    }

    async fn backup(&self, file: &Path) -> Stored<()> {
        timed("backup", async {
            if self.epoch.is_empty() {
                // A copy of nothing would look like a backup.
                return Err(StoreError::failed(
                    "Natter has written nothing into this database",
                ));
            }
            refuse_existing(file).await?;
            // Under another name until it is complete: nobody takes half a copy for a backup.
            let part = part_of(file);
            begin(&part).await?;
            let dumped = dump(&self.url, &part).await;
            if dumped.is_err() {
                discard(&part).await?;
            }
            dumped?;
            refuse_existing(file).await?;
            tokio::fs::rename(&part, file).await.map_err(StoreError::failed)?;
            let noted = self.pool.run(&NoteBackup(stamp::now())).await;
            warn_unnoted(noted);
            Ok(())
        })
        .await
    }

    async fn tune(&self) -> Stored<bool> {
        timed("tune", self.pool.run(&Tune)).await
    }

    async fn report(&self) -> Stored<Vec<Finding>> {
        timed("report", self.pool.run(&Report)).await
    }

    async fn close(&self) {
        self.posts.close().await;
        self.pool.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }
}

/// For whoever watches over backups. The copy itself knows of none.
struct NoteBackup(Timestamp);

impl Work for NoteBackup {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<()> {
        NOTE_BACKUP
            .query()
            .bind(self.0.0.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Renews the statistics that plans are made from. Dead rows are autovacuum's, which the schema sets up.
struct Tune;

impl Work for Tune {
    type Output = bool;
    const REPEATABLE: bool = true;
    const MAX: Duration = TUNE_MAX;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<bool> {
        if !TRY_LOCK.scalar::<bool>().fetch_one(&mut *connection).await? {
            return Ok(false);
        }
        let analyzed = analyze(connection).await;
        UNLOCK.query().execute(connection).await?;
        analyzed.map(|()| true)
    }
}

/// A table at a time, each in a transaction of its own: a table's lock ends with its transaction, and a migration may
/// wait for it.
async fn analyze(connection: &mut PgConnection) -> Stored<()> {
    let tables: Vec<(String,)> = OWN_TABLES.read().fetch_all(&mut *connection).await?;
    for (table,) in tables {
        let mut tx = connection.begin().await?;
        LONG_TIME_LIMIT.query().execute(&mut *tx).await?;
        ANALYZE.about(&table).execute(&mut *tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Has PostgreSQL's own program write a consistent copy in its custom format, for `pg_restore`. The history's
/// identity stays out of it: whoever restores the copy starts one of its own.
async fn dump(url: &str, part: &Path) -> Stored<()> {
    let (address, password) = without_password(url)?;
    let mut command = Command::new(PG_DUMP);
    command
        .args(OPTIONS)
        .arg("--file")
        .arg(part)
        .args(["--dbname", &address])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(password) = password {
        // Not as an argument, which everyone on the machine can read.
        command.env("PGPASSWORD", password);
    }
    let ended = match command.output().await {
        Ok(ended) => ended,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(not_installed(&address)),
        Err(error) => return Err(StoreError::failed(error)),
    };
    if !ended.status.success() {
        let reason = String::from_utf8_lossy(&ended.stderr);
        return Err(StoreError::failed(reason.trim().to_owned()));
    }
    let written = tokio::fs::File::open(part).await.map_err(StoreError::failed)?;
    written.sync_all().await.map_err(StoreError::failed)
}

fn not_installed(address: &str) -> StoreError {
    StoreError::failed(format!(
        "{PG_DUMP} is not installed here. Where it is, run: {PG_DUMP} {} --file FILE --dbname '{address}'",
        OPTIONS.join(" ")
    ))
}

/// The address for other programs, and apart from it the password, which may stand before the host or in the query;
/// there it counts more, as it does for connections.
fn without_password(url: &str) -> Stored<(String, Option<String>)> {
    let mut url = Url::parse(url).map_err(StoreError::failed)?;
    let mut password = url.password().map(decoded);
    // Fails for an address without a host, which has no password there either.
    url.set_password(None).ok();
    let mut others = Vec::new();
    for pair in url.query().unwrap_or_default().split('&') {
        match form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, value)) if name == "password" => password = Some(value.into_owned()),
            Some(_) => others.push(pair),
            None => {}
        }
    }
    let others = (!others.is_empty()).then(|| others.join("&"));
    url.set_query(others.as_deref());
    Ok((url.into(), password))
}

/// A text without its percent signs. In a form, unlike in an address, `+` and `&` mean something.
fn decoded(text: &str) -> String {
    let form = format!("text={}", text.replace('+', "%2B").replace('&', "%26"));
    let mut values = form_urlencoded::parse(form.as_bytes());
    values
        .next()
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_apart_from_its_address() {
        let (address, password) =
            without_password("postgres://me:p%40s+s%26%25@host:5433/natter?sslmode=require").unwrap();
        assert_eq!(address, "postgres://me@host:5433/natter?sslmode=require");
        assert_eq!(password.as_deref(), Some("p@s+s&%"));
        assert_eq!(without_password("postgres://host/natter").unwrap().1, None);
    }

    #[test]
    fn a_password_in_the_query_goes_apart_from_it_too() {
        for (url, rest) in [
            (
                "postgres://host/natter?user=me&password=s%26cret",
                "postgres://host/natter?user=me",
            ),
            (
                "postgres:///natter?pass%77ord=s%26cret&host=/run/postgresql&user=a%20b",
                "postgres:///natter?host=/run/postgresql&user=a%20b",
            ),
            (
                "postgres://me:other@host/natter?password=s%26cret",
                "postgres://me@host/natter",
            ),
        ] {
            let (address, password) = without_password(url).unwrap();
            assert_eq!((&*address, password.as_deref()), (rest, Some("s&cret")), "{url}");
        }
    }

    #[test]
    fn where_the_program_is_missing_the_error_says_what_to_run() {
        let error = not_installed("postgres://me@host/natter").to_string();
        assert!(error.contains("run: pg_dump --format=custom"), "{error}");
        assert!(error.contains("--dbname 'postgres://me@host/natter'"), "{error}");
    }
}
