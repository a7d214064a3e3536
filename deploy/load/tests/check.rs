//! `natter-load check`: what it says of a recorded history, and with what code it ends.

#![expect(clippy::unwrap_used, reason = "in a test a failure may end it")]

use std::{
    fs,
    process::{Command, Output},
};

use natter_load::history;

const MESSAGE: &str = r#"{"id":"m","room":"r","seq":1,"rev":1,"author":{"id":"u"},"nonce":null,"body":"x"}"#;

fn check(lines: &[String]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_natter-load"));
    program.arg("check").arg(file).output().unwrap()
}

/// Someone joins, and sees this.
fn seen(frames: &[String]) -> Vec<String> {
    let joined = r#"{"type":"joined","room":"r","last_seq":0,"last_rev":0,"messages":[]}"#;
    let mut lines = vec![history::connected("ann", "u"), history::heard("ann", joined)];
    lines.extend(frames.iter().map(|frame| history::heard("ann", frame)));
    lines.push(history::stored("r", 1, &[MESSAGE]));
    lines
}

#[test]
fn a_history_that_holds_ends_with_0_and_one_that_does_not_with_1_and_words() {
    let whole = check(&seen(&[format!(r#"{{"type":"message","message":{MESSAGE}}}"#)]));
    let said = String::from_utf8(whole.stdout).unwrap();
    assert_eq!(whole.status.code(), Some(0), "{said}");
    assert!(said.ends_with("holds\n"), "{said}");
    let dropped = check(&seen(&[]));
    let said = String::from_utf8(dropped.stdout).unwrap();
    assert_eq!(dropped.status.code(), Some(1), "{said}");
    assert!(said.contains("Lost: ann does not have"), "{said}");
}

#[test]
fn what_cannot_be_read_is_not_taken_for_good() {
    assert_eq!(check(&["nonsense".to_owned()]).status.code(), Some(1));
    let missing = Command::new(env!("CARGO_BIN_EXE_natter-load"))
        .args(["check", "/nowhere"])
        .output();
    assert_eq!(missing.unwrap().status.code(), Some(2));
}
