//! The connection, told what happens and when.

use super::*;

fn online(now: Ms) -> Connect {
    let mut connect = Connect::default();
    connect.wake(now);
    connect.hello("e", now);
    connect
}

#[test]
fn it_is_online_once_the_server_has_spoken() {
    let mut connect = Connect::default();
    assert_eq!(
        (connect.wake(0), connect.state()),
        (Some(Action::Open), State::Connecting)
    );
    assert!(!connect.is_open());
    assert_eq!((connect.hello("e", 5), connect.state()), (None, State::Online));
    assert!(connect.is_open());
}

#[test]
fn waits_grow_with_each_failure_and_never_beyond_the_longest() {
    let mut connect = online(0);
    let mut now = GOOD;
    connect.closed(1006, now, 1.0);
    let mut waits = Vec::new();
    for _ in 0..9 {
        let due = connect.due().unwrap();
        waits.push(due - now);
        now = due;
        assert_eq!(connect.tick(now, 1.0), Some(Action::Open));
        connect.closed(1006, now, 1.0);
    }
    assert_eq!(
        waits,
        [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000, 5_000]
    );
}

#[test]
fn the_wait_is_anything_between_nothing_and_the_longest() {
    for (random, wait) in [(0.0, 0), (0.5, 250)] {
        let mut connect = online(0);
        connect.closed(1006, 7, random);
        assert_eq!(connect.due(), Some(7 + wait));
    }
}

#[test]
fn a_loss_is_called_connecting_and_a_failure_offline() {
    let mut connect = online(0);
    connect.closed(1006, 1, 0.0);
    assert_eq!(connect.state(), State::Connecting);
    connect.tick(1, 0.0);
    connect.closed(1006, 2, 0.0);
    assert_eq!(connect.state(), State::Offline);
    connect.tick(2, 0.0);
    assert_eq!(connect.state(), State::Offline, "until it works");
    connect.hello("e", 3);
    assert_eq!(connect.state(), State::Online);
}

#[test]
fn a_connection_that_never_lasts_is_not_tried_without_end_at_once() {
    let (mut connect, mut now) = (online(0), 0);
    let mut waits = Vec::new();
    for _ in 0..6 {
        connect.closed(1013, now, 1.0);
        let due = connect.due().unwrap();
        waits.push(due - now);
        now = due;
        connect.tick(now, 1.0);
        connect.hello("e", now);
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
}

#[test]
fn the_servers_word_when_to_come_back_is_kept() {
    let mut connect = online(0);
    connect.told(2_000);
    connect.closed(1012, 100, 0.5);
    assert_eq!(connect.due(), Some(100 + 2_500));
}

#[test]
fn for_whoever_is_not_signed_in_nothing_is_tried_until_they_look_again() {
    let mut connect = online(0);
    assert_eq!(connect.closed(4401, 1, 0.0), Some(Action::Drop));
    assert_eq!((connect.state(), connect.due()), (State::SignedOut, None));
    assert_eq!(connect.wake(2), Some(Action::Open));
    assert_eq!(connect.closed(1006, 3, 0.0), Some(Action::Drop));
    assert_eq!((connect.state(), connect.due()), (State::SignedOut, None));
    connect.wake(4);
    connect.hello("e", 5);
    assert_eq!(connect.state(), State::Online);
}

#[test]
fn too_fast_means_slower() {
    let mut connect = online(0);
    connect.closed(4429, 1, 0.0);
    assert_eq!(connect.due(), Some(1 + TOO_FAST_WAIT));
}

#[test]
fn another_history_means_to_begin_anew() {
    let mut connect = online(0);
    connect.closed(1006, 1, 0.0);
    connect.tick(1, 0.0);
    assert_eq!(connect.hello("other", 2), Some(Action::Reload));
    assert_eq!(connect.due(), None);
}

#[test]
fn a_socket_that_is_refused_again_and_again_asks_who_one_is() {
    let mut connect = Connect::default();
    connect.wake(0);
    let mut asked = Vec::new();
    for attempt in 1..=8 {
        if connect.closed(1006, 0, 0.0) == Some(Action::AskWhoAmI) {
            asked.push(attempt);
        }
        connect.tick(0, 0.0);
    }
    assert_eq!(asked, [2, 4, 8]);
}

#[test]
fn silence_is_probed_and_an_unanswered_probe_ends_it() {
    let mut connect = online(0);
    assert_eq!(connect.tick(SILENCE - 1, 0.0), None);
    assert_eq!(connect.tick(SILENCE, 0.0), Some(Action::Probe));
    assert_eq!(connect.tick(SILENCE + PROBE, 0.0), Some(Action::Open));
    assert_eq!(connect.state(), State::Connecting);
}

#[test]
fn an_answered_probe_changes_nothing() {
    let mut connect = online(0);
    assert_eq!(connect.wake(10), Some(Action::Probe));
    assert_eq!(connect.wake(11), None, "one probe at a time");
    connect.heard(20);
    assert_eq!(connect.tick(10 + DOUBT, 0.0), None);
    assert_eq!(connect.due(), Some(20 + SILENCE));
}

#[test]
fn the_browsers_word_that_the_network_is_gone_is_doubted() {
    let mut connect = online(0);
    assert_eq!(
        (connect.doubt(10), connect.state()),
        (Some(Action::Probe), State::Offline)
    );
    connect.heard(20);
    assert_eq!(connect.state(), State::Online);
}

#[test]
fn opening_that_takes_too_long_is_given_up() {
    let mut connect = Connect::default();
    connect.wake(0);
    assert_eq!(connect.tick(OPENING, 1.0), Some(Action::Drop));
    assert_eq!(
        (connect.state(), connect.due()),
        (State::Offline, Some(OPENING + FIRST_WAIT))
    );
}

#[test]
fn after_a_sleep_an_answer_is_not_waited_for_long() {
    let mut connect = online(0);
    assert_eq!(connect.wake(10), Some(Action::Probe));
    assert_eq!(connect.tick(10 + DOUBT, 0.0), Some(Action::Open));
}

#[test]
fn what_hangs_when_the_network_comes_back_is_begun_again() {
    let mut connect = Connect::default();
    connect.wake(0);
    assert_eq!(connect.wake(STALE - 1), None, "it has only begun");
    assert_eq!(connect.wake(STALE), Some(Action::Open));
}

#[test]
fn waking_up_does_not_wait() {
    let mut connect = online(0);
    connect.closed(1006, 1, 1.0);
    assert_eq!(connect.wake(2), Some(Action::Open));
}

#[test]
fn a_page_that_is_put_away_lets_go_and_comes_back_at_once() {
    let mut connect = online(0);
    assert_eq!((connect.rest(), connect.due()), (Some(Action::Drop), None));
    assert_eq!(connect.closed(1000, 1, 0.0), None);
    assert_eq!(connect.wake(2), Some(Action::Open));
}
