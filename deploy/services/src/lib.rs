//! Private PostgreSQL, Redis, nginx and Prometheus: real ones, each in a folder and on a port of its own.
//!
//! For tests, benchmarks and trying a cluster. Nothing here needs a service that runs on the machine, only the
//! programs of Debian's packages. Any number run at a time, in one process or in many. A service ends and its folder
//! goes when its value is dropped, and also when the process that started it is killed: a shell watches over each.
//!
//! ```no_run
//! # fn main() -> std::io::Result<()> {
//! let postgres = services::Postgres::start()?;
//! let replica = postgres.replica()?;
//! println!("{} {}", postgres.url(), replica.url());
//! postgres.pause()?; // As if it hung.
//! postgres.resume()?;
//! postgres.kill()?; // As if its machine lost power, but for the disk.
//! postgres.start_again()?;
//! # Ok(())
//! # }
//! ```

mod certificate;
mod cluster;
mod nginx;
mod port;
mod postgres;
mod process;
mod prometheus;
mod redis;
mod server;
mod wire;

pub use certificate::Certificate;
pub use cluster::{Cluster, Instance, Plan};
pub use nginx::Nginx;
pub use postgres::Postgres;
pub use prometheus::{Alertmanager, Prometheus};
pub use redis::Redis;
pub use wire::Wire;
