use std::{ops::RangeInclusive, thread};

use backend::store::{Changes, Head};
use chat::RoomId;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use uuid::Uuid;

use super::*;
use crate::hub::frame::tests::{frame, message};

/// All that a reader can get now, and how it ended.
fn lend_all(cursor: &mut Cursor) -> (Vec<u64>, Lent) {
    let mut revs = Vec::new();
    let lent = cursor.lend(|frame| {
        revs.push(frame.rev);
        true
    });
    (revs, lent)
}

fn grown_to(rev: u64) -> Log {
    let mut log = Log::new(0, 0);
    for rev in 1..=rev {
        assert_eq!(log.append(frame(rev, rev)), Appended::Grown);
    }
    log
}

fn changes(messages: impl IntoIterator<Item = (u64, u64)>, last_seq: u64, last_rev: u64) -> Changes {
    let messages = messages.into_iter().map(|(seq, rev)| message(seq, rev)).collect();
    Changes {
        messages,
        head: Head {
            room: RoomId(Uuid::from_u128(1)),
            last_seq,
            last_rev,
        },
    }
}

fn revs(range: RangeInclusive<u64>) -> Vec<u64> {
    range.collect()
}

#[test]
fn frames_in_any_order_and_doubled_are_read_once_each_and_ascending() {
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..300 {
        let last = random.random_range(1..=HELD_MAX as u64);
        let mut order: Vec<u64> = (1..=last)
            .chain((0..last).map(|_| random.random_range(1..=last)))
            .collect();
        order.shuffle(&mut random);
        let (mut log, mut read) = (Log::new(0, 0), Vec::new());
        let mut cursor = log.cursor(0).unwrap();
        for rev in order {
            log.append(frame(rev, rev));
            if random.random() {
                read.extend(lend_all(&mut cursor).0);
            }
        }
        read.extend(lend_all(&mut cursor).0);
        assert_eq!(read, revs(1..=last));
        assert!(!log.has_hole());
    }
}

#[test]
fn a_hole_shows_until_it_is_filled() {
    let mut log = grown_to(2);
    assert_eq!(log.append(frame(4, 4)), Appended::Held);
    assert!(log.has_hole());
    assert_eq!(lend_all(&mut log.cursor(0).unwrap()), (vec![1, 2], Lent::All));
    assert_eq!(log.append(frame(3, 3)), Appended::Grown);
    assert!(!log.has_hole());
    assert_eq!(log.append(frame(3, 3)), Appended::Known);
    assert_eq!((log.last_seq(), log.last_rev()), (4, 4));
}

#[test]
fn a_revision_only_heard_of_is_a_hole_too() {
    let mut log = grown_to(2);
    log.expect(2);
    assert!(!log.has_hole());
    log.expect(3);
    assert!(log.has_hole());
}

#[test]
fn what_is_held_is_bounded_and_the_hole_stays_known() {
    let mut log = Log::new(0, 0);
    (2..=500).for_each(|rev| assert_eq!(log.append(frame(rev, rev)), Appended::Held));
    assert_eq!(log.held.len(), HELD_MAX);
    log.append(frame(1, 1));
    assert_eq!(
        log.last_rev(),
        1 + HELD_MAX as u64,
        "the nearest are the ones that were held"
    );
    assert!(log.has_hole());
}

#[test]
fn a_reader_takes_as_much_as_it_wants_and_goes_on_there() {
    let log = grown_to(100);
    let mut cursor = log.cursor(10).unwrap();
    let mut taken = Vec::new();
    let lent = cursor.lend(|frame| {
        let wanted = taken.len() < 40;
        if wanted {
            taken.push(frame.rev);
        }
        wanted
    });
    assert_eq!((taken, lent, cursor.rev()), (revs(11..=50), Lent::More, 50));
    assert_eq!(lend_all(&mut cursor), (revs(51..=100), Lent::All));
}

#[test]
fn the_tail_is_bounded_by_frames_and_by_bytes() {
    let log = grown_to(10_000);
    assert!(log.frames <= TAIL_FRAMES && log.frames > TAIL_FRAMES - SEGMENT_FRAMES);
    assert!(log.cursor(10_000 - log.frames as u64).is_some());
    assert!(
        log.cursor(10_000 - log.frames as u64 - 1).is_none(),
        "what is gone is not promised"
    );

    let mut log = Log::new(0, 0);
    for rev in 1..=100 {
        let mut message = message(rev, rev);
        message.body = "x".repeat(20_000);
        log.append(Frame::of_message(&message, true).unwrap());
    }
    assert!(
        log.bytes <= TAIL_BYTES && log.bytes > TAIL_BYTES / 2,
        "{}",
        log.bytes
    );
}

#[test]
fn a_reader_that_lags_reads_on_where_the_tail_is_long_gone() {
    let mut log = Log::new(0, 0);
    let mut slow = log.cursor(0).unwrap();
    (1..=5_000).for_each(|rev| _ = log.append(frame(rev, rev)));
    assert_eq!(lend_all(&mut slow), (revs(1..=5_000), Lent::All));
}

#[test]
fn a_reader_that_let_go_finds_its_place_again_or_learns_that_it_is_gone() {
    let mut log = grown_to(100);
    let mut cursor = log.cursor(40).unwrap();
    cursor.let_go();
    assert!(cursor.is_adrift());
    assert_eq!(lend_all(&mut cursor), (vec![], Lent::Behind));
    let mut cursor = log.cursor(cursor.rev()).unwrap();
    assert_eq!(lend_all(&mut cursor).0, revs(41..=100));
    (101..=1_000).for_each(|rev| _ = log.append(frame(rev, rev)));
    assert!(log.cursor(40).is_none());
}

#[test]
fn a_very_long_chain_is_dropped_without_exhausting_the_stack() {
    let mut log = Log::new(0, 0);
    let slow = log.cursor(0).unwrap();
    for rev in (1..=2_000_000).step_by(SEGMENT_FRAMES) {
        // Jumps link segments as appending does, and are quicker to make.
        log.jump(rev, rev);
    }
    let dropping = thread::Builder::new()
        .stack_size(64 * 1024)
        .spawn(move || drop((slow, log)))
        .unwrap();
    dropping.join().unwrap();
}

#[test]
fn a_reader_ahead_of_the_log_is_shown_only_what_it_has_not() {
    let mut log = grown_to(3);
    // The store already had 4 to 40 when it was asked.
    let mut cursor = log.cursor(40).unwrap();
    (4..=40).for_each(|rev| _ = log.append(frame(rev, rev)));
    assert_eq!(lend_all(&mut cursor), (vec![], Lent::All));
    (41..=90).for_each(|rev| _ = log.append(frame(rev, rev)));
    assert_eq!(lend_all(&mut cursor), (revs(41..=90), Lent::All));
}

#[test]
fn changes_are_the_newest_state_of_each_message_ascending() {
    let mut log = grown_to(5);
    log.append(frame(2, 6));
    log.append(frame(6, 7));
    log.append(frame(2, 8));
    let found = |after| {
        log.changes(after)
            .map(|all| all.iter().map(|f| (f.seq, f.rev)).collect::<Vec<_>>())
    };
    assert_eq!(
        found(0),
        Some(vec![(1, 1), (3, 3), (4, 4), (5, 5), (6, 7), (2, 8)])
    );
    assert_eq!(found(6), Some(vec![(6, 7), (2, 8)]));
    assert_eq!(found(8), Some(vec![]));
    assert_eq!(grown_to(5_000).changes(0).map(|all| all.len()), None);
}

#[test]
fn a_hole_filled_from_the_store_is_read_as_if_it_had_never_been() {
    let mut log = grown_to(3);
    let mut cursor = log.cursor(0).unwrap();
    log.append(frame(6, 6));
    assert_eq!(
        log.mend(&changes([(4, 4), (2, 5), (6, 6)], 6, 6)).unwrap(),
        Mended::Filled
    );
    let mut posted = Vec::new();
    cursor.lend(|frame| {
        posted.push((frame.rev, frame.posted));
        true
    });
    assert_eq!(
        posted,
        [(1, true), (2, true), (3, true), (4, true), (5, false), (6, true)]
    );
    assert!(!log.has_hole());
}

#[test]
fn a_superseded_revision_makes_the_log_jump_and_its_readers_ask() {
    let mut log = grown_to(3);
    let (mut before, mut first) = (log.cursor(3).unwrap(), log.cursor(0).unwrap());
    log.append(frame(9, 9));
    // Message 4 came with 4, and was changed with 6: what it was at 4 nobody has any more.
    let store = changes([(5, 5), (4, 6), (7, 7)], 7, 7);
    assert_eq!(log.mend(&store).unwrap(), Mended::Jumped);
    assert_eq!((log.last_seq(), log.last_rev()), (7, 7));
    assert_eq!(lend_all(&mut before), (vec![], Lent::Behind));
    assert_eq!(lend_all(&mut first), (vec![1, 2, 3], Lent::Behind));
    assert!(log.cursor(3).is_none() && log.has_hole());
    let mut after = log.cursor(7).unwrap();
    log.append(frame(8, 8));
    assert_eq!(
        lend_all(&mut after),
        (vec![8, 9], Lent::All),
        "what was held goes on behind the jump"
    );
}

#[test]
fn an_answer_that_is_not_complete_makes_the_log_jump_to_the_head() {
    let mut log = grown_to(3);
    assert_eq!(
        log.mend(&changes([(4, 4), (5, 5)], 900, 900)).unwrap(),
        Mended::Jumped
    );
    assert_eq!((log.last_seq(), log.last_rev()), (900, 900));
    assert!(!log.has_hole());
}

#[test]
fn an_answer_that_the_log_has_outrun_does_not_take_it_back() {
    let mut log = grown_to(900);
    let behind = changes((1..=501).map(|n| (n, n)), 800, 800);
    assert_eq!(log.mend(&behind).unwrap(), Mended::Filled);
    assert_eq!((log.last_seq(), log.last_rev()), (900, 900));
}

#[test]
fn readers_in_other_threads_see_every_revision_once_while_the_log_grows() {
    const LAST: u64 = 20_000;
    let mut log = Log::new(0, 0);
    let cursors: Vec<_> = (0..3).map(|_| log.cursor(0).unwrap()).collect();
    let readers: Vec<_> = cursors
        .into_iter()
        .map(|mut cursor| {
            thread::spawn(move || {
                let mut expected = 1;
                while expected <= LAST {
                    let lent = cursor.lend(|frame| {
                        assert_eq!(frame.rev, expected);
                        expected += 1;
                        true
                    });
                    assert_eq!(lent, Lent::All);
                    thread::yield_now();
                }
            })
        })
        .collect();
    (1..=LAST).for_each(|rev| _ = log.append(frame(rev, rev)));
    readers.into_iter().for_each(|reader| reader.join().unwrap());
}
