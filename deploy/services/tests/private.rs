//! The services, as those who use them see them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes
)]

use std::{
    collections::HashSet,
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use services::{Nginx, Postgres, Redis};

/// Asks PostgreSQL through its own client; the error is what that says.
fn query(postgres: &Postgres, sql: &str) -> Result<String, String> {
    let output = Command::new("psql")
        .args(["-qAtX", "-v", "ON_ERROR_STOP=1", &postgres.url(), "-c", sql])
        .env("PGCONNECT_TIMEOUT", "2")
        .output()
        .expect("psql runs");
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

/// Asks Redis; nothing when it does not answer within a moment.
fn ask(redis: &Redis, command: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port())).ok()?;
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line.trim().to_owned())
}

#[test]
fn postgres_starts_and_answers_as_the_owner_of_an_empty_database() {
    let postgres = Postgres::start().unwrap();
    let answer = query(&postgres, "select current_user || ' ' || current_database()").unwrap();
    assert_eq!(answer, "natter natter");
    assert_eq!(query(&postgres, "show max_connections").unwrap(), "200");
    assert_eq!(
        query(&postgres, "show shared_preload_libraries").unwrap(),
        "pg_stat_statements"
    );
}

#[test]
fn settings_of_ones_own_go_before_those_for_tests() {
    let postgres = Postgres::with(&[("fsync", "on"), ("application_name", "it's")]).unwrap();
    assert_eq!(query(&postgres, "show fsync").unwrap(), "on");
    let refused = Postgres::with(&[("shared_buffers", "much")])
        .unwrap_err()
        .to_string();
    assert!(refused.contains("shared_buffers"), "the log is quoted: {refused}");
}

#[test]
fn two_at_once_know_nothing_of_each_other() {
    let (one, other) = (Postgres::start().unwrap(), Postgres::start().unwrap());
    query(&one, "create table here (x int)").unwrap();
    assert!(query(&other, "select * from here").is_err());
    let (one, other) = (Redis::start().unwrap(), Redis::start().unwrap());
    assert_eq!(ask(&one, "SET k v").unwrap(), "+OK");
    assert_eq!(ask(&other, "GET k").unwrap(), "$-1");
}

#[test]
fn what_was_committed_outlives_kills_and_restarts_of_postgres() {
    let postgres = Postgres::start().unwrap();
    query(&postgres, "create table kept as select 41 as x").unwrap();
    postgres.kill().unwrap();
    assert!(query(&postgres, "select x from kept").is_err(), "it is gone");
    postgres.start_again().unwrap();
    query(&postgres, "update kept set x = x + 1").unwrap();
    postgres.restart().unwrap();
    assert_eq!(query(&postgres, "select x from kept").unwrap(), "42");
    assert!(postgres.start_again().is_err(), "it runs");
}

#[test]
fn a_paused_service_answers_after_the_pause() {
    let (postgres, redis) = (Postgres::start().unwrap(), Redis::start().unwrap());
    postgres.pause().unwrap();
    redis.pause().unwrap();
    assert!(
        query(&postgres, "select 1").unwrap_err().contains("timeout"),
        "it hangs"
    );
    assert_eq!(ask(&redis, "PING"), None);
    postgres.resume().unwrap();
    redis.resume().unwrap();
    assert_eq!(query(&postgres, "select 1").unwrap(), "1");
    assert_eq!(ask(&redis, "PING").unwrap(), "+PONG");
}

#[test]
fn redis_comes_back_empty_at_the_same_place() {
    let redis = Redis::start().unwrap();
    assert_eq!(ask(&redis, "SET k v").unwrap(), "+OK");
    redis.kill().unwrap();
    assert_eq!(ask(&redis, "GET k"), None);
    redis.start_again().unwrap();
    assert_eq!(ask(&redis, "GET k").unwrap(), "$-1");
}

#[test]
fn a_replica_follows_and_refuses_to_write() {
    let primary = Postgres::start().unwrap();
    let replica = primary.replica().unwrap();
    query(&primary, "create table seen as select 1 as x").unwrap();
    // Without a limit of its own: the test runner has one.
    while query(&replica, "select x from seen").is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(
        query(&replica, "insert into seen values (2)")
            .unwrap_err()
            .contains("read-only")
    );
    replica.restart().unwrap();
    assert_eq!(query(&replica, "select pg_is_in_recovery()").unwrap(), "t");
}

fn served(nginx: &Nginx) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", nginx.port())).unwrap();
    write!(stream, "GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn whoever_comes_after_a_reload_gets_what_is_new() {
    let content = |round: usize| format!("server {{ listen ${{LISTEN}}; return 200 '({round})'; }}");
    let nginx = Nginx::start(&content(0)).unwrap();
    // Whoever is connected keeps an old worker alive, and that is nothing to wait for.
    let _idle = TcpStream::connect(("127.0.0.1", nginx.port())).unwrap();
    for round in 1..10 {
        nginx.reload(&content(round)).unwrap();
        for _ in 0..20 {
            assert!(served(&nginx).ends_with(&format!("({round})")));
        }
    }
}

#[test]
fn nginx_serves_what_it_is_configured_to() {
    let nginx = Nginx::start("server { listen ${LISTEN}; return 200 'here'; }").unwrap();
    assert!(served(&nginx).ends_with("here"), "{}", served(&nginx));
    let refused = Nginx::start("server { listen ${LISTEN}; nonsense; }")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("nonsense"), "{refused}");
}

/// The folders and processes that services of this machine have whose folder has this in its path.
fn traces(folder: &Path) -> (bool, bool) {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let name = folder.display().to_string();
    let running = processes
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).contains(&name));
    let left = fs::read_dir(folder).unwrap().filter_map(Result::ok);
    // The template stays, so that the next one starts quickly.
    let left = left.filter(|entry| !entry.file_name().to_string_lossy().contains("templates"));
    (running, left.count() > 0)
}

fn segments() -> HashSet<String> {
    let table = fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let own = |line: &&str| line.split_whitespace().nth(7) == Some("56");
    table.lines().filter(own).map(str::to_owned).collect()
}

/// Runs the test below in a process of its own, whose services are in this folder.
fn owner(folder: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "held_until_told_otherwise", "--ignored", "--nocapture"])
        .env("TMPDIR", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(owner.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("all run") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "the owner ended");
    }
    (owner, said)
}

#[test]
#[ignore = "not a test: what the tests below kill"]
fn held_until_told_otherwise() {
    let primary = Postgres::start().unwrap();
    let _replica = primary.replica().unwrap();
    let paused = (Postgres::start().unwrap(), Redis::start().unwrap());
    paused.0.pause().unwrap();
    paused.1.pause().unwrap();
    let killed = Postgres::start().unwrap();
    killed.kill().unwrap();
    let _nginx = Nginx::start("server { listen ${LISTEN}; }").unwrap();
    println!("all run");
    let _ = std::io::stdin().read(&mut [0]);
}

/// In a folder that everybody may enter: root's PostgreSQL is another user's.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let open = fs::Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(open).tempdir().unwrap()
}

#[test]
fn nothing_is_left_after_a_drop() {
    let folder = open_folder();
    let (mut owner, _said) = owner(folder.path());
    assert_eq!(traces(folder.path()), (true, true));
    drop(owner.stdin.take());
    assert!(owner.wait().unwrap().success());
    assert_eq!(traces(folder.path()), (false, false));
}

#[test]
fn nothing_is_left_after_the_owner_was_killed() {
    let folder = open_folder();
    let before = segments();
    let (mut owner, _said) = owner(folder.path());
    // As many children as it likes: none of them may keep the watchdogs waiting.
    owner.kill().unwrap();
    owner.wait().unwrap();
    while traces(folder.path()) != (false, false) {
        thread::sleep(Duration::from_millis(20));
    }
    // Others run at the same time, so only what stays counts.
    while segments().difference(&before).any(|segment| is_orphan(segment)) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Nobody is attached to it.
fn is_orphan(segment: &str) -> bool {
    segment.split_whitespace().nth(6) == Some("0")
}
