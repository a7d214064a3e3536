//! Instances with private services behind nginx, to try by hand and to measure: `cluster BINARY SITE [COUNT] [NAME=VALUE…]`,
//! three instances unless told otherwise, with these settings.
//!
//! Nothing here waits for Ctrl-C: when this process ends, the watchdogs of everything that it started stop it and
//! remove its data.

use std::{env, error::Error, path::Path, thread};

use services::{Cluster, Plan};

const INSTANCES: usize = 3;
/// Without limits there are none at nginx either: whoever measures comes from one address.
const UNLIMITED: &[(&str, &str)] = &[
    ("limit_req zone=natter_requests burst=400 nodelay;", ""),
    ("limit_conn natter_connections 1000;", ""),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [binary, site, rest @ ..] = arguments.as_slice() else {
        return Err("usage: cluster BINARY SITE [COUNT] [NAME=VALUE…]".into());
    };
    let (settings, counts): (Vec<&str>, Vec<&str>) = rest
        .iter()
        .map(String::as_str)
        .partition(|word| word.contains('='));
    let instances = counts.first().map_or(Ok(INSTANCES), |count| count.parse())?;
    let plan = Plan {
        instances: Some(instances),
        settings: &settings,
        replaced: if settings.contains(&"NATTER_LIMITS=off") {
            UNLIMITED
        } else {
            &[]
        },
        ..Plan::default()
    };
    let cluster = Cluster::with(Path::new(binary), &Path::new(site).canonicalize()?, &plan)?;
    println!("Natter      {}", cluster.nginx.url());
    for (instance, number) in cluster.instances.iter().zip(1..) {
        println!(
            "instance {number}  {} (process {})",
            instance.url(),
            instance.pid()?
        );
    }
    println!("PostgreSQL  {}", cluster.postgres.url());
    println!("Redis       {}", cluster.redis.url());
    println!("Kill whichever you like. Ctrl-C stops all of it and removes its data.");
    loop {
        thread::park();
    }
}
