use std::sync::atomic::{AtomicUsize, Ordering};

use services::Postgres;
use tokio::{sync::Notify, time::sleep};

use super::*;
use crate::breaker::State;

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

async fn pool() -> (Postgres, Pool) {
    let server = tokio::task::spawn_blocking(Postgres::start);
    let server = server.await.unwrap().unwrap();
    let pool = Pool::new(options(&server.url()).unwrap());
    (server, pool)
}

struct Outage;

impl Work for Outage {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, _: &mut PgConnection) -> Stored<()> {
        Err(StoreError::unavailable("as if it were away"))
    }
}

struct Quick;

impl Work for Quick {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, _: &mut PgConnection) -> Stored<()> {
        Ok(())
    }
}

/// Holds its connection until told to end, and says that it has begun. As posting does, it
/// may write what can be written twice.
struct Holding<const WRITES: bool> {
    begun: AtomicUsize,
    end: Semaphore,
}

impl<const WRITES: bool> Holding<WRITES> {
    fn new() -> Self {
        Self {
            begun: AtomicUsize::new(0),
            end: Semaphore::new(0),
        }
    }

    async fn reaches(&self, most: usize) {
        while self.begun.load(Ordering::Relaxed) < most {
            sleep(Duration::from_millis(1)).await;
        }
        // Time enough to open further connections for others, if they were let in.
        sleep(Duration::from_millis(300)).await;
        assert_eq!(self.begun.load(Ordering::Relaxed), most);
    }
}

impl<const WRITES: bool> Work for Holding<WRITES> {
    type Output = ();
    const REPEATABLE: bool = true;
    const TURN: Turn = if WRITES { Turn::Writes } else { Turn::Reads };

    async fn apply(&self, _: &mut PgConnection) -> Stored<()> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        drop(self.end.acquire().await);
        Ok(())
    }
}

#[tokio::test]
async fn however_many_read_and_write_at_once_neither_keeps_the_others_out_nor_what_takes_long() {
    let (_server, pool) = pool().await;
    let (reading, writing) = (Holding::<false>::new(), Holding::<true>::new());
    let lengthy = Lengthy::default();
    let many = CONNECTIONS_MAX as usize;
    let reads = join_all((0..many).map(|_| pool.run(&reading)));
    let writes = join_all((0..many).map(|_| pool.run(&writing)));
    let others = async {
        reading.reaches(READERS_MAX).await;
        writing.reaches(WRITERS_MAX).await;
        lengthy.end.notify_one();
        pool.run(&lengthy).await.unwrap();
        reading.end.close();
        writing.end.close();
    };
    let (read, wrote, ()) = tokio::join!(reads, writes, others);
    assert!(
        read.iter().chain(&wrote).all(Result::is_ok),
        "those who waited came afterwards"
    );
}

#[tokio::test]
async fn a_rush_opens_no_more_connections_than_may_be_used_at_once() {
    let (_server, pool) = pool().await;
    let rush = join_all((0..20 * READERS_MAX).map(|_| async {
        let mut most = 0;
        for _ in 0..20 {
            pool.run(&Asking).await.unwrap();
            most = most.max(pool.pool.size());
        }
        most
    }));
    let most = rush.await.into_iter().max();
    assert!(most <= u32::try_from(READERS_MAX).ok(), "{most:?} were open");
}

#[tokio::test]
async fn a_connection_that_nobody_needs_goes_back_to_the_pool() {
    let (_server, pool) = pool().await;
    pool.run(&Asking).await.unwrap();
    assert_eq!((pool.spares.count(), pool.pool.num_idle()), (1, 0));
    let load = pool.load("primary");
    assert_eq!((load.idle, load.busy), (1, 0), "at hand is as good as idle");
    let given_back = async {
        while (pool.spares.count(), pool.pool.num_idle()) != (0, 1) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONG, given_back).await.expect("it goes back by itself");
}

/// Asks the server something.
struct Asking;

impl Work for Asking {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<()> {
        Ok(connection.ping().await?)
    }
}

/// Holds its connection until told to end.
#[derive(Default)]
struct Lengthy {
    begun: Notify,
    end: Notify,
}

impl Work for Lengthy {
    type Output = ();
    const REPEATABLE: bool = true;
    const MAX: Duration = BULK_MAX;

    async fn apply(&self, _: &mut PgConnection) -> Stored<()> {
        self.begun.notify_one();
        self.end.notified().await;
        Ok(())
    }
}

#[tokio::test]
async fn what_takes_long_keeps_nobody_out_while_the_breaker_wants_a_trial() {
    let (_server, pool) = pool().await;
    for _ in 0..5 {
        pool.run(&Outage).await.unwrap_err();
    }
    assert_eq!(pool.breaker.state(), State::Open);
    sleep(BREAKER_PAUSE).await;
    let lengthy = Lengthy::default();
    let others = async {
        lengthy.begun.notified().await;
        let quick = pool.run(&Quick).await;
        lengthy.end.notify_one();
        quick
    };
    let (long, quick) = tokio::join!(pool.run(&lengthy), others);
    quick.unwrap();
    long.unwrap();
}

#[tokio::test]
async fn closing_does_not_wait_for_ever_for_what_takes_long() {
    let (_server, pool) = pool().await;
    let lengthy = Lengthy::default();
    let closing = async {
        lengthy.begun.notified().await;
        let closed = timeout(LONG, pool.close()).await;
        lengthy.end.notify_one();
        closed
    };
    let (_, closed) = tokio::join!(pool.run(&lengthy), closing);
    closed.unwrap();
}
