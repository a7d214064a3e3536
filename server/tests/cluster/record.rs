//! What was done and seen, as lines that the checker reads.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use natter_load::history::{self, Verdict};

/// A history in the making, shared by all clients.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<String>>>);

impl Record {
    pub fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// Keeps the history in a file and judges it.
    pub fn check(&self, name: &str) -> Verdict {
        let text = self.0.lock().unwrap().join("\n");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
        fs::write(&path, &text).unwrap();
        let verdict = history::check(&text);
        println!("natter-load check {}\n{verdict}", path.display());
        verdict
    }
}
