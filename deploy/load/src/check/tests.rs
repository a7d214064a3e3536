use super::*;

/// A stream opened at `last_rev` 10 that then sees these changes, each a message numbered like it.
fn seen(revs: &[u64]) -> Stream {
    let mut stream = Stream::default();
    stream.start(10, 10);
    for rev in revs {
        let arrival = stream.change(*rev);
        stream.number(*rev, arrival);
    }
    stream
}

#[test]
fn a_faultless_stream_has_no_faults() {
    let stream = seen(&[11, 12, 13]);
    assert_eq!(stream.faults, Faults::default());
    assert_eq!(stream.gaps(13), 0);
}

#[test]
fn a_dropped_frame_is_a_gap() {
    let stream = seen(&[11, 13]);
    assert_eq!(stream.gaps(13), 1);
    assert_eq!(stream.faults, Faults::default(), "what came, came in order");
}

#[test]
fn a_dropped_tail_is_a_gap() {
    assert_eq!(seen(&[11, 12]).gaps(14), 2);
}

#[test]
fn a_doubled_frame_is_counted_each_time() {
    let stream = seen(&[11, 11, 12, 11]);
    assert_eq!(stream.faults.doubled, 2);
    assert_eq!(stream.gaps(12), 0);
}

#[test]
fn swapped_frames_are_out_of_order_and_not_lost() {
    let stream = seen(&[12, 11, 13]);
    assert_eq!(
        stream.faults,
        Faults {
            out_of_order: 1,
            ..Faults::default()
        }
    );
    assert_eq!(stream.gaps(13), 0);
}

#[test]
fn a_hole_is_filled_from_both_ends_and_the_middle() {
    let stream = seen(&[16, 13, 11, 15]);
    assert_eq!(stream.faults.out_of_order, 3);
    assert_eq!(stream.gaps(16), 2, "12 and 14 stay missing");
}

#[test]
fn a_frame_from_the_snapshot_is_doubled() {
    assert_eq!(seen(&[10, 11]).faults.doubled, 1);
}

#[test]
fn a_wild_rev_costs_nothing() {
    assert_eq!(seen(&[u64::MAX - 1]).gaps(0), u64::MAX - 12);
}

#[test]
fn a_room_that_was_not_opened_is_foreign() {
    let mut stream = Stream::default();
    assert_eq!(stream.change(1), Arrival::Unopened);
    assert_eq!(stream.faults.foreign, 1);
}

#[test]
fn a_seq_that_skips_is_misnumbered() {
    let mut stream = seen(&[11]);
    let arrival = stream.change(12);
    stream.number(13, arrival);
    assert_eq!(stream.faults.misnumbered, 1);
}

#[test]
fn a_message_stored_twice_is_not_new_though_its_revs_differ() {
    let mut stream = seen(&[11, 12]);
    assert!(stream.message(3));
    assert!(!stream.message(3));
    assert!(stream.has(3) && !stream.has(4) && !stream.has(1_000));
}

#[test]
fn a_snapshot_covers_what_it_skips() {
    let mut stream = seen(&[11, 12]);
    stream.interrupt();
    stream.resume(15, 17, [14, 17].into_iter());
    let arrival = stream.change(18);
    stream.number(16, arrival);
    assert_eq!(stream.faults, Faults::default());
    assert_eq!(stream.gaps(18), 0, "13, 15 and 16 were superseded");
}

#[test]
fn a_snapshot_does_not_excuse_an_older_hole() {
    let mut stream = seen(&[12]);
    stream.interrupt();
    stream.resume(14, 14, [13, 14].into_iter());
    assert_eq!(stream.gaps(14), 1);
}

#[test]
fn a_snapshot_that_repeats_or_swaps_is_counted() {
    let mut stream = seen(&[11, 12]);
    stream.resume(15, 15, [12, 14, 13, 15].into_iter());
    assert_eq!(stream.faults.doubled, 2, "12 was seen, 13 came after 14");
}

#[test]
fn a_snapshot_that_went_back_is_misnumbered() {
    let mut stream = seen(&[11, 12]);
    stream.resume(11, 11, [].into_iter());
    assert_eq!(stream.faults.misnumbered, 1);
}

#[test]
fn nothing_may_come_between_a_break_and_its_snapshot() {
    let mut stream = seen(&[11]);
    stream.interrupt();
    assert_eq!(stream.change(12), Arrival::Unopened);
    assert_eq!(stream.position(), Some(11));
}
