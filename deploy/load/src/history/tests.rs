use super::*;

const ROOM: &str = "r";

/// The message with this `seq`, written by `ann` with a nonce like it, in its state as of `rev`.
fn message(seq: u64, rev: u64) -> String {
    format!(
        r#"{{"id":"m{seq}","room":"r","seq":{seq},"rev":{rev},"author":{{"id":"ann-id"}},"nonce":"n{seq}","body":"text {seq}"}}"#
    )
}

fn frame(kind: &str, message: &str) -> String {
    format!(r#"{{"type":"{kind}","message":{message}}}"#)
}

fn sent(seq: u64, rev: u64) -> String {
    format!(
        r#"{{"type":"sent","nonce":"n{seq}","message":{}}}"#,
        message(seq, rev)
    )
}

fn send(seq: u64) -> String {
    format!(r#"{{"type":"send","room":"r","nonce":"n{seq}","body":"text {seq}"}}"#)
}

fn joined(last_seq: u64, last_rev: u64, messages: &[String]) -> String {
    format!(
        r#"{{"type":"joined","id":1,"room":"r","last_seq":{last_seq},"last_rev":{last_rev},"messages":[{}],"limited":false}}"#,
        messages.join(",")
    )
}

fn join(after: u64) -> String {
    format!(r#"{{"type":"join","id":1,"room":"r","after":{after}}}"#)
}

/// What Ann does: three messages over the socket, the second of them repeated after a reconnect.
fn ann() -> Vec<String> {
    vec![
        connected("ann", "ann-id"),
        said("ann", &join(0)),
        heard("ann", &joined(0, 0, &[])),
        said("ann", &send(1)),
        said("ann", &send(2)),
        heard("ann", &sent(1, 1)),
        disconnected("ann"),
        connected("ann", "ann-id"),
        said("ann", &join(1)),
        heard("ann", &joined(2, 2, &[message(2, 2)])),
        said("ann", &send(2)),
        said("ann", &send(3)),
        heard("ann", &sent(2, 2)),
        heard("ann", &sent(3, 3)),
    ]
}

/// What Bo sees.
fn bo() -> Vec<String> {
    vec![
        connected("bo", "bo-id"),
        said("bo", r#"{"type":"join","id":1,"room":"r"}"#),
        heard(
            "bo",
            r#"{"type":"hello","connection":"c","user":{"id":"bo-id"},"rooms":[]}"#,
        ),
        heard("bo", &joined(0, 0, &[])),
        heard("bo", &frame("message", &message(1, 1))),
        heard("bo", &frame("message", &message(2, 2))),
        heard("bo", r#"{"type":"room","room":{"id":"x","kind":"channel"}}"#),
        heard("bo", &frame("message", &message(3, 3))),
    ]
}

fn end() -> Vec<String> {
    vec![stored(ROOM, 3, &[message(1, 1), message(2, 2), message(3, 3)])]
}

fn faults(parts: &[Vec<String>]) -> Vec<Fault> {
    let verdict = check(&parts.concat().join("\n"));
    verdict.faults().collect()
}

/// Bo's history with one line changed.
fn bo_with(place: usize, lines: &[String]) -> Vec<String> {
    let mut history = bo();
    history.splice(place..=place, lines.iter().cloned());
    history
}

#[test]
fn a_history_that_keeps_the_contract_holds() {
    let verdict = check(&[ann(), bo(), end()].concat().join("\n"));
    assert!(verdict.holds(), "{verdict}");
    let facts = verdict.facts;
    assert_eq!((facts.clients, facts.connections, facts.acknowledged), (2, 3, 3));
    assert_eq!(
        (facts.live, facts.resumed, facts.stored, facts.open),
        (5, 1, 3, 2)
    );
}

#[test]
fn a_post_over_http_counts_like_a_send() {
    let cy = |body: &str, answer: &str| {
        vec![
            connected("cy", "ann-id"),
            posted("cy", ROOM, "n1", body),
            answered("cy", "n1", answer),
        ]
    };
    assert_eq!(faults(&[ann(), bo(), end(), cy("text 1", &message(1, 1))]), []);
    assert_eq!(
        faults(&[ann(), bo(), end(), cy("other", &message(1, 1))]),
        [Fault::Altered]
    );
}

#[test]
fn nothing_shows_nothing() {
    assert_eq!(faults(&[]), [Fault::Incomplete]);
    assert_eq!(
        faults(&[ann(), bo()]),
        [Fault::Incomplete, Fault::Lost, Fault::Phantom]
    );
    assert_eq!(
        faults(&[ann(), bo(), end(), vec!["?".to_owned()]]),
        [Fault::Unreadable]
    );
}

#[test]
fn a_dropped_frame_is_a_gap_and_a_loss() {
    assert_eq!(
        faults(&[ann(), bo_with(5, &[]), end()]),
        [Fault::Lost, Fault::Gap]
    );
    assert_eq!(
        faults(&[ann(), bo_with(7, &[]), end()]),
        [Fault::Lost, Fault::Gap],
        "the last one"
    );
}

#[test]
fn who_left_before_the_end_may_lack_it() {
    let gone = [bo_with(7, &[]), vec![disconnected("bo")]].concat();
    assert_eq!(faults(&[ann(), gone, end()]), []);
}

#[test]
fn a_frame_twice_or_late_or_of_a_closed_room_is_found() {
    let (second, third) = (frame("message", &message(2, 2)), frame("message", &message(3, 3)));
    let twice = bo_with(5, &[heard("bo", &second), heard("bo", &second)]);
    assert_eq!(faults(&[ann(), twice, end()]), [Fault::Repeated]);
    let mut swapped = bo_with(5, &[heard("bo", &third)]);
    swapped[7] = heard("bo", &second);
    assert_eq!(faults(&[ann(), swapped, end()]), [Fault::Gap, Fault::Unordered]);
    let mut unopened = bo();
    unopened.remove(3);
    assert!(faults(&[ann(), unopened, end()]).contains(&Fault::Foreign));
}

#[test]
fn an_acknowledged_message_that_is_not_stored_is_lost() {
    let end = vec![stored(ROOM, 2, &[message(1, 1), message(2, 2)])];
    assert_eq!(faults(&[ann(), end]), [Fault::Lost, Fault::Phantom]);
}

#[test]
fn what_was_shown_before_it_failed_to_be_stored_is_a_phantom() {
    // Bo was told of a message under a number that another one then took.
    let phantom = message(2, 2).replace("m2", "phantom");
    let bo = bo_with(5, &[heard("bo", &frame("message", &phantom))]);
    let found = faults(&[ann(), bo, end()]);
    assert_eq!(found, [Fault::Lost, Fault::Phantom, Fault::Misnumbered]);
}

#[test]
fn a_nonce_that_is_stored_twice_is_doubled() {
    let again = message(4, 4).replace("\"n4\"", "\"n2\"");
    let bo = [bo(), vec![heard("bo", &frame("message", &again))]].concat();
    let ann = [ann(), vec![heard("ann", &frame("message", &again))]].concat();
    let end = vec![stored(
        ROOM,
        4,
        &[message(1, 1), message(2, 2), message(3, 3), again],
    )];
    assert_eq!(faults(&[ann, bo, end]), [Fault::Doubled]);
}

#[test]
fn a_nonce_that_is_acknowledged_as_two_messages_is_doubled() {
    let mut ann = ann();
    ann[12] = heard("ann", &sent(2, 2));
    let other = message(4, 4)
        .replace("\"n4\"", "\"n2\"")
        .replace("text 4", "text 2");
    ann.push(posted("ann", ROOM, "n2", "text 2"));
    ann.push(answered("ann", "n2", &other));
    assert!(faults(&[ann, end()]).contains(&Fault::Doubled));
}

#[test]
fn a_nonce_that_is_not_kept_is_found() {
    let forgotten = |text: String| text.replace("},\"nonce\":\"n1\"", "},\"nonce\":null");
    let history = [ann(), bo(), end()].concat().join("\n");
    assert_eq!(
        check(&forgotten(history)).faults().collect::<Vec<_>>(),
        [Fault::Altered]
    );
}

#[test]
fn an_answer_too_many_is_found() {
    let ann = [ann(), vec![heard("ann", &sent(3, 3))]].concat();
    assert_eq!(faults(&[ann, end()]), [Fault::Repeated]);
}

#[test]
fn the_same_state_in_other_bytes_is_altered() {
    let other = message(2, 2).replace("text 2", "TEXT 2");
    let bo = bo_with(5, &[heard("bo", &frame("message", &other))]);
    assert_eq!(faults(&[ann(), bo, end()]), [Fault::Altered]);
}

#[test]
fn numbers_that_skip_are_found_in_the_store_and_on_the_way() {
    let end = vec![stored(ROOM, 3, &[message(1, 1), message(3, 3)])];
    assert!(faults(&[ann(), end]).contains(&Fault::Misnumbered));
    let skipping = bo_with(7, &[heard("bo", &frame("message", &message(4, 3)))]);
    assert!(faults(&[skipping, vec![stored(ROOM, 3, &[message(1, 1)])]]).contains(&Fault::Misnumbered));
}

#[test]
fn a_change_of_a_known_message_must_arrive() {
    let edited = message(1, 4).replace("text 1", "edited");
    let end = vec![stored(ROOM, 4, &[edited.clone(), message(2, 2), message(3, 3)])];
    let told = |name, history: Vec<String>| {
        let told = vec![heard(name, &frame("changed", &edited))];
        [history, told].concat()
    };
    assert_eq!(faults(&[told("ann", ann()), told("bo", bo()), end.clone()]), []);
    assert_eq!(
        faults(&[told("ann", ann()), bo(), end]),
        [Fault::Gap, Fault::Stale]
    );
}

#[test]
fn a_change_that_was_answered_must_be_stored() {
    let edited = message(1, 4).replace("text 1", "edited");
    let answer = vec![connected("cy", "ann-id"), shown("cy", &edited)];
    assert_eq!(faults(&[ann(), bo(), end(), answer]), [Fault::Phantom]);
}

#[test]
fn a_send_repeated_after_an_edit_is_answered_with_what_it_is_now() {
    let edited = message(1, 1).replace("\"body\":\"text 1\"", "\"edited_at\":\"now\",\"body\":\"edited\"");
    let history = [ann(), bo(), end()]
        .concat()
        .join("\n")
        .replace(&message(1, 1), &edited);
    assert_eq!(check(&history).faults().collect::<Vec<_>>(), []);
}

#[test]
fn a_return_must_bring_what_was_missed() {
    let mut ann = ann();
    ann[9] = heard("ann", &joined(2, 2, &[]));
    ann.remove(12);
    assert_eq!(faults(&[ann, end()]), [Fault::Lost]);
}
