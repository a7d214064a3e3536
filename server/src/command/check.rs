//! `natter check`: is the configuration valid, is everything reachable?

use backend::connect::{connect, reach_redis};

use super::CommandError;
use crate::{config::Config, serve::site_is_built};

/// Prints a line for each part. What clap reads (addresses, limits, origins) is valid by the time this runs.
pub(super) async fn check(config: &Config) -> Result<(), CommandError> {
    let mut faults = 0;
    let mut report = |name: &str, result: Result<String, String>| match result {
        Ok(found) => println!("ok      {name}: {found}"),
        Err(fault) => {
            faults += 1;
            println!("FAILED  {name}: {fault}");
        }
    };
    report("database, bus, cache, sessions, files", reach(config).await);
    if let Some(url) = &config.backend().redis_url {
        let reached = reach_redis(url).await;
        report(
            "redis",
            reached
                .map(|()| "answers".to_owned())
                .map_err(|error| error.to_string()),
        );
    }
    report("assets", assets(config));
    report("address", bindable(config).await);
    if faults == 0 {
        Ok(())
    } else {
        Err(CommandError::Checks(faults))
    }
}

async fn reach(config: &Config) -> Result<String, String> {
    let backend = connect(&config.backend())
        .await
        .map_err(|error| error.to_string())?;
    let epoch = backend.store.epoch().await.map_err(|error| error.to_string());
    backend.files.ping().await.map_err(|error| error.to_string())?;
    let parts = [
        backend.store.engine(),
        backend.bus.name(),
        backend.cache.name(),
        backend.sessions.name(),
        backend.files.name(),
    ];
    backend.store.close().await;
    epoch.map(|_| parts.join(", "))
}

fn assets(config: &Config) -> Result<String, String> {
    let root = config.site_root.display().to_string();
    if site_is_built(&config.site_root) {
        Ok(root)
    } else {
        Err(format!("{root} holds no built page: run `make build`"))
    }
}

async fn bindable(config: &Config) -> Result<String, String> {
    let addr = config.addr;
    match tokio::net::TcpListener::bind(addr).await {
        Ok(_) => Ok(format!("{addr} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{addr} is in use, by Natter perhaps"))
        }
        Err(error) => Err(format!("{addr}: {error}")),
    }
}
