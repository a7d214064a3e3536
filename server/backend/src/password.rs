//! Passwords: argon2id, a few at a time, away from the threads that serve requests.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use chat::{Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Result;

/// Memory of one hashing in KiB (19 MiB, as OWASP recommends with the two below).
pub const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
pub const PASSES: u32 = 2;
/// Lanes.
pub const LANES: u32 = 1;
/// How many may wait for their turn; who comes beyond is told to come back.
pub const WAITING_MAX: usize = 128;
/// When to come back, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// Hashes and checks passwords.
///
/// One hashing takes tens of milliseconds of a core and [`MEMORY_KIB`]. All cores but one may be busy with
/// it, so that a rush of sign-ins slows down sign-ins and nothing else.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// Those who wait or work.
    admitted: Arc<Semaphore>,
    /// Those who work.
    working: Arc<Semaphore>,
}

impl Passwords {
    /// For a machine with this many cores.
    #[must_use]
    pub fn new(cores: usize) -> Self {
        let workers = cores.saturating_sub(1).max(1);
        Self {
            admitted: Arc::new(Semaphore::new(workers + WAITING_MAX)),
            working: Arc::new(Semaphore::new(workers)),
        }
    }

    /// The hash of `password` with a new salt, as a PHC string.
    ///
    /// # Errors
    /// `unavailable` where too many wait already.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.work(move || hash(&password)).await
    }

    /// Whether `password` is the one of `hash`. Without a hash it is not, and that takes just as long.
    ///
    /// # Errors
    /// `unavailable` where too many wait already, `internal` where `hash` is no PHC string of argon2.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        self.work(move || match hash {
            Some(hash) => verify(&password, &hash),
            None => verify(&password, &nobodys_hash()).map(|_| false),
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, password_hash::Error> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn().await?;
        // The turn goes with the job: a caller that goes away does not stop it, so it must go on to count.
        let job = tokio::task::spawn_blocking(move || {
            let done = job();
            drop(turn);
            done
        });
        match job.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(failed(&error)),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn turn(&self) -> Result<Turn> {
        let full = |_| Problem::unavailable(RETRY_AFTER_S);
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(full)?;
        let working = Arc::clone(&self.working)
            .acquire_owned()
            .await
            .map_err(|error| failed(&error))?;
        Ok(Turn {
            _working: working,
            _admitted: admitted,
        })
    }
}

struct Turn {
    _working: OwnedSemaphorePermit,
    _admitted: OwnedSemaphorePermit,
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a password could not be hashed or checked");
    Problem::new(Code::Internal)
}

fn argon2() -> Result<Argon2<'static>, password_hash::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str) -> Result<String, password_hash::Error> {
    Ok(argon2()?.hash_password(password.as_bytes())?.to_string())
}

fn verify(password: &str, hash: &str) -> Result<bool, password_hash::Error> {
    // The hash brings its own parameters, so those of an older version still verify.
    match argon2()?.verify_password(password.as_bytes(), &PasswordHash::new(hash)?) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A hash that no password has (it is all zeroes), to verify against where there is no user.
fn nobodys_hash() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(
            passwords.verify("correct horse".into(), Some(hash.clone())).await,
            Ok(true)
        );
        assert_eq!(
            passwords.verify("correct hors".into(), Some(hash)).await,
            Ok(false)
        );
        assert_eq!(passwords.verify("correct horse".into(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn the_same_password_hashes_differently_each_time() {
        let passwords = Passwords::new(2);
        assert_ne!(
            passwords.hash("correct horse".into()).await,
            passwords.hash("correct horse".into()).await
        );
    }

    #[test]
    fn nobodys_hash_costs_what_a_new_hash_costs() {
        let (new, nobodys) = (hash("correct horse").unwrap(), nobodys_hash());
        let cost = |hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            let lengths = (hash.salt.unwrap().len(), hash.hash.unwrap().len());
            (
                hash.algorithm,
                hash.version,
                Params::try_from(&hash).unwrap(),
                lengths,
            )
        };
        assert_eq!(cost(&new), cost(&nobodys));
    }

    #[tokio::test]
    async fn what_is_no_hash_is_a_fault_of_ours() {
        let problem = Passwords::new(2)
            .verify("guess".into(), Some("plain".into()))
            .await
            .unwrap_err();
        assert_eq!(problem.code, Code::Internal);
    }

    #[tokio::test]
    async fn beyond_the_queue_callers_are_told_to_come_back_and_a_place_left_is_free_again() {
        let passwords = Passwords::new(2);
        let turn = passwords.turn().await.unwrap();
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(passwords.turn())).collect();
        for place in &mut waiting {
            assert!(futures::poll!(place).is_pending());
        }
        assert_eq!(
            passwords.hash("one too many".into()).await,
            Err(Problem::unavailable(1))
        );
        waiting.pop();
        let last = passwords.turn();
        tokio::pin!(last);
        assert!(futures::poll!(&mut last).is_pending());
        drop((waiting, turn));
        assert!(last.await.is_ok());
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_keeps_its_turn_until_the_work_is_done() {
        let passwords = Passwords::new(1);
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let job = passwords.work(move || {
            begin.send(()).ok();
            released.recv().ok();
            Ok(())
        });
        tokio::select! {
            _ = job => panic!("it cannot be done yet"),
            _ = begun => {}
        }
        assert_eq!(passwords.working.available_permits(), 0);
        release.send(()).unwrap();
        assert!(passwords.turn().await.is_ok());
    }
}
