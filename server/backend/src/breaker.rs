//! Circuit breakers: what is away is not asked again by everyone.
//!
//! A small one of our own. The crate `recloser` was looked at: while half open it lets every caller
//! through, so all of them wait out the time limit of something that hangs; it judges nothing until its
//! ring is full; it does not tell its state; and its clock cannot be stopped in tests.

use std::{
    sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use thiserror::Error;
use tokio::time::{Instant, timeout};

/// What a failure adds to the score; a success takes one point away.
const FAILURE_POINTS: u32 = 2;
/// At this score the breaker opens: five failures in a row, or a while with more than a third of them.
const OPEN_AT: u32 = 10;

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Calls go through.
    Closed = 0,
    /// One call tries whether things are well again; the others are refused.
    HalfOpen = 1,
    /// Calls are refused.
    Open = 2,
}

/// Why a call has no result.
#[derive(Debug, Error)]
pub enum Interrupted<E> {
    /// It was not tried: others failed just before.
    #[error("it was away a moment ago")]
    Refused,
    /// It took longer than the breaker's limit and was given up.
    #[error("there was no answer within the time limit")]
    Late,
    /// It was tried and failed.
    #[error(transparent)]
    Failed(E),
}

/// Tells errors that say that something is away from those that are answers.
pub trait Fault {
    /// Whether this counts against the other side: it cannot be reached, is overloaded or broke off. Not:
    /// something does not exist, or a rule forbids it.
    fn is_outage(&self) -> bool;
}

/// Stands before one outside thing and stops asking it while it does not answer.
///
/// - No call takes longer than `limit`; one that does is dropped and counts as a failure.
/// - After some failures calls are refused, which costs nothing, for `pause`.
/// - Then one call is let through. If it comes back, all are; if not, the next pause begins.
///
/// Its state is the metric `circuit_breaker_state`, its openings are `circuit_breaker_trips_total`.
#[derive(Debug)]
pub struct Breaker {
    name: &'static str,
    limit: Duration,
    pause: Duration,
    /// A [`State`]. Whoever makes it `HalfOpen` is the only one who changes it from there.
    state: AtomicU8,
    score: AtomicU32,
    /// When a trial is due, in milliseconds after `made`; counts while open.
    due_ms: AtomicU64,
    made: Instant,
}

impl Breaker {
    /// A closed breaker before `name`, as metrics and logs call it.
    #[must_use]
    pub fn new(name: &'static str, limit: Duration, pause: Duration) -> Self {
        let breaker = Self {
            name,
            limit,
            pause,
            state: AtomicU8::new(State::Closed as u8),
            score: AtomicU32::new(0),
            due_ms: AtomicU64::new(0),
            made: Instant::now(),
        };
        metrics::counter!("circuit_breaker_trips_total", "breaker" => name).increment(0);
        breaker.show(State::Closed);
        breaker
    }

    /// How it stands. An open breaker stays so until someone calls after the pause.
    #[must_use]
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            0 => State::Closed,
            1 => State::HalfOpen,
            _ => State::Open,
        }
    }

    /// Does `work` if things are well, for at most the limit.
    ///
    /// # Errors
    /// [`Interrupted`] where it was refused, late or failed.
    pub async fn call<T, E: Fault>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Interrupted<E>> {
        let mut trial = self.admit().ok_or(Interrupted::Refused)?;
        let result = match timeout(self.limit, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Interrupted::Failed(error)),
            Err(_) => Err(Interrupted::Late),
        };
        let well = match &result {
            Ok(_) => true,
            Err(Interrupted::Failed(error)) => !error.is_outage(),
            Err(_) => false,
        };
        match trial.take() {
            Some(trial) => trial.end(well),
            None if well => self.credit(),
            None => self.debit(),
        }
        result
    }

    /// `None`: refused. `Some(Some(_))`: admitted as the trial.
    fn admit(&self) -> Option<Option<Trial<'_>>> {
        match self.state() {
            State::Closed => Some(None),
            State::HalfOpen => None,
            State::Open if self.now_ms() < self.due_ms.load(Ordering::Acquire) => None,
            State::Open => self
                .turn(State::Open, State::HalfOpen)
                .then_some(Some(Trial(Some(self)))),
        }
    }

    fn credit(&self) {
        if self.score.load(Ordering::Relaxed) > 0 {
            let _ = self
                .score
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |score| score.checked_sub(1));
        }
    }

    fn debit(&self) {
        let score = self.score.fetch_add(FAILURE_POINTS, Ordering::Relaxed) + FAILURE_POINTS;
        if score < OPEN_AT || self.state() != State::Closed {
            return;
        }
        self.rest(self.pause);
        if self.turn(State::Closed, State::Open) {
            metrics::counter!("circuit_breaker_trips_total", "breaker" => self.name).increment(1);
            tracing::warn!(
                breaker = self.name,
                "the circuit breaker opened: it is not asked for now"
            );
        }
    }

    /// The next trial is due after `pause`.
    fn rest(&self, pause: Duration) {
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.due_ms
            .store(self.now_ms().saturating_add(pause), Ordering::Release);
    }

    /// Whether this caller made the change.
    fn turn(&self, from: State, to: State) -> bool {
        let turned = self
            .state
            .compare_exchange(from as u8, to as u8, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if turned {
            self.show(to);
            tracing::debug!(breaker = self.name, ?from, ?to, "circuit breaker");
        }
        turned
    }

    fn show(&self, state: State) {
        metrics::gauge!("circuit_breaker_state", "breaker" => self.name).set(f64::from(state as u8));
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The one call that tries. If its caller goes away, the next one tries at once.
struct Trial<'a>(Option<&'a Breaker>);

impl Trial<'_> {
    fn end(mut self, well: bool) {
        let Some(breaker) = self.0.take() else { return };
        if well {
            // On probation: one more failure opens it again.
            breaker.score.store(OPEN_AT - FAILURE_POINTS, Ordering::Relaxed);
            breaker.turn(State::HalfOpen, State::Closed);
            tracing::info!(breaker = breaker.name, "the circuit breaker closed: it is back");
        } else {
            breaker.rest(breaker.pause);
            breaker.turn(State::HalfOpen, State::Open);
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(breaker) = self.0.take() {
            breaker.rest(Duration::ZERO);
            breaker.turn(State::HalfOpen, State::Open);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);
    /// No test lasts as long: pauses end when a test says so.
    const PAUSE: Duration = Duration::from_secs(3600);

    fn end_pause(breaker: &Breaker) {
        breaker.due_ms.store(0, Ordering::Release);
    }

    #[derive(Debug, PartialEq)]
    enum Failure {
        Away,
        NotFound,
    }

    impl Fault for Failure {
        fn is_outage(&self) -> bool {
            *self == Self::Away
        }
    }

    fn breaker() -> Breaker {
        Breaker::new("test", LIMIT, PAUSE)
    }

    async fn succeed(breaker: &Breaker) -> Result<u8, Interrupted<Failure>> {
        breaker.call(ready(Ok(1))).await
    }

    async fn fail(breaker: &Breaker, failure: Failure) {
        let _ = breaker.call(ready(Err::<u8, _>(failure))).await;
    }

    async fn trip(breaker: &Breaker) {
        for _ in 0..5 {
            fail(breaker, Failure::Away).await;
        }
        assert_eq!(breaker.state(), State::Open);
    }

    #[tokio::test]
    async fn five_failures_in_a_row_open_it_and_work_is_not_even_begun() {
        let breaker = breaker();
        for _ in 0..4 {
            fail(&breaker, Failure::Away).await;
        }
        assert_eq!(breaker.state(), State::Closed);
        fail(&breaker, Failure::Away).await;
        assert_eq!(breaker.state(), State::Open);
        let never = async { panic!("begun") };
        let refused = breaker.call::<u8, Failure>(never).await;
        assert!(matches!(refused, Err(Interrupted::Refused)), "{refused:?}");
    }

    #[tokio::test]
    async fn answers_that_nobody_likes_do_not_count() {
        let breaker = breaker();
        for _ in 0..100 {
            fail(&breaker, Failure::NotFound).await;
        }
        assert_eq!(breaker.state(), State::Closed);
    }

    #[tokio::test]
    async fn a_failure_now_and_then_does_not_open_it_and_every_other_call_does() {
        let breaker = breaker();
        for _ in 0..100 {
            fail(&breaker, Failure::Away).await;
            for _ in 0..3 {
                succeed(&breaker).await.unwrap();
            }
        }
        assert_eq!(breaker.state(), State::Closed);
        for _ in 0..10 {
            fail(&breaker, Failure::Away).await;
            let _ = succeed(&breaker).await;
        }
        assert_eq!(breaker.state(), State::Open);
    }

    #[tokio::test]
    async fn what_hangs_is_given_up_after_the_limit_and_counts() {
        let breaker = breaker();
        for _ in 0..5 {
            let late = breaker.call(pending::<Result<u8, Failure>>()).await;
            assert!(matches!(late, Err(Interrupted::Late)), "{late:?}");
        }
        assert_eq!(breaker.state(), State::Open);
    }

    #[tokio::test]
    async fn after_the_pause_one_call_tries_while_the_others_are_refused() {
        let breaker = breaker();
        trip(&breaker).await;
        assert!(succeed(&breaker).await.is_err());
        end_pause(&breaker);
        let trial = breaker.call(async {
            assert_eq!(breaker.state(), State::HalfOpen);
            let other = succeed(&breaker).await;
            assert!(matches!(other, Err(Interrupted::Refused)), "{other:?}");
            Ok::<_, Failure>(2)
        });
        assert_eq!(trial.await.unwrap(), 2);
        assert_eq!(breaker.state(), State::Closed);
        succeed(&breaker).await.unwrap();
    }

    #[tokio::test]
    async fn a_trial_that_fails_begins_the_next_pause() {
        let breaker = breaker();
        trip(&breaker).await;
        for _ in 0..3 {
            end_pause(&breaker);
            fail(&breaker, Failure::Away).await;
            assert_eq!(breaker.state(), State::Open);
            assert!(succeed(&breaker).await.is_err());
        }
        end_pause(&breaker);
        succeed(&breaker).await.unwrap();
        assert_eq!(breaker.state(), State::Closed);
    }

    #[tokio::test]
    async fn a_trial_whose_caller_goes_away_leaves_the_next_one_to_try() {
        let breaker = breaker();
        trip(&breaker).await;
        end_pause(&breaker);
        let mut trial = Box::pin(breaker.call(pending::<Result<u8, Failure>>()));
        assert!(futures::poll!(&mut trial).is_pending());
        assert_eq!(breaker.state(), State::HalfOpen);
        drop(trial);
        assert_eq!(breaker.state(), State::Open);
        succeed(&breaker).await.unwrap();
        assert_eq!(breaker.state(), State::Closed);
    }

    #[tokio::test]
    async fn what_has_just_come_back_is_trusted_little() {
        let breaker = breaker();
        trip(&breaker).await;
        end_pause(&breaker);
        succeed(&breaker).await.unwrap();
        fail(&breaker, Failure::Away).await;
        assert_eq!(breaker.state(), State::Open);
    }

    #[tokio::test]
    async fn a_call_from_before_it_opened_changes_nothing_any_more() {
        let breaker = breaker();
        let slow = breaker.call(async {
            trip(&breaker).await;
            Ok::<_, Failure>(1)
        });
        slow.await.unwrap();
        assert_eq!(breaker.state(), State::Open);
    }
}
