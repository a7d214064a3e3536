//! Deploys: instances are exchanged while people talk, and nobody is refused anything.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use services::{Cluster, Plan};

use crate::{
    common::{Person, TestServer},
    crew::{self, Crew, assert_holds, assert_holds_for},
    listeners::Listeners,
    visitors::Visitors,
};

const BINARY: &str = env!("CARGO_BIN_EXE_natter");
const NO_LIMITS: &[&str] = &["NATTER_LIMITS=off", "RUST_LOG=warn"];

/// Assets that are as good as built.
pub fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    site
}

/// The server: the one that was built with the tests, or the one that `NATTER_BIN` names, such as a release.
fn binary() -> PathBuf {
    env::var_os("NATTER_BIN").map_or_else(|| BINARY.into(), PathBuf::from)
}

/// Three instances behind nginx, without limits.
pub async fn cluster(site: &Path) -> Cluster {
    let site = site.to_owned();
    let start = move || {
        let plan = Plan {
            settings: NO_LIMITS,
            ..Plan::default()
        };
        Cluster::with(&binary(), &site, &plan).unwrap()
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

/// Does what blocks without holding up everyone else.
pub async fn aside<T: Send + 'static>(
    cluster: Cluster,
    act: impl FnOnce(&mut Cluster) -> T + Send + 'static,
) -> (Cluster, T) {
    let mut cluster = cluster;
    tokio::task::spawn_blocking(move || {
        let done = act(&mut cluster);
        (cluster, done)
    })
    .await
    .unwrap()
}

/// Runs the script that operators use; where it would call systemd, this test exchanges the process.
fn roll(cluster: &Cluster) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/rolling.sh");
    let folder = tempfile::tempdir().unwrap();
    let asked = folder.path().join("asked");
    // Says the instance's name and waits until that is taken away.
    let restart = folder.path().join("restart");
    let text = format!(
        "printf %s \"$1\" >{0}.new; mv {0}.new {0}; while [ -e {0} ]; do sleep 0.05; done",
        asked.display()
    );
    std::fs::write(&restart, text).unwrap();
    let instances = cluster.instances.iter().enumerate();
    let mut rolling = Command::new(script)
        .args(instances.map(|(number, instance)| format!("{number}={}", instance.url())))
        .env("RESTART", format!("sh {}", restart.display()))
        .env("REST", "1")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    loop {
        if let Some(status) = rolling.try_wait().unwrap() {
            return assert!(status.success());
        }
        if let Ok(number) = std::fs::read_to_string(&asked) {
            let instance = &cluster.instances[number.parse::<usize>().unwrap()];
            instance.end().unwrap();
            instance.start_again().unwrap();
            std::fs::remove_file(&asked).unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The time below which so many of a hundred are.
fn percentile(sorted: &[Duration], of: usize) -> Duration {
    sorted[(sorted.len() * of).div_ceil(100).saturating_sub(1)]
}

fn tell(who: &str, breaks: &[Duration]) {
    println!(
        "{who}: {} breaks, half of them below {:?}, 95 % below {:?}, the longest {:?}",
        breaks.len(),
        percentile(breaks, 50),
        percentile(breaks, 95),
        percentile(breaks, 100)
    );
}

/// A number that the environment may set.
fn count(name: &str, otherwise: usize) -> usize {
    env::var(name).map_or(otherwise, |count| count.parse().unwrap())
}

/// `NATTER_LISTENERS=1000 NATTER_WRITERS=10` makes a crowd of it, and 10,000 messages a minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_are_exchanged_one_after_another_and_nobody_is_refused_anything() {
    let site = site();
    let cluster = cluster(site.path()).await;
    let url = cluster.nginx.url();
    let visitor = Person::register(&url, "visitor").await;
    let mut rooms = Vec::new();
    for number in 0..20 {
        rooms.push(visitor.create_room(&format!("visits{number}"), false).await);
    }
    let people = count("NATTER_LISTENERS", 60);
    let listeners = Listeners::start(&url, &rooms, people).await;
    let writers = count("NATTER_WRITERS", crew::CLIENTS);
    let crew = Crew::of(writers, vec![url.clone()]).await;
    let visitors = Visitors::start(&visitor, &rooms, true);
    let (began, before) = (Instant::now(), crew.acknowledged());
    crew.advance(30).await;
    let (_cluster, ()) = aside(cluster, |cluster| roll(cluster)).await;
    crew.advance(30).await;
    let written = (crew.acknowledged() - before) as f64 / began.elapsed().as_secs_f64();
    let (failed, breaks) = (crew.failed(), crew.breaks());
    let (away, faults) = listeners.stop().await;
    let visits = visitors.succeeded();
    let failures = visitors.stop().await;
    println!(
        "{visits} visits, {:.0} messages a minute meanwhile",
        written * 60.0
    );
    tell("writers", &breaks);
    tell("listeners", &away);
    assert_holds_for(writers, &crew.conclude("rolling").await);
    assert_eq!((failures, failed), (Vec::new(), 0), "requests that failed");
    assert_eq!(faults, Vec::<String>::new(), "what listeners lost or heard twice");
    assert!(visits > 100, "there was something to fail");
    assert!(away.len() >= people, "everybody was moved: {}", away.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_dies_costs_no_reader_anything() {
    let site = site();
    let cluster = cluster(site.path()).await;
    let url = cluster.nginx.url();
    let crew = Crew::start(vec![url.clone()]).await;
    let reader = Person::register(&url, "reader").await;
    let room = reader.room_id("general").await;
    let visitors = Visitors::start(&reader, &[room], false);
    crew.advance(30).await;
    let (_cluster, ()) = aside(cluster, |cluster| {
        cluster.instances[1].kill().unwrap();
        // Long enough for nginx to try it again, and again in vain.
        std::thread::sleep(Duration::from_secs(5));
        cluster.instances[1].start_again().unwrap();
    })
    .await;
    crew.advance(30).await;
    crew.catch_up().await;
    let visits = visitors.succeeded();
    assert_eq!(visitors.stop().await, Vec::<String>::new(), "of {visits}");
    assert!(visits > 100, "there was something to fail");
    assert_holds(&crew.conclude("instance_died_behind_nginx").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_drains_an_instance_says_so_and_lets_nobody_keep_a_connection() {
    let mut server = TestServer::setup().with("NATTER_DRAIN_DELAY", "2").start();
    let rosa = server.register("rosa").await;
    let http = reqwest::Client::new();
    let ready = async || {
        http.get(format!("{}/health/ready", server.url()))
            .send()
            .await
            .unwrap()
    };
    let before = ready().await;
    assert_eq!(before.status(), 200);
    assert!(!before.headers().contains_key("connection"));
    server.terminate();
    let draining = loop {
        let answer = ready().await;
        if answer.status() == 503 {
            break answer;
        }
    };
    assert_eq!(draining.headers()["connection"], "close");
    assert!(draining.text().await.unwrap().contains("draining"));
    // Until the balancer has noticed, all goes on.
    assert_eq!(rosa.get("/api/me").await.status(), 200);
    assert_eq!(server.wait(), Some(0));
}

/// A shell that holds the listener, as systemd does, and starts the server on it again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_listener_that_outlives_it_the_process_is_exchanged_and_no_connection_is_refused() {
    use std::os::fd::AsFd;
    let mut server = TestServer::start();
    let rosa = server.register("rosa").await;
    server.terminate();
    server.wait();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The shell makes it the third file, whatever its number is here.
    rustix::io::fcntl_setfd(listener.as_fd(), rustix::io::FdFlags::empty()).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&listener.as_fd());
    let start = || {
        let natter = server.command("127.0.0.1:1");
        let mut shell = Command::new("bash");
        shell.args([
            "-c",
            &format!("exec 3<&{number}; LISTEN_FDS=1 LISTEN_PID=$$ exec {BINARY}"),
        ]);
        shell.envs(natter.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
            .env("NATTER_URL", &url)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut process = start();
    let reader = Person {
        url: url.clone(),
        ..rosa
    };
    let room = reader.room_id("general").await;
    let visitors = Visitors::start(&reader, &[room], true);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Command::new("kill")
            .arg(process.id().to_string())
            .status()
            .unwrap();
        assert!(process.wait().unwrap().success());
        process = start();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let visits = visitors.succeeded();
    let failures = visitors.stop().await;
    let _ = process.kill();
    let _ = process.wait();
    assert_eq!(failures, Vec::<String>::new(), "of {visits}");
    assert!(visits > 20, "there was something to fail");
}
