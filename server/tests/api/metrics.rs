//! What `/metrics` exposes, and that it is what the table of metrics describes.

use std::collections::{BTreeMap, BTreeSet};

use natter::metrics::{Kind, METRICS};
use services::{Postgres, Redis};

use crate::common::TestServer;

/// The type of each metric that a text describes.
fn types(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    lines.filter_map(|line| line.split_once(' ')).collect()
}

/// The names of all series, without labels and values.
fn series(text: &str) -> BTreeSet<&str> {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.filter_map(|line| line.split(['{', ' ']).next()).collect()
}

fn value(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("{name} is missing from\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A server that has something to say of everything.
async fn whole() -> (TestServer, Redis, Postgres) {
    let services = tokio::task::spawn_blocking(|| (Redis::start().unwrap(), Postgres::start().unwrap()));
    let (redis, postgres) = services.await.unwrap();
    let setup = TestServer::setup()
        .with("NATTER_LIMITS", "off")
        .with("DATABASE_URL", postgres.url())
        .with("REDIS_URL", redis.url());
    (setup.start(), redis, postgres)
}

#[tokio::test]
async fn every_metric_is_there_from_the_start_and_described_as_it_is() {
    let (server, _redis, _postgres) = whole().await;
    let before = server.metrics().await;
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let mut socket = rosa.connect().await;
    socket.join(&room, Some(0)).await;
    rosa.say(&room, "measure this").await;
    socket.expect("message").await;
    socket.close().await;
    rosa.history(&room).await;
    // A word goes through Redis once a second.
    let after = loop {
        let text = server.metrics().await;
        if value(&text, "bus_round_trip_seconds_count") > 0.0 {
            break text;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };

    for text in [&before, &after] {
        let (types, series) = (types(text), series(text));
        let described: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        let exposed: BTreeSet<&str> = types.keys().copied().collect();
        // A database in a file has a disk of its own to watch; here the rest of the table is all there is.
        assert_eq!(exposed, described);
        for metric in METRICS {
            let (kind, sample) = match metric.kind {
                Kind::Counter => ("counter", metric.name.to_owned()),
                Kind::Gauge => ("gauge", metric.name.to_owned()),
                Kind::Histogram(_) => ("histogram", format!("{}_bucket", metric.name)),
            };
            assert_eq!(types[metric.name], kind, "{}", metric.name);
            assert!(series.contains(sample.as_str()), "{sample}");
            let help = format!("# HELP {} {}", metric.name, metric.help);
            assert!(text.contains(&help), "{help}");
        }
    }
    assert!(!after.contains(&room), "no ids in labels");
    for name in [
        "message_delivery_time_ms_count",
        "hub_delivery_time_ms_count{readers=\"1-9\"}",
        "database_batch_size_count",
        "redis_command_duration_seconds_count",
        "bus_round_trip_seconds_count",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_start_time_seconds",
        "process_cpu_limit_cores",
        "process_memory_limit_bytes",
        "runtime_workers",
        "hub_resumes_total{source=\"",
        "database_pool_connections{pool=\"primary\"",
    ] {
        assert!(
            value(&after, name) > 0.0 || name.ends_with("\""),
            "{name}\n{after}"
        );
    }
    assert_eq!(
        value(&after, "database_pool_connections_max{pool=\"primary\"}"),
        50.0
    );
    let bounds = "message_delivery_time_ms_bucket{le=\"30\"}";
    assert!(after.contains(bounds), "the targets can be told apart: {bounds}");
}

#[tokio::test]
async fn counters_have_a_zero_to_rise_from() {
    let server = TestServer::start();
    let text = server.metrics().await;
    for name in [
        "websocket_slow_readers_total 0",
        "websocket_active_connections 0",
        "websocket_closed_total{code=\"1013\"} 0",
        "cache_hits_total{cache=\"block\",layer=\"all\"} 0",
        "cache_misses_total{cache=\"block\",layer=\"all\"} 0",
        "message_delivery_time_ms_count 0",
        "hub_delivery_time_ms_count{readers=\"100+\"} 0",
        "message_delivery_time_ms_bucket{le=\"+Inf\"} 0",
        "http_request_duration_seconds_bucket{method=\"GET\",route=\"/health\",status=\"200\",le=\"+Inf\"} 0",
        "hub_resumes_total{source=\"limited\"} 0",
        "bus_unsent_total 0",
        "database_pool_timeouts_total 0",
        "last_backup_timestamp_seconds 0",
    ] {
        assert!(
            text.lines().any(|line| line == name),
            "{name} is missing from\n{text}"
        );
    }
    assert!(value(&text, "disk_size_bytes") > value(&text, "disk_free_bytes"));
    assert!(value(&text, "disk_free_bytes") > 0.0);
}

#[tokio::test]
async fn requests_are_counted_under_their_route_and_method_and_never_under_what_a_client_makes_up() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for path in [
        "/api/messages/0198aaaa-0000-7000-8000-000000000000/history",
        "/rooms/general",
        "/nowhere/at/all",
    ] {
        rosa.get(path).await;
    }
    let odd = rosa.by_token("BREW", "/api/me").send().await.unwrap();
    assert_eq!(odd.status(), 405);
    let text = server.metrics().await;
    for labels in [
        "method=\"GET\",route=\"/api/messages/{id}/history\",status=\"404\"",
        "method=\"GET\",route=\"/rooms/{slug}\",status=\"200\"",
        "method=\"other\",route=\"/api/me\",status=\"405\"",
        "method=\"POST\",route=\"/api/auth/register\",status=\"201\"",
    ] {
        let count = value(&text, &format!("http_request_duration_seconds_count{{{labels}}}"));
        assert_eq!(count, 1.0, "{labels}");
    }
    for made_up in ["BREW", "0198aaaa", "/nowhere", "general"] {
        assert!(!text.contains(made_up), "{made_up} got into a label:\n{text}");
    }
    assert_eq!(value(&text, "http_requests_in_flight"), 1.0, "the one that asks");
}
