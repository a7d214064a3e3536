//! The last account: each acknowledged message at each receiver, and each change up to the last one
//! anybody saw.

use crate::{
    check::Faults,
    client::Outcome,
    ledger::{Send, State},
};

/// All faults of a run: those found on the way, and what is missing at its end.
pub fn faults(sends: &[Send], rooms: usize, outcomes: &[Outcome]) -> Faults {
    let (acknowledged, ends) = (acknowledged_in(sends, rooms), ends_of(rooms, outcomes));
    let mut faults = Faults::default();
    for (receiver, outcome) in outcomes.iter().enumerate() {
        faults += outcome.faults;
        for subscription in outcome
            .subscriptions
            .iter()
            .filter(|it| it.stream.position().is_some())
        {
            let (room, stream) = (subscription.room, &subscription.stream);
            let due = acknowledged[room].iter().filter(|send| send.sender != receiver);
            let lost = due.filter(|send| !stream.has(send.ordinal)).count() as u64;
            faults += Faults {
                lost,
                gaps: stream.gaps(ends[room]),
                ..stream.faults
            };
        }
    }
    faults
}

fn acknowledged_in(sends: &[Send], rooms: usize) -> Vec<Vec<&Send>> {
    let mut by_room = vec![Vec::new(); rooms];
    let acknowledged = sends.iter().filter(|send| send.state == State::Acknowledged);
    acknowledged.for_each(|send| by_room[send.room].push(send));
    by_room
}

/// The last change of each room that any connection saw.
fn ends_of(rooms: usize, outcomes: &[Outcome]) -> Vec<u64> {
    let mut ends = vec![0; rooms];
    for subscription in outcomes.iter().flat_map(|outcome| &outcome.subscriptions) {
        let end = &mut ends[subscription.room];
        *end = subscription.stream.position().unwrap_or_default().max(*end);
    }
    ends
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{check::Stream, client::Subscription};

    /// Two receivers of one room: person 0 sends three messages, and each sees the ordinals given.
    fn run(seen: [&[usize]; 2]) -> Faults {
        let send = |ordinal| Send {
            due: Instant::now(),
            room: 0,
            sender: 0,
            ordinal,
            state: State::Acknowledged,
            again: false,
        };
        let outcome = |seen: &[usize]| {
            let mut stream = Stream::default();
            stream.start(0, 0);
            for ordinal in seen {
                stream.change(*ordinal as u64 + 1);
                stream.message(*ordinal);
            }
            Outcome {
                subscriptions: vec![Subscription { room: 0, stream }],
                ..Outcome::default()
            }
        };
        faults(&[send(0), send(1), send(2)], 1, &seen.map(outcome))
    }

    #[test]
    fn a_complete_run_has_no_faults() {
        assert_eq!(run([&[0, 1, 2], &[0, 1, 2]]), Faults::default());
    }

    #[test]
    fn a_lost_message_is_found_in_the_middle_and_at_the_end() {
        assert_eq!(
            run([&[0, 1, 2], &[0, 2]]),
            Faults {
                lost: 1,
                gaps: 1,
                ..Faults::default()
            }
        );
        assert_eq!(
            run([&[0, 1, 2], &[0, 1]]),
            Faults {
                lost: 1,
                gaps: 1,
                ..Faults::default()
            }
        );
    }

    #[test]
    fn one_lost_and_one_doubled_do_not_make_up_for_each_other() {
        let faults = run([&[0, 1, 2], &[0, 0, 2]]);
        assert_eq!((faults.lost, faults.doubled), (1, 1));
    }

    #[test]
    fn the_sender_loses_nothing_but_may_have_gaps() {
        let faults = run([&[0], &[0, 1, 2]]);
        assert_eq!((faults.lost, faults.gaps), (0, 2));
    }
}
