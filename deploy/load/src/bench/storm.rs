//! A server that is killed while everybody is connected, and there again at once: everyone comes back together and
//! resumes. The generator tells how soon all are live; this tells what it cost the server and its database.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{
    Bench,
    server::{Prepared, Server},
};
use crate::{error::Error, process::Processes};

/// For all to be connected.
const OPENING: Duration = Duration::from_secs(120);
/// From the last connection to the end of the server: messages are under way by then.
const CALM: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(200);

const CONNECTIONS: &str = "websocket_active_connections";
const QUERIES: &str = "database_query_duration_seconds_count";

/// Waits until so many people are connected, then kills the server and starts it again.
pub(super) async fn strike(
    bench: &Bench,
    prepared: &Prepared,
    server: Server,
    people: usize,
) -> Result<Server, Error> {
    let connected = async {
        while sum(&metrics(&server.url).await?, CONNECTIONS) < people as f64 {
            sleep(GLANCE).await;
        }
        Ok(())
    };
    let connected = timeout(OPENING, connected).await;
    connected.unwrap_or(Err(Error::Late("connecting everybody")))?;
    sleep(CALM).await;
    server.restart(bench, prepared).await
}

/// What the new server has used since its start, and what it asked its database for each of so many people.
pub(super) async fn cost(server: &Server, people: usize) -> Result<Value, Error> {
    let queries = sum(&metrics(&server.url).await?, QUERIES);
    let cpu = Processes::family(&[server.pid]).cpu();
    Ok(json!({
        "ready_in_ms": server.ready_in.as_secs_f64() * 1000.0,
        "cpu_seconds": cpu.as_secs_f64(),
        "queries": queries,
        "queries_each": queries / people.max(1) as f64,
    }))
}

async fn metrics(url: &str) -> Result<String, Error> {
    let answer = reqwest::get(format!("{url}/metrics")).await?;
    Ok(answer.error_for_status()?.text().await?)
}

/// All series of a metric together; the questions of health checks are nobody's.
fn sum(metrics: &str, name: &str) -> f64 {
    let series = metrics
        .lines()
        .filter(|line| line.starts_with(name) && !line.contains("op=\"ping\""));
    series
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_summed_without_those_of_health_checks() {
        let metrics = "# HELP database_query_duration_seconds How long\n\
             database_query_duration_seconds_count{op=\"page\"} 20\n\
             database_query_duration_seconds_count{op=\"ping\"} 9\n\
             database_query_duration_seconds_count{op=\"join\"} 2\n\
             websocket_active_connections 7\n";
        assert_eq!(sum(metrics, QUERIES), 22.0);
        assert_eq!(sum(metrics, CONNECTIONS), 7.0);
        assert_eq!(sum(metrics, "nothing"), 0.0);
    }
}
