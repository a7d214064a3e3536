//! That nothing here speaks SQL which the engines' tests do not see.

use std::{collections::HashSet, path::Path};

use super::{
    accounts, attachments, audit, credentials, drafts, erasing, imports, invites, moderation, outgoing,
    profiles, programs, reports, rooms, statement::Statement,
};

/// Every statement, by file and name.
pub(in crate::store) fn statements() -> Vec<(String, Statement)> {
    let files = [
        ("accounts", accounts::STATEMENTS),
        ("attachments", attachments::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("credentials", credentials::STATEMENTS),
        ("drafts", drafts::STATEMENTS),
        ("erasing", erasing::STATEMENTS),
        ("imports", imports::STATEMENTS),
        ("invites", invites::STATEMENTS),
        ("moderation", moderation::STATEMENTS),
        ("outgoing", outgoing::STATEMENTS),
        ("profiles", profiles::STATEMENTS),
        ("programs", programs::STATEMENTS),
        ("reports", reports::STATEMENTS),
        ("rooms", rooms::STATEMENTS),
    ];
    let named = |(file, list): (&str, &'static [(&'static str, Statement)])| {
        let file = file.to_owned();
        list.iter()
            .map(move |(name, statement)| (format!("{file}::{name}"), *statement))
            .collect::<Vec<_>>()
    };
    files.into_iter().flat_map(named).collect()
}

#[test]
fn the_list_of_statements_is_complete() {
    let listed = statements();
    let files: HashSet<&str> = listed
        .iter()
        .filter_map(|(name, _)| name.split_once("::"))
        .map(|(file, _)| file)
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/common");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if name != "tests" {
            assert!(!text.contains("sqlx::query"), "{name} executes SQL by itself");
            assert_eq!(
                text.contains("statements! {"),
                files.contains(name.as_str()),
                "{name}"
            );
        }
    }
}
