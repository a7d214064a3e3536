//! Builds that break their promises on purpose: the checker of histories must notice.
//!
//! This is built with the feature `planted`, in which the binary is faulty when `NATTER_PLANTED` says so.
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes
)]

#[path = "cluster/client.rs"]
mod client;
#[path = "common/mod.rs"]
mod common;
#[path = "cluster/crew.rs"]
mod crew;
#[path = "cluster/record.rs"]
mod record;

use std::time::Duration;

use common::TestServer;
use crew::{Crew, assert_holds};
use natter_load::history::{Fault, Verdict};

/// A build with a fault may never come to rest.
const PATIENCE: Duration = Duration::from_secs(3);

async fn judged(fault: &str) -> Verdict {
    let setup = TestServer::setup().with("NATTER_LIMITS", "off");
    let server = setup.with("NATTER_PLANTED", fault).start();
    let crew = Crew::start(vec![server.url().to_owned()]).await;
    crew.advance(100).await;
    crew.conclude_within(&format!("planted-{fault}"), PATIENCE).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_fault_the_same_history_holds() {
    assert_holds(&judged("nothing").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_publish_before_the_commit_is_found() {
    let verdict = judged("publish-before-commit").await;
    assert!(verdict.count(Fault::Phantom) > 0, "{verdict}");
    assert!(verdict.count(Fault::Lost) > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_drop_every_tenth_frame_is_found() {
    let verdict = judged("drop-frames").await;
    assert!(verdict.count(Fault::Gap) > 0, "{verdict}");
    assert!(verdict.count(Fault::Lost) > 0, "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_forget_the_nonce_is_found() {
    let verdict = judged("forget-nonce").await;
    assert!(verdict.count(Fault::Doubled) > 0, "{verdict}");
}
