//! The bench from end to end, with a script in the place of the server's binary: it seeds, starts,
//! measures, sums up, and leaves no process behind.

#![expect(clippy::unwrap_used, reason = "in a test a failure may end it")]

mod stand_in;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use stand_in::{Fault, serve};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::sleep,
};

/// A folder with a binary that hands out tokens and points to the stand-in.
async fn folder(fault: Fault) -> TempDir {
    let address = serve(fault).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let people: String = (0..12)
        .map(|person| format!("user{person}\ttoken{person}\troom{}\n", person / 4))
        .collect();
    fs::write(folder.path().join("people.tsv"), people).unwrap();
    let script = format!(
        "#!/bin/sh\n\
         if [ \"$1\" = seed ]; then\n\
             echo \"$@\" > {path}/seeded\n\
             while [ \"$1\" != --tokens ]; do shift; done\n\
             cp {path}/people.tsv \"$2\"\n\
         else\n\
             env > {path}/environment\n\
             echo $$ > {path}/pid\n\
             echo listening on http://{address}\n\
             exec sleep 100\n\
         fi\n"
    );
    let binary = folder.path().join("natter");
    fs::write(&binary, script).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn bench(folder: &Path, runs: usize, duration: &str) -> Command {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_natter-load"));
    bench.args(["bench", "rooms", "--server-core", "0", "--generator-core", "none"]);
    bench.args(["--runs", &runs.to_string(), "--env", "EXTRA=1"]);
    bench
        .arg("--binary")
        .arg(folder.join("natter"))
        .arg("--folder")
        .arg(folder.join("reports"));
    bench.args([
        "--",
        "--connections",
        "12",
        "--rooms",
        "3",
        "--room-size",
        "4",
        "--settle",
        "0.1",
    ]);
    bench.args([
        "--duration",
        duration,
        "--warmup",
        "0.1",
        "--rate",
        "6000",
        "--drain",
        "1",
    ]);
    bench.stdout(Stdio::piped()).stderr(Stdio::piped());
    bench
}

/// Whether the script, or what became of it, is gone.
async fn is_gone(folder: &Path) -> bool {
    let pid = fs::read_to_string(folder.join("pid")).unwrap();
    for _ in 0..300 {
        let status = fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
        if status.is_empty() || status.contains("State:\tZ") {
            return true;
        }
        sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test]
async fn runs_are_summed_up_and_the_server_is_stopped() {
    let folder = folder(Fault::Nothing).await;
    let output = bench(folder.path(), 2, "0.3").output().await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(is_gone(folder.path()).await);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("seeded").ends_with("--users 12 --rooms 3 --members 4 --messages 1000\n"));
    assert!(read("environment").contains("NATTER_LIMITS=off") && read("environment").contains("EXTRA=1"));
    let summary: Value = serde_json::from_str(&read("reports/rooms.json")).unwrap();
    assert_eq!(summary["runs"].as_array().unwrap().len(), 2);
    assert_eq!(summary["figures"]["/messages/acknowledged"]["median"], 40.0);
    assert!(read("reports/rooms.md").contains("| lost | 0 | 0 | 0 |"));
    let left = fs::read_dir(folder.path().join("reports")).unwrap().count();
    assert_eq!(left, 4, "two reports and their summary, no data folder");
}

#[tokio::test]
async fn a_failing_run_fails_the_bench() {
    let folder = folder(Fault::Lose).await;
    let output = bench(folder.path(), 1, "0.5").output().await.unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("Run 1: "));
    assert!(is_gone(folder.path()).await);
}

#[tokio::test]
async fn a_bench_that_is_terminated_stops_its_server() {
    let folder = folder(Fault::Nothing).await;
    let mut bench = bench(folder.path(), 1, "60").spawn().unwrap();
    // Held until the end: who writes to a pipe that nobody holds ends by that.
    let mut lines = BufReader::new(bench.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap()
        && !line.starts_with("server ready")
    {}
    let pid = bench.id().unwrap().to_string();
    Command::new("kill").arg(pid).status().await.unwrap();
    let output = bench.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(is_gone(folder.path()).await);
}

#[tokio::test]
async fn a_missing_binary_is_said() {
    let folder = folder(Fault::Nothing).await;
    fs::remove_file(folder.path().join("natter")).unwrap();
    let output = bench(folder.path(), 1, "1").output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("build the server first"));
}
