use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::*;

/// Long enough for everything to be queued.
const A_WHILE: Duration = Duration::from_millis(200);

/// A writer on a file with a table of different numbers, and a count of its commits.
struct Bench {
    writer: Writer,
    commits: Arc<AtomicUsize>,
    folder: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let options = super::super::writing(&folder.path().join("bench.db")).create_if_missing(true);
        let options = options.busy_timeout(Duration::from_millis(100));
        let mut connection = options.connect().await.unwrap();
        sqlx::query("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
            .execute(&mut connection)
            .await
            .unwrap();
        let commits = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&commits);
        connection.lock_handle().await.unwrap().set_commit_hook(move || {
            count.fetch_add(1, Ordering::Relaxed);
            true
        });
        Self {
            writer: Writer::start(connection, options),
            commits,
            folder,
        }
    }

    async fn insert(&self, number: i64) -> Stored<()> {
        self.writer.run(Insert { number, twist: None }).await
    }

    async fn twisted(&self, number: i64, twist: Twist) -> Stored<()> {
        self.writer
            .run(Insert {
                number,
                twist: Some(twist),
            })
            .await
    }

    /// What `work` gives, all of which it queues while the writer is held up for `time` by a job before it.
    async fn held_up<T>(&self, time: Duration, work: impl Future<Output = T>) -> T {
        let gate = Arc::new(Semaphore::new(0));
        let first = self.writer.run(Wait(Arc::clone(&gate)));
        let opening = async {
            tokio::time::sleep(time).await;
            gate.add_permits(1);
        };
        let (first, result, ()) = tokio::join!(first, work, opening);
        first.unwrap();
        result
    }

    async fn numbers(&self) -> Vec<i64> {
        self.writer.run(Numbers).await.unwrap()
    }

    /// What is in the file without its log, as whoever copies nothing but the file would find it.
    async fn numbers_of_the_file_alone(&self) -> Vec<i64> {
        let (file, copy) = (
            self.folder.path().join("bench.db"),
            self.folder.path().join("copy.db"),
        );
        std::fs::copy(file, &copy).unwrap();
        let mut connection = SqliteConnectOptions::new()
            .filename(copy)
            .connect()
            .await
            .unwrap();
        let numbers = sqlx::query_scalar("SELECT number FROM numbers ORDER BY number");
        // The table itself may not be there yet.
        let numbers = numbers.fetch_all(&mut connection).await.unwrap_or_default();
        connection.close().await.unwrap();
        numbers
    }
}

/// What goes wrong after a number was inserted.
#[derive(Clone, Copy)]
enum Twist {
    Error,
    Panic,
    /// SQLite ends the whole transaction by itself, as it may when the disk is full.
    SelfMadeRollback,
}

struct Insert {
    number: i64,
    twist: Option<Twist>,
}

impl Job for Insert {
    type Output = ();
    const OP: &'static str = "insert";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        let insert = "INSERT INTO numbers VALUES (?1)";
        sqlx::query(insert).bind(self.number).execute(&mut *tx).await?;
        match self.twist {
            None => Ok(()),
            Some(Twist::Error) => Err(StoreError::failed("twisted")),
            Some(Twist::Panic) => panic!("twisted"),
            Some(Twist::SelfMadeRollback) => {
                let twice = "INSERT OR ROLLBACK INTO numbers VALUES (?1)";
                sqlx::query(twice).bind(self.number).execute(&mut *tx).await?;
                Ok(())
            }
        }
    }
}

struct Numbers;

impl Job for Numbers {
    type Output = Vec<i64>;
    const OP: &'static str = "numbers";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Vec<i64>> {
        Ok(sqlx::query_scalar("SELECT number FROM numbers ORDER BY number")
            .fetch_all(tx)
            .await?)
    }
}

/// Keeps the writer busy until the gate is opened.
struct Wait(Arc<Semaphore>);

impl Job for Wait {
    type Output = ();
    const OP: &'static str = "wait";

    async fn apply(&self, _: &mut SqliteConnection) -> Stored<()> {
        self.0.acquire().await.map_err(StoreError::failed)?.forget();
        Ok(())
    }
}

#[tokio::test]
async fn a_job_that_goes_wrong_leaves_nothing_and_takes_nobody_along() {
    for twist in [Twist::Error, Twist::Panic, Twist::SelfMadeRollback] {
        let bench = Bench::new().await;
        let one = async |n| {
            if n == 7 {
                bench.twisted(n, twist).await
            } else {
                bench.insert(n).await
            }
        };
        let answers = join_all((0..20).map(one)).await;
        let failed: Vec<usize> = (0..20).filter(|n| answers[*n].is_err()).collect();
        assert_eq!(failed, [7]);
        let expected: Vec<i64> = (0..20).filter(|n| *n != 7).collect();
        assert_eq!(bench.numbers().await, expected);
    }
}

#[tokio::test]
async fn after_a_job_that_went_wrong_alone_the_next_one_succeeds() {
    for twist in [Twist::Error, Twist::Panic, Twist::SelfMadeRollback] {
        let bench = Bench::new().await;
        assert!(bench.twisted(1, twist).await.is_err());
        bench.insert(2).await.unwrap();
        assert_eq!(bench.numbers().await, [2]);
    }
}

#[tokio::test]
async fn jobs_that_come_while_others_are_written_share_one_commit() {
    let bench = Bench::new().await;
    let inserts = join_all((0..50).map(|n| bench.insert(n)));
    let inserted = bench.held_up(A_WHILE, inserts).await;
    assert!(inserted.iter().all(Result::is_ok));
    assert_eq!(bench.commits.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_batch_has_a_most() {
    let bench = Bench::new().await;
    // With the job that holds them up, as many as fit into three.
    let inserts = join_all((1..3 * BATCH_JOBS_MAX as i64).map(|n| bench.insert(n)));
    let inserted = bench.held_up(A_WHILE, inserts).await;
    assert!(inserted.iter().all(Result::is_ok));
    assert_eq!(bench.commits.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn whoever_finds_the_queue_full_is_told_after_a_while() {
    let bench = Bench::new().await;
    let inserts = join_all((0..QUEUE_JOBS_MAX as i64 + 40).map(|n| bench.insert(n)));
    let answers = bench.held_up(QUEUE_WAIT + A_WHILE, inserts).await;
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(StoreError::Unavailable(_))))
        .count();
    let written = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((refused, written), (40, QUEUE_JOBS_MAX));
}

#[tokio::test]
async fn whoever_stops_waiting_does_not_undo_the_write() {
    let bench = Bench::new().await;
    let impatient = tokio::time::timeout(A_WHILE / 4, bench.insert(5));
    assert!(bench.held_up(A_WHILE, impatient).await.is_err());
    assert_eq!(bench.numbers().await, [5]);
}

#[tokio::test]
async fn while_another_process_holds_the_file_everyone_is_told_soon() {
    let bench = Bench::new().await;
    let other = SqliteConnectOptions::new().filename(bench.folder.path().join("bench.db"));
    let mut other = other.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let started = Instant::now();
    let answers = join_all((0..50).map(|n| bench.insert(n))).await;
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(StoreError::Unavailable(_)))),
        "{answers:?}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "each waited for the file in turn"
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    bench.insert(1).await.unwrap();
    assert_eq!(bench.numbers().await, [1]);
}

#[tokio::test]
async fn what_was_written_is_soon_in_the_file_itself_while_the_writer_goes_on() {
    let bench = Bench::new().await;
    for number in 1..=3 {
        bench.insert(number).await.unwrap();
        // Nobody writes it there before: the log would have to be thousands of pages long.
        while bench.numbers_of_the_file_alone().await.last() != Some(&number) {
            tokio::time::sleep(A_WHILE).await;
        }
    }
}

#[tokio::test]
async fn a_writer_that_ends_leaves_no_log() {
    let bench = Bench::new().await;
    bench.insert(1).await.unwrap();
    bench.writer.close().await;
    assert!(!bench.folder.path().join("bench.db-wal").exists());
    assert_eq!(bench.numbers_of_the_file_alone().await, [1]);
}
