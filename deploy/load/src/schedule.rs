//! When each message is due, who sends it and where: fixed before the run, so that a slow server
//! cannot slow the questions down and thereby hide its own delay.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::roster::Room;

/// How the sends are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// Independently of each other, at the same mean rate: bursts and pauses, as people make them.
    Poisson,
}

/// One message to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When it is due, from the start of the run.
    pub due: Duration,
    /// The room, as an index into the rooms that take part.
    pub room: usize,
    /// The sender, as an index into the people.
    pub sender: usize,
}

/// Lays `rate` messages a minute out over `length`: the rooms take turns, and in each room its members.
pub fn plan(rooms: &[Room], rate: f64, length: Duration, arrivals: Arrivals, seed: u64) -> Vec<Planned> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut rounds = vec![0_usize; rooms.len()];
    let mut turn = 0;
    let mut message = |due| {
        let room = turn % rooms.len();
        let sender = rooms[room].members[rounds[room] % rooms[room].members.len()];
        (turn, rounds[room]) = (turn + 1, rounds[room] + 1);
        Planned { due, room, sender }
    };
    match arrivals {
        Arrivals::Constant => evenly(rate, length).map(&mut message).collect(),
        Arrivals::Poisson => at_random(rate, length, &mut random).map(&mut message).collect(),
    }
}

fn evenly(rate: f64, length: Duration) -> impl Iterator<Item = Duration> {
    // Counted, not summed up: 10,000 messages are 10,000 whatever 60/10,000 rounds to.
    let count = (length.as_secs_f64() * rate / 60.0).round() as u32;
    (0..count).map(move |index| length * index / count)
}

fn at_random(rate: f64, length: Duration, random: &mut StdRng) -> impl Iterator<Item = Duration> {
    let mut due = 0.0;
    let next = move || {
        let uniform: f64 = random.random();
        due -= (1.0 - uniform).ln() * 60.0 / rate;
        Some(Duration::from_secs_f64(due))
    };
    std::iter::from_fn(next).take_while(move |due| *due < length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms() -> Vec<Room> {
        let room = |id: &str, members: &[usize]| Room {
            id: id.into(),
            members: members.into(),
        };
        vec![room("a", &[0, 1]), room("b", &[2, 3, 4])]
    }

    #[test]
    fn a_constant_rate_gives_exactly_the_messages_asked_for() {
        let plan = plan(&rooms(), 10_000.0, Duration::from_secs(60), Arrivals::Constant, 0);
        assert_eq!(plan.len(), 10_000);
        assert_eq!(plan[5_000].due, Duration::from_secs(30));
    }

    #[test]
    fn rooms_and_members_take_turns() {
        let plan = plan(&rooms(), 60.0, Duration::from_secs(6), Arrivals::Constant, 0);
        let turns: Vec<_> = plan
            .iter()
            .map(|message| (message.room, message.sender))
            .collect();
        assert_eq!(turns, [(0, 0), (1, 2), (0, 1), (1, 3), (0, 0), (1, 4)]);
    }

    #[test]
    fn poisson_arrivals_keep_the_mean_rate_and_repeat_with_the_seed() {
        let make = |seed| {
            plan(
                &rooms(),
                60_000.0,
                Duration::from_secs(10),
                Arrivals::Poisson,
                seed,
            )
        };
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
        assert!((9_000..11_000).contains(&make(7).len()));
        assert!(make(7).is_sorted_by_key(|message| message.due));
    }
}
