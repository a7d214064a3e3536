//! What came of an import, and what did not.

use std::fmt;

/// How many faults are told one by one; the others are counted.
pub const FAULTS_MAX: usize = 100;
/// The most characters of an entry's name in what people read.
const NAME_CHARS_MAX: usize = 120;

/// Something in the archive that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: an entry's name, fit to be shown.
    pub entry: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Fault {
    pub(super) fn of(entry: &str, reason: impl fmt::Display) -> Self {
        let shown: String = entry
            .chars()
            .take(NAME_CHARS_MAX)
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        Self {
            entry: shown,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.entry, self.reason)
    }
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// People and programs of the archive.
    pub people: u64,
    /// Rooms of the archive.
    pub rooms: u64,
    /// Its messages, parts of long ones counted one by one.
    pub messages: u64,
    /// Those of them that are new here.
    pub messages_stored: u64,
    /// Files that came along with new messages.
    pub files_stored: u64,
    /// Files of which only the name and a link came.
    pub files_linked: u64,
    /// Lines that are no messages: who joined, what was renamed.
    pub notices: u64,
    /// Reactions that could not come: with emoji that only that workspace has, or of people who are not in the archive.
    pub reactions_left_out: u64,
    /// Pins beyond those that a room may have.
    pub pins_left_out: u64,
    /// What could not be read; the first [`FAULTS_MAX`] of them.
    pub faults: Vec<Fault>,
    /// How many there were in all.
    pub fault_count: u64,
}

impl Summary {
    pub(super) fn fault(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }

    /// Adds what the reading counted.
    pub(super) fn add(&mut self, read: Self) {
        self.messages += read.messages;
        self.files_linked += read.files_linked;
        self.notices += read.notices;
        self.reactions_left_out += read.reactions_left_out;
        let more = read.fault_count - read.faults.len() as u64;
        read.faults.into_iter().for_each(|fault| self.fault(fault));
        self.fault_count += more;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} people, {} rooms, {} messages.",
            self.people, self.rooms, self.messages
        )?;
        for (count, what) in [
            (
                self.files_linked,
                "files are not in the archive: their names and links came",
            ),
            (
                self.notices,
                "lines are no messages (who joined, what was renamed)",
            ),
            (
                self.reactions_left_out,
                "reactions could not come: their emoji or people are only there",
            ),
            (self.pins_left_out, "pins are beyond what a room may have"),
            (self.fault_count, "faults"),
        ] {
            if count > 0 {
                writeln!(f, "{count} {what}.")?;
            }
        }
        Ok(())
    }
}
