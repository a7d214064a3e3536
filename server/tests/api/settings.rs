//! What the documents say of settings, files and links is so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory;
use natter::config::Cli;

/// Variables that are somebody else's: of tests, of compose files, of tools.
const OTHERS: [&str; 11] = [
    "NATTER_BENCH_MESSAGES",
    "NATTER_BIN",
    "NATTER_CERTIFICATES",
    "NATTER_CHANCE",
    "NATTER_CLUSTER",
    "NATTER_DATABASE_PASSWORD",
    "NATTER_PLANTED",
    "NATTER_FILES",
    "NATTER_LISTENERS",
    "NATTER_LOAD",
    "NATTER_WRITERS",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files in a folder and those below it, as text, by their path from the top.
fn texts(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, text));
            }
        }
    }
    found
}

/// Each variable that the binary reads, with its default.
fn settings() -> BTreeMap<String, Option<String>> {
    let command = Cli::command();
    let arguments = command.get_arguments();
    arguments
        .filter_map(|argument| {
            let name = argument.get_env()?.to_str()?.to_owned();
            let default = argument.get_default_values().first()?.to_str().map(str::to_owned);
            Some((name, default.filter(|default| !default.is_empty())))
        })
        .chain(command.get_arguments().filter_map(|argument| {
            let is_without = argument.get_default_values().is_empty();
            is_without.then(|| Some((argument.get_env()?.to_str()?.to_owned(), None)))?
        }))
        .collect()
}

#[test]
fn every_setting_is_in_the_reference_with_its_default_and_no_other_is() {
    let reference = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let rows = reference.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let name = cells.next()?.strip_suffix('`')?.to_owned();
        name.chars()
            .all(|c| c.is_ascii_uppercase() || c == '_')
            .then_some(())?;
        Some((name, cells.next()?.trim_matches('`').to_owned()))
    });
    let mut documented: BTreeMap<String, String> = rows.collect();
    assert!(documented.remove("RUST_LOG").is_some(), "which is read elsewhere");
    let settings = settings();
    let names = |map: Vec<&String>| map.into_iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(documented.keys().collect()),
        names(settings.keys().collect())
    );
    for (name, default) in settings {
        if let Some(default) = default {
            assert_eq!(documented[&name], default, "{name}");
        }
    }
}

#[test]
fn every_variable_that_a_document_or_a_file_for_operators_names_is_one() {
    let settings = settings();
    let mut seen = 0;
    for (file, text) in texts("docs").into_iter().chain(texts("deploy")) {
        // Source speaks of more than settings.
        if file.ends_with(".rs") {
            continue;
        }
        for (at, _) in text.match_indices("NATTER_") {
            let word = text[at..]
                .split(|c: char| !(c.is_ascii_uppercase() || c == '_'))
                .next()
                .unwrap();
            let own = text[..at].ends_with(|c: char| c.is_ascii_uppercase() || c == '_');
            assert!(
                own || settings.contains_key(word) || OTHERS.contains(&word),
                "{word} in {file}"
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn every_page_is_in_the_book_and_every_link_leads_somewhere() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut documents = texts("docs");
    for page in ["README.md", "SECURITY.md"] {
        documents.push((page.to_owned(), fs::read_to_string(root().join(page)).unwrap()));
    }
    for (file, text) in &documents {
        if !file.ends_with(".md") {
            continue;
        }
        let name = file.trim_start_matches("docs/");
        if file.starts_with("docs/") && name != "SUMMARY.md" {
            assert!(
                summary.contains(&format!("]({name})")),
                "{name} is not in the book"
            );
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let link = link.split('#').next().unwrap();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            let target = root().join(file).parent().unwrap().join(link);
            assert!(target.exists(), "{file} links to {link}");
        }
        // Files of the repository that are named must be there.
        for path in text
            .split(['`', ' ', '\n', '(', ')'])
            .filter(|word| word.starts_with("deploy/"))
        {
            let path = path.trim_end_matches([',', '.', ';', ':']);
            if !path.contains(['*', '…', '@']) {
                assert!(root().join(path).exists(), "{file} names {path}");
            }
        }
    }
}

#[test]
fn what_runs_the_server_elsewhere_asks_for_what_it_answers() {
    // No container engine and no cluster run where this is built: these files are held to their schemas by
    // `make lint-deploy`, and here to the server.
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let deployment = read("deploy/kubernetes/base/deployment.yaml");
    for probe in [
        "startupProbe",
        "readinessProbe",
        "livenessProbe",
        "preStop",
        "readOnlyRootFilesystem: true",
        "runAsNonRoot: true",
    ] {
        assert!(deployment.contains(probe), "{probe}");
    }
    let paths: BTreeSet<&str> = deployment
        .match_indices("path: ")
        .map(|(at, _)| deployment[at + 6..].split([',', ' ']).next().unwrap())
        .collect();
    assert_eq!(paths, BTreeSet::from(["/health", "/health/ready"]));
    let rules = read("deploy/prometheus/natter.rules.yml");
    let scaler = read("deploy/kubernetes/keda/scaler.yaml");
    let queries: Vec<&str> = scaler
        .lines()
        .filter_map(|line| line.trim().strip_prefix("query: "))
        .collect();
    assert_eq!(queries.len(), 2);
    for query in queries {
        assert!(rules.contains(&format!("- record: {query}\n")), "{query}");
    }
    let image = read("deploy/container/Containerfile");
    for part in [
        "USER 10001:10001",
        "STOPSIGNAL SIGTERM",
        "CMD [\"serve\"]",
        "EXPOSE 3000 9300",
    ] {
        assert!(image.contains(part), "{part}");
    }
    for folder in ["deploy/kubernetes/base", "deploy/kubernetes/keda"] {
        let kustomization = read(&format!("{folder}/kustomization.yaml"));
        for (file, _) in texts(folder) {
            let name = file.rsplit('/').next().unwrap();
            assert!(
                name == "kustomization.yaml" || kustomization.contains(name),
                "{file} is left out"
            );
        }
    }
}
