//! Three instances with private services behind nginx, for a person to try: `cluster BINARY SITE`.
//!
//! Nothing here waits for Ctrl-C: when this process ends, the watchdogs of everything that it started stop it and
//! remove its data.

use std::{env, error::Error, path::PathBuf, thread};

use services::Cluster;

const INSTANCES: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (binary, site) = arguments
        .next()
        .zip(arguments.next())
        .ok_or("usage: cluster BINARY SITE")?;
    let cluster = Cluster::start(&binary, &site.canonicalize()?, INSTANCES)?;
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
