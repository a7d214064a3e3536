//! Rules, alerts and dashboards: each query is one that Prometheus understands, and asks for what there is.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use natter::metrics::{Kind, METRICS};
use serde_json::Value;

/// What is asked for that is not Natter's: Prometheus' own, and the blackbox exporter's.
const OTHERS: [&str; 2] = ["up", "probe_ssl_earliest_cert_expiry"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn assert_succeeds(command: &mut Command) {
    let output = command.current_dir(root()).output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}

/// The names of all series that there can be.
fn known(rules: &str) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = OTHERS.map(str::to_owned).into();
    for metric in METRICS {
        if let Kind::Histogram(_) = metric.kind {
            known.extend(["_bucket", "_sum", "_count"].map(|part| format!("{}{part}", metric.name)));
        } else {
            known.insert(metric.name.to_owned());
        }
    }
    let records = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "));
    known.extend(records.map(str::to_owned));
    known
}

/// The names of series in an expression: what is a word of several parts, and no label.
fn names(expression: &str) -> BTreeSet<String> {
    let mut bare = String::new();
    let mut depth = 0;
    for c in expression.chars() {
        depth += i32::from(c == '{');
        if depth == 0 {
            bare.push(c);
        }
        depth -= i32::from(c == '}');
    }
    let words = bare.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let functions = ["histogram_quantile", "predict_linear"];
    words
        .filter(|word| (word.contains(['_', ':']) || *word == "up") && !functions.contains(word))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.starts_with("__"))
        .map(str::to_owned)
        .collect()
}

/// The expressions of the rules, put together where they have several lines.
fn expressions(rules: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut lines = rules.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.trim().strip_prefix("expr:") else {
            continue;
        };
        let mut expression = first.trim().trim_start_matches('>').to_owned();
        let indent = line.len() - line.trim_start().len();
        while let Some(more) = lines.next_if(|next| next.len() - next.trim_start().len() > indent) {
            expression.push(' ');
            expression.push_str(more.trim());
        }
        all.push(expression);
    }
    all
}

#[test]
fn the_rules_do_what_they_say_and_ask_for_what_there_is() {
    assert_succeeds(Command::new("promtool").args([
        "test",
        "rules",
        "deploy/prometheus/natter.rules.test.yml",
        "deploy/prometheus/natter.rules.hours.test.yml",
    ]));
    assert_succeeds(Command::new("promtool").args(["check", "config", "deploy/prometheus/prometheus.yml"]));
    assert_succeeds(Command::new("amtool").args(["check-config", "deploy/prometheus/alertmanager.yml"]));
    let rules = read("deploy/prometheus/natter.rules.yml");
    let (known, expressions) = (known(&rules), expressions(&rules));
    assert!(expressions.len() > 30, "{expressions:?}");
    for expression in expressions {
        let names = names(&expression);
        assert!(!names.is_empty(), "{expression}");
        for name in names {
            assert!(known.contains(&name), "{name} of\n{expression}");
        }
    }
}

#[test]
fn every_alert_is_tried_and_has_an_entry_in_the_runbook() {
    let (rules, tests, runbook) = (
        read("deploy/prometheus/natter.rules.yml"),
        read("deploy/prometheus/natter.rules.test.yml")
            + &read("deploy/prometheus/natter.rules.hours.test.yml"),
        read("docs/runbook.md"),
    );
    let alerts: BTreeSet<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() >= 20, "{alerts:?}");
    for alert in &alerts {
        assert!(
            tests.contains(&format!("alertname=\"{alert}\"")),
            "{alert} is not tried"
        );
        let anchor = format!("runbook_url: docs/runbook.md#{}", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{anchor}");
        let (_, entry) = runbook
            .split_once(&format!("\n### {alert}\n"))
            .unwrap_or_else(|| panic!("{alert}"));
        let entry = entry.split("\n### ").next().unwrap();
        assert!(entry.contains("\n    "), "{alert}: first commands");
    }
    let entries = runbook.lines().filter_map(|line| line.strip_prefix("### Natter"));
    for entry in entries {
        assert!(
            alerts.contains(format!("Natter{entry}").as_str()),
            "there is no alert Natter{entry}"
        );
    }
}

#[test]
fn the_dashboards_are_as_their_source_says_and_ask_for_what_there_is() {
    assert_succeeds(Command::new("node").args(["deploy/grafana/dashboards.mjs", "--check"]));
    let known = known(&read("deploy/prometheus/natter.rules.yml"));
    let mut asked = BTreeSet::new();
    let mut rules = "groups:\n  - name: dashboards\n    rules:\n".to_owned();
    for file in ["natter-overview", "natter-live", "natter-store"] {
        let dashboard: Value = serde_json::from_str(&read(&format!("deploy/grafana/{file}.json"))).unwrap();
        let panels = dashboard["panels"].as_array().unwrap().iter();
        for target in panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten()) {
            let expression = target["expr"].as_str().unwrap();
            for name in names(expression) {
                assert!(known.contains(&name), "{name} in {file}:\n{expression}");
                asked.insert(name);
            }
            // With what Grafana puts in.
            let query = expression
                .replace("$__rate_interval", "1m")
                .replace("$instance", ".*");
            assert!(!query.contains('$'), "{query}");
            rules.push_str(&format!(
                "      - record: x\n        expr: {}\n",
                Value::from(query)
            ));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dashboards.yml");
    fs::write(&file, rules).unwrap();
    assert_succeeds(
        Command::new("promtool")
            .args(["check", "rules", "--lint=none"])
            .arg(&file),
    );
    let shown = |name: &str| asked.iter().any(|asked| asked.starts_with(name));
    let hidden: Vec<&str> = METRICS
        .iter()
        .map(|metric| metric.name)
        .filter(|name| !shown(name))
        .collect();
    // Cached reads and failures are shown as records; the start of a process is for alerts.
    assert_eq!(hidden, ["process_start_time_seconds"], "of no dashboard");
}
