//! Parts fail and return while people write. Whatever it is, nothing is lost, doubled or out of order.

use std::time::Duration;

use crate::{
    cluster::Cluster,
    common::TestServer,
    crew::{Crew, assert_holds},
};

/// Enough that every client has taken part several times.
const A_WHILE: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lone_instance_is_killed_twice() {
    let mut server = TestServer::start();
    let crew = Crew::start(vec![server.url().to_owned()]).await;
    for _ in 0..2 {
        server.kill();
        server.restart();
        crew.advance(A_WHILE).await;
    }
    assert_holds(&crew.conclude("lone_instance_killed").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_are_killed_one_after_another_and_their_clients_go_on_elsewhere() {
    let mut cluster = Cluster::start();
    let crew = Crew::start(cluster.urls()).await;
    for n in 0..cluster.instances.len() {
        cluster.instances[n].kill();
        crew.advance(A_WHILE).await;
        cluster.instances[n].restart();
    }
    let verdict = crew.conclude("instances_killed").await;
    assert_holds(&verdict);
    assert!(
        verdict.facts.resumed > 0,
        "something was missed and came after the return"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_empty() {
    let cluster = Cluster::start();
    let crew = Crew::start(cluster.urls()).await;
    cluster.redis.kill().unwrap();
    crew.advance(A_WHILE).await;
    crew.catch_up().await;
    cluster.redis.start_again().unwrap();
    crew.advance(A_WHILE).await;
    assert_holds(&crew.conclude("redis_killed").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_hangs_for_ten_seconds_in_which_people_write_on() {
    let cluster = Cluster::start();
    let crew = Crew::start(cluster.urls()).await;
    cluster.redis.pause().unwrap();
    let before = crew.acknowledged();
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(crew.acknowledged() > before + A_WHILE, "nobody waits for Redis");
    crew.catch_up().await;
    cluster.redis.resume().unwrap();
    crew.advance(A_WHILE).await;
    assert_holds(&crew.conclude("redis_paused").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_restarted_and_then_killed() {
    let cluster = Cluster::start();
    let crew = Crew::start(cluster.urls()).await;
    cluster.postgres.restart().unwrap();
    crew.advance(A_WHILE).await;
    cluster.postgres.kill().unwrap();
    cluster.postgres.start_again().unwrap();
    crew.advance(A_WHILE).await;
    assert_holds(&crew.conclude("postgres_restarted").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_instance_is_cut_off_from_redis_and_comes_back() {
    let cluster = Cluster::start();
    let crew = Crew::start(cluster.urls()).await;
    cluster.wire.cut();
    crew.advance(A_WHILE).await;
    crew.catch_up().await;
    cluster.wire.mend();
    crew.advance(A_WHILE).await;
    cluster.wire.sever();
    crew.advance(A_WHILE).await;
    assert_holds(&crew.conclude("redis_cut_off").await);
}
