//! Several reports as one: the median of each figure, and how far the runs lie apart.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use serde_json::{Value, json};

use crate::error::Error;

/// What the Markdown table shows: where the figure stands, its name, its unit, and what to multiply by.
const ROWS: [(&str, &str, f64); 37] = [
    ("/messages/acknowledged", "messages acknowledged", 1.0),
    ("/messages/expected", "deliveries expected", 1.0),
    ("/messages/received", "deliveries received", 1.0),
    ("/faults/lost", "lost", 1.0),
    ("/faults/doubled", "doubled", 1.0),
    ("/faults/out_of_order", "out of order", 1.0),
    ("/messages/acknowledged_per_second", "messages a second", 1.0),
    ("/messages/delivered_per_second", "deliveries a second", 1.0),
    ("/messages/delivery_ms/p50", "delivery p50, ms", 1.0),
    ("/messages/delivery_ms/p95", "delivery p95, ms", 1.0),
    ("/messages/delivery_ms/p99", "delivery p99, ms", 1.0),
    ("/messages/delivery_ms/max", "delivery max, ms", 1.0),
    ("/messages/acknowledgement_ms/p50", "acknowledgement p50, ms", 1.0),
    ("/messages/acknowledgement_ms/p99", "acknowledgement p99, ms", 1.0),
    ("/requests/answered", "requests answered", 1.0),
    ("/requests/per_second", "requests a second", 1.0),
    ("/requests/latency_ms/p50", "latency p50, ms", 1.0),
    ("/requests/latency_ms/p99", "latency p99, ms", 1.0),
    ("/mix/hit_rate", "reads that a cache answered, %", 100.0),
    ("/mix/caches/block/all/rate", "blocks that a cache had, %", 100.0),
    (
        "/mix/caches/block/memory/rate",
        "blocks that were in process, %",
        100.0,
    ),
    (
        "/mix/unchanged_share",
        "asked again and answered with 304, %",
        100.0,
    ),
    ("/mix/queries_per_request", "queries a request", 1.0),
    (
        "/connections/opened_in_seconds",
        "all connections open after, s",
        1.0,
    ),
    ("/connections/join_ms/p99", "join p99, ms", 1.0),
    ("/connections/resume_ms/p50", "back after a break p50, ms", 1.0),
    ("/connections/resume_ms/max", "back after a break max, ms", 1.0),
    (
        "/server/queries_each",
        "queries a connection since the restart",
        1.0,
    ),
    ("/server/cpu_seconds", "server CPU, s", 1.0),
    ("/server/cpu_share", "server CPU, % of a core", 100.0),
    ("/server/cpu_us_each", "server CPU a delivery or request, µs", 1.0),
    (
        "/server/before/rss",
        "server memory without connections, MiB",
        1.0 / 1_048_576.0,
    ),
    (
        "/server/rss_per_connection",
        "server memory a connection, KiB",
        1.0 / 1024.0,
    ),
    (
        "/server/pss_per_connection",
        "the same, proportional, KiB",
        1.0 / 1024.0,
    ),
    ("/server/ready_in_ms", "server ready after, ms", 1.0),
    ("/generator/cpu_share", "generator CPU, % of a core", 100.0),
    ("/others_cpu_share", "other processes' CPU, % of a core", 100.0),
];

/// The figures of several runs of one preset.
pub(super) struct Summary {
    name: String,
    runs: Vec<Value>,
    /// By the place in the report: the values, ascending.
    figures: BTreeMap<String, Vec<f64>>,
}

impl Summary {
    pub(super) fn of(name: &str, runs: &[Value]) -> Self {
        let mut figures = BTreeMap::new();
        for run in runs {
            // What was asked for, and of what machine, is no figure.
            let found = run.as_object().into_iter().flatten();
            for (name, part) in found.filter(|(name, _)| !matches!(name.as_str(), "scenario" | "machine")) {
                collect(part, format!("/{name}"), &mut figures);
            }
        }
        figures
            .values_mut()
            .for_each(|values: &mut Vec<f64>| values.sort_by(f64::total_cmp));
        Self {
            name: name.to_owned(),
            runs: runs.to_vec(),
            figures,
        }
    }

    /// Writes `NAME.json` and `NAME.md`.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let write = |name: String, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::io(path.display().to_string()))
        };
        write(format!("{}.json", self.name), format!("{:#}\n", self.json()))?;
        write(format!("{}.md", self.name), self.markdown())
    }

    fn json(&self) -> Value {
        let figures = self.figures.iter().map(|(place, values)| {
            let figure =
                json!({"median": median(values), "least": values[0], "most": values[values.len() - 1]});
            (place.clone(), figure)
        });
        let figures: serde_json::Map<_, _> = figures.collect();
        json!({"name": self.name, "figures": figures, "runs": self.runs})
    }

    /// A table of the figures that matter, under a line about the machine.
    pub(super) fn markdown(&self) -> String {
        let machine = self.runs.first().map_or(&Value::Null, |run| &run["machine"]);
        let text = |name: &str| machine[name].as_str().unwrap_or("?").to_owned();
        let memory = machine["memory"].as_f64().unwrap_or_default() / 1_073_741_824.0;
        let (count, passed) = (
            self.runs.len(),
            self.runs.iter().filter(|run| run["passed"] == true).count(),
        );
        let mut table = format!("### {}\n\n", self.name);
        // Writing into a string cannot fail.
        let _ = writeln!(
            table,
            "{count} runs, {passed} passed. {} cores of {}, {memory:.0} GiB, Linux {}.\n",
            machine["cores"],
            text("processor"),
            text("kernel")
        );
        table.push_str("| figure | median | least | most |\n| --- | ---: | ---: | ---: |\n");
        for (place, name, factor) in ROWS {
            if let Some(values) = self.figures.get(place) {
                let [median, least, most] =
                    [median(values), values[0], values[values.len() - 1]].map(|value| short(value * factor));
                let _ = writeln!(table, "| {name} | {median} | {least} | {most} |");
            }
        }
        for warning in self.warnings() {
            let _ = writeln!(table, "\n{warning}");
        }
        table
    }

    fn warnings(&self) -> impl Iterator<Item = String> {
        self.runs.iter().enumerate().flat_map(|(index, run)| {
            let said = ["failures", "warnings"]
                .into_iter()
                .filter_map(|list| run[list].as_array())
                .flatten();
            said.filter_map(Value::as_str)
                .map(move |words| format!("Run {}: {words}.", index + 1))
        })
    }
}

fn collect(value: &Value, place: String, figures: &mut BTreeMap<String, Vec<f64>>) {
    match value {
        Value::Number(number) => figures.entry(place).or_default().extend(number.as_f64()),
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| collect(value, format!("{place}/{name}"), figures));
        }
        _ => {}
    }
}

fn median(ascending: &[f64]) -> f64 {
    let middle = ascending.len() / 2;
    match ascending.len() % 2 {
        1 => ascending[middle],
        _ => (ascending[middle - 1] + ascending[middle]) / 2.0,
    }
}

/// As many digits as mean something.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(p50: f64) -> Value {
        json!({"passed": true, "warnings": [], "failures": [], "machine": {"cores": 2},
               "messages": {"acknowledged": 10, "delivery_ms": {"p50": p50}}})
    }

    #[test]
    fn medians_and_spreads_are_of_all_runs() {
        let summary = Summary::of("rooms", &[run(3.0), run(1.0), run(2.5)]);
        let figure = &summary.json()["figures"]["/messages/delivery_ms/p50"];
        assert_eq!(*figure, json!({"median": 2.5, "least": 1.0, "most": 3.0}));
        assert!(
            summary
                .markdown()
                .contains("| delivery p50, ms | 2.50 | 1.00 | 3.00 |"),
            "{}",
            summary.markdown()
        );
    }

    #[test]
    fn figures_a_scenario_does_not_have_are_left_out() {
        assert!(!Summary::of("idle", &[run(1.0)]).markdown().contains("requests"));
    }

    #[test]
    fn warnings_name_their_run() {
        let mut second = run(1.0);
        second["warnings"] = json!(["late"]);
        assert!(
            Summary::of("rooms", &[run(1.0), second])
                .markdown()
                .contains("Run 2: late.")
        );
    }
}
