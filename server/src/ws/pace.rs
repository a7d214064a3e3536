//! How fast a connection may talk, and how often it may be wrong.

use std::time::{Duration, Instant};

use chat::{
    MessageId, RoomId,
    quota::{Quota, Rate},
    wire::FAULTS_MAX,
};

/// Someone who goes on typing is not told of more often than this.
const TYPING_AGAIN: Duration = Duration::from_secs(1);
/// In how many rooms and threads someone may begin to type within that time; what is beyond it is told to nobody.
const TYPED_MAX: usize = 8;

/// Where others were told a moment ago that someone types.
#[derive(Default)]
pub(super) struct Typed(Vec<(Spot, Instant)>);

/// A room or, by its first message, a thread of it.
type Spot = (RoomId, Option<MessageId>);

impl Typed {
    /// Whether this only repeats what everyone was told a moment ago.
    pub(super) fn again(&mut self, spot: Spot, now: Instant) -> bool {
        self.0.retain(|(_, at)| now.duration_since(*at) < TYPING_AGAIN);
        let again = self.0.len() >= TYPED_MAX || self.0.iter().any(|(of, _)| *of == spot);
        if !again {
            self.0.push((spot, now));
        }
        again
    }
}

/// Counts one connection's frames and faults.
pub(super) struct Pace {
    rate: Option<Rate>,
    /// When the whole burst will be earned again.
    spent_until: Option<Instant>,
    faults: u32,
    faults_since: Option<Instant>,
}

impl Pace {
    /// A pace of this rate; without one any number of frames is fine, but not of faults.
    pub(super) const fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            spent_until: None,
            faults: 0,
            faults_since: None,
        }
    }

    /// One more frame; `Err`: it is one too many, and after this time another would not be.
    pub(super) fn frame(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(rate) = self.rate else { return Ok(()) };
        let each = rate.period / rate.burst.max(1);
        let spent_until = self.spent_until.map_or(now, |until| until.max(now)) + each;
        match spent_until.duration_since(now).checked_sub(rate.period) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.spent_until = Some(spent_until);
                Ok(())
            }
        }
    }

    /// One more fault; false: the connection has had enough of them.
    pub(super) fn fault(&mut self, now: Instant) -> bool {
        let period = self.rate.unwrap_or(Quota::Frame.rate()).period;
        if self
            .faults_since
            .is_none_or(|since| now.duration_since(since) >= period)
        {
            (self.faults, self.faults_since) = (0, Some(now));
        }
        self.faults += 1;
        self.faults <= FAULTS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_fine_and_is_earned_again_over_the_period() {
        let (mut pace, now) = (
            Pace::new(Some(Rate {
                burst: 20,
                period: Duration::from_secs(10),
            })),
            Instant::now(),
        );
        assert!((0..20).all(|_| pace.frame(now).is_ok()));
        let wait = pace.frame(now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
        assert!(pace.frame(now + wait).is_ok());
        assert!(pace.frame(now + wait).is_err(), "half a second earns one");
        let later = now + Duration::from_secs(60);
        assert!((0..20).all(|_| pace.frame(later).is_ok()) && pace.frame(later).is_err());
    }

    #[test]
    fn typing_is_told_once_a_second_for_each_room_and_of_a_few_rooms_only() {
        let room = |n| (RoomId(uuid::Uuid::from_u128(n)), None);
        let (mut typed, now) = (Typed::default(), Instant::now());
        for round in 0..10 {
            let told = (0..2).filter(|n| !typed.again(room(*n), now)).count();
            assert_eq!(told, if round == 0 { 2 } else { 0 });
        }
        let told = (0..100).filter(|n| !typed.again(room(*n), now)).count();
        assert_eq!(told, TYPED_MAX - 2);
        let later = now + TYPING_AGAIN;
        let (of, thread) = (room(1).0, Some(MessageId(uuid::Uuid::from_u128(9))));
        assert!(!typed.again(room(1), later) && !typed.again((of, thread), later));
        assert!(typed.again((of, thread), later));
    }

    #[test]
    fn without_a_rate_only_faults_are_counted() {
        let (mut pace, now) = (Pace::new(None), Instant::now());
        assert!((0..10_000).all(|_| pace.frame(now).is_ok()));
        assert!((0..FAULTS_MAX).all(|_| pace.fault(now)));
        assert!(!pace.fault(now));
        assert!(
            pace.fault(now + Quota::Frame.rate().period),
            "a new period forgives"
        );
    }
}
