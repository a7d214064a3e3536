//! `natter check`: is the configuration valid, is everything reachable? Nothing is changed by asking.

use std::{net::SocketAddr, path::Path};

use backend::{
    connect::{ConnectError, data_folder, open_existing_store, reach_redis, reach_replica},
    store::Weight,
};

use super::CommandError;
use crate::{config::Config, page, serve::site_is_built};

/// Files beside sockets that a process needs: databases, logs, assets.
const FILES_MIN: u64 = 4_096;

type Checked = Result<String, String>;

/// Prints a line for each part. What clap reads (addresses, limits, origins, networks) is valid by the time this runs.
pub(super) async fn check(config: &Config) -> Result<(), CommandError> {
    let backend = config.backend();
    let mut parts = vec![("database", database(&backend.database_url).await)];
    if let Some(url) = &backend.database_replica_url {
        let reached = reach_replica(&backend.database_url, url).await;
        parts.push(("replica", reached.map(|()| "answers".to_owned()).map_err(told)));
    }
    match &backend.redis_url {
        Some(url) => {
            let reached = reach_redis(url).await;
            parts.push(("redis", reached.map(|()| "answers".to_owned()).map_err(told)));
        }
        None => parts.push((
            "redis",
            Ok("none: one instance, everything in process".to_owned()),
        )),
    }
    parts.push(("assets", assets(&config.site_root)));
    parts.push(("address", bindable(config.addr).await));
    if let Some(addr) = config.ops_addr {
        parts.push(("operator's address", bindable(addr).await));
    }
    parts.push(("origin", Ok(origin(config))));
    parts.push(("proxies", Ok(proxies(config))));
    parts.push(("files", Ok(files())));
    let mut faults = 0;
    for (name, result) in parts {
        match result {
            Ok(found) => println!("ok      {name}: {found}"),
            Err(fault) => {
                faults += 1;
                println!("FAILED  {name}: {fault}");
            }
        }
    }
    if faults == 0 {
        Ok(())
    } else {
        Err(CommandError::Checks(faults))
    }
}

/// Where there is no file yet, one can be made.
async fn database(url: &str) -> Checked {
    let store = match open_existing_store(url).await {
        Ok(store) => store,
        Err(ConnectError::Missing(file)) => {
            let folder = data_folder(url).unwrap_or_default();
            return match writable(&folder) {
                Ok(()) => Ok(format!("sqlite, {} will be made", file.display())),
                Err(error) => Err(format!("{}: {error}", folder.display())),
            };
        }
        Err(error) => return Err(told(error)),
    };
    let (engine, findings) = (store.engine(), store.report().await);
    store.close().await;
    let findings = findings.map_err(told)?;
    let schema = findings.iter().find(|finding| finding.subject == "schema");
    let schema = schema.map_or("unknown", |finding| &finding.text);
    let warnings = findings
        .iter()
        .filter(|finding| finding.weight == Weight::Warning && finding.subject != "schema");
    let advice = match warnings.count() {
        0 => String::new(),
        count => format!("; {count} warning(s), see `natter doctor`"),
    };
    Ok(format!("{engine}, schema {schema}{advice}"))
}

/// Whether something can be made in this folder, or in the first one above it that is there.
fn writable(folder: &Path) -> std::io::Result<()> {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    let there = there.unwrap_or_else(|| Path::new("."));
    Ok(rustix::fs::access(
        there,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    )?)
}

fn assets(root: &Path) -> Checked {
    let place = root.display().to_string();
    if !site_is_built(root) {
        return Err(format!("{place} holds no built page: run `make build`"));
    }
    page::of_another_build(root).map_or(Ok(place), Err)
}

async fn bindable(addr: SocketAddr) -> Checked {
    match tokio::net::TcpListener::bind(addr).await {
        Ok(_) => Ok(format!("{addr} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{addr} is in use, by Natter perhaps"))
        }
        Err(error) => Err(format!("{addr}: {error}")),
    }
}

fn origin(config: &Config) -> String {
    match &config.url {
        Some(url) if url.secure() => url.to_string(),
        Some(url) => format!("{url}, in clear: cookies and passwords can be read on the way"),
        None => "the address itself: set NATTER_URL to where people come in".to_owned(),
    }
}

fn proxies(config: &Config) -> String {
    if config.trusted_proxies.is_empty() {
        "none are trusted: limits count the addresses that connect".to_owned()
    } else {
        format!("{} are trusted", config.trusted_proxies)
    }
}

/// Each socket is an open file.
fn files() -> String {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    match limit {
        Some(files) if files < FILES_MIN => {
            format!(
                "only {files} may be open, and each connection is one: raise it (ulimit -n, LimitNOFILE=)"
            )
        }
        Some(files) => format!("{files} may be open"),
        None => "any number may be open".to_owned(),
    }
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}
