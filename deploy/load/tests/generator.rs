//! The generator from end to end: a server that keeps its promises passes, and each broken promise is
//! found, named, and makes the command fail.

#![expect(clippy::unwrap_used, reason = "in a test a failure may end it")]

mod stand_in;

use std::{fs, process::Output};

use serde_json::Value;
use stand_in::{Fault, serve};
use tokio::process::Command;

const FANOUT: &str =
    "fanout --connections 12 --rooms 3 --room-size 4 --rate 12000 --duration 0.5 --warmup 0.1";
const SATURATE: &str =
    "saturate --connections 12 --rooms 3 --room-size 4 --duration 0.5 --warmup 0.1 --window 2";
const IDLE: &str = "idle --connections 12 --rooms 3 --room-size 4 --duration 0.2";
const POSTS: &str = "posts --writers 4 --duration 0.5 --warmup 0.1";
const GETS: &str = "gets --clients 4 --duration 0.5 --warmup 0.1";

/// Twelve people in three rooms of four.
fn tokens() -> String {
    (0..12)
        .map(|person| format!("user{person}\ttoken{person}\troom{}\n", person / 4))
        .collect()
}

async fn generate(line: &str, fault: Fault, tokens: &str) -> (Output, Value) {
    let address = serve(fault).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (people, report) = (
        folder.path().join("tokens.tsv"),
        folder.path().join("report.json"),
    );
    fs::write(&people, tokens).unwrap();
    let mut generator = Command::new(env!("CARGO_BIN_EXE_natter-load"));
    generator
        .args(line.split_whitespace())
        .arg("--url")
        .arg(format!("http://{address}"));
    generator.arg("--tokens").arg(people).arg("--json").arg(&report);
    generator.args(["--server-pid", &std::process::id().to_string()]);
    if !line.starts_with("posts") && !line.starts_with("gets") {
        generator.args(["--settle", "0.1", "--drain", "0.5"]);
    }
    let output = generator.output().await.unwrap();
    let report = fs::read_to_string(report)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok());
    (output, report.unwrap_or_default())
}

/// A scenario against a server that breaks no promise.
async fn passes(line: &str, fault: Fault) -> Value {
    let (output, report) = generate(line, fault, &tokens()).await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(report["passed"], true, "{report:#}");
    report
}

/// A scenario against a server that breaks a promise: the fault is counted under its name.
async fn fails(line: &str, fault: Fault, place: &str) -> Value {
    let (output, report) = generate(line, fault, &tokens()).await;
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        report.pointer(place).and_then(Value::as_u64).unwrap() > 0,
        "{fault:?}: {report:#}"
    );
    report
}

#[tokio::test]
async fn a_good_server_passes_with_exact_counts() {
    let report = passes(FANOUT, Fault::Nothing).await;
    let messages = &report["messages"];
    assert_eq!(messages["acknowledged"], 120);
    assert_eq!(messages["expected"], 120 * 3);
    assert_eq!(messages["received"], 120 * 3);
    assert_eq!(
        messages["delivery_ms"]["count"],
        100 * 3,
        "only the measured part is timed"
    );
    assert!(messages["delivery_ms"]["p50"].as_f64().unwrap() > 0.0);
    assert!(report["server"]["idle"]["rss"].as_u64().unwrap() > 0);
    assert_eq!(report["connections"]["largest_room"], 4);
}

#[tokio::test]
async fn random_arrivals_pass_too() {
    passes(
        &format!("{FANOUT} --arrivals poisson --connect-rate 0"),
        Fault::Nothing,
    )
    .await;
}

#[tokio::test]
async fn a_room_of_all_its_members_passes() {
    let report = passes(&format!("{FANOUT} --room-size 0"), Fault::Nothing).await;
    assert_eq!(report["connections"]["smallest_room"], 4);
}

#[tokio::test]
async fn every_tenth_delivery_lost_is_found() {
    let report = fails(FANOUT, Fault::Lose, "/faults/lost").await;
    let messages = &report["messages"];
    let missing = messages["expected"].as_u64().unwrap() - messages["received"].as_u64().unwrap();
    assert_eq!(report["faults"]["lost"], missing, "each one, and no other");
    assert_eq!(report["faults"]["gaps"], missing);
    assert_eq!(report["faults"]["doubled"], 0);
    assert!(
        report["notes"][0].as_str().unwrap().contains("a gap before"),
        "{report:#}"
    );
}

#[tokio::test]
async fn doubled_deliveries_are_found() {
    let report = fails(FANOUT, Fault::Double, "/faults/doubled").await;
    assert_eq!(
        (&report["faults"]["lost"], &report["faults"]["out_of_order"]),
        (&0.into(), &0.into())
    );
}

#[tokio::test]
async fn swapped_deliveries_are_found() {
    let report = fails(FANOUT, Fault::Swap, "/faults/out_of_order").await;
    assert_eq!(report["faults"]["doubled"], 0);
}

#[tokio::test]
async fn gaps_in_the_numbering_are_found() {
    let report = fails(FANOUT, Fault::SkipRev, "/faults/gaps").await;
    assert_eq!(report["faults"]["lost"], 0, "all messages came");
    fails(FANOUT, Fault::SkipSeq, "/faults/misnumbered").await;
}

#[tokio::test]
async fn deliveries_of_rooms_that_are_not_open_are_found() {
    fails(FANOUT, Fault::Foreign, "/faults/foreign").await;
}

#[tokio::test]
async fn changed_and_unreadable_deliveries_are_found() {
    fails(FANOUT, Fault::Alter, "/faults/altered").await;
    fails(FANOUT, Fault::Garble, "/faults/malformed").await;
}

#[tokio::test]
async fn a_message_stored_twice_is_found() {
    fails(FANOUT, Fault::Repeat, "/faults/doubled").await;
}

#[tokio::test]
async fn refused_and_unanswered_sends_fail_the_run() {
    fails(FANOUT, Fault::Refuse, "/messages/refused").await;
    fails(FANOUT, Fault::Mute, "/messages/unanswered").await;
}

#[tokio::test]
async fn broken_connections_come_back_and_nothing_is_lost() {
    let report = passes(FANOUT, Fault::HangUp).await;
    assert!(report["connections"]["disconnects"].as_u64().unwrap() > 0);
    assert!(report["messages"]["sent_again"].as_u64().unwrap() > 0);
    assert!(report["connections"]["resume_ms"]["count"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_connection_too_far_behind_catches_up_over_http() {
    let report = passes(FANOUT, Fault::Limit).await;
    assert!(report["connections"]["limited"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn what_a_snapshot_forgets_is_lost() {
    fails(FANOUT, Fault::Forget, "/faults/lost").await;
}

#[tokio::test]
async fn a_saturating_run_checks_as_well() {
    let report = passes(SATURATE, Fault::Nothing).await;
    assert!(report["messages"]["delivered_per_second"].as_f64().unwrap() > 0.0);
    fails(SATURATE, Fault::Lose, "/faults/lost").await;
    passes(SATURATE, Fault::HangUp).await;
}

#[tokio::test]
async fn idle_connections_are_weighed() {
    let report = passes(IDLE, Fault::Nothing).await;
    assert_eq!(report["connections"]["count"], 12);
    assert!(report["messages"].is_null());
    assert!(report["server"]["rss_per_connection"].is_number());
    passes(&format!("{IDLE} --rooms 0"), Fault::Nothing).await;
}

#[tokio::test]
async fn posts_and_gets_are_counted_and_numbers_checked() {
    let report = passes(POSTS, Fault::Nothing).await;
    assert!(report["requests"]["per_second"].as_f64().unwrap() > 0.0);
    passes(GETS, Fault::Nothing).await;
    fails(POSTS, Fault::Repeat, "/faults/doubled").await;
    fails(POSTS, Fault::SkipSeq, "/faults/gaps").await;
    fails(POSTS, Fault::Refuse, "/requests/refused").await;
}

#[tokio::test]
async fn a_rate_of_requests_is_kept() {
    let report = passes(&format!("{GETS} --rate 6000"), Fault::Nothing).await;
    assert_eq!(report["requests"]["answered"], 60);
}

#[tokio::test]
async fn what_cannot_be_run_is_said_and_ends_with_2() {
    let people = tokens();
    let expired = people.replace("token3", "expired");
    let attempts = [
        ("fanout --connections 13", people.as_str(), "12 people"),
        (
            "fanout --connections 12 --rooms 4 --room-size 4",
            people.as_str(),
            "3 rooms",
        ),
        (
            "fanout --connections 12 --rooms 3 --room-size 5",
            people.as_str(),
            "5 members",
        ),
        ("idle --connections 3000000000", people.as_str(), "open files"),
        (IDLE, expired.as_str(), "401"),
    ];
    for (line, tokens, reason) in attempts {
        let (output, _) = generate(line, Fault::Nothing, tokens).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains(reason), "{line}: {said}");
    }
}
