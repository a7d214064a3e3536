//! What a check found.

use std::{collections::BTreeMap, fmt};

/// Enough of each kind to see what goes wrong; thousands would hide it.
const MOST_NOTES: u64 = 5;

/// A way to break the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A line or a frame that cannot be read.
    Unreadable,
    /// What would be needed to judge is not in the history.
    Incomplete,
    /// Acknowledged and not stored, or stored and not at a client that is live at the end.
    Lost,
    /// Shown or acknowledged, and never stored; or newer than the store.
    Phantom,
    /// One nonce, more than one message.
    Doubled,
    /// A change that a connection did not see.
    Gap,
    /// A change or an answer that a connection saw again.
    Repeated,
    /// A change that came after a later one.
    Unordered,
    /// A `seq` or `rev` that does not follow, or that two messages have.
    Misnumbered,
    /// A durable frame of a room that is not open.
    Foreign,
    /// The same state of a message in other bytes, or not what was sent.
    Altered,
    /// A client that is live at the end holds an old state.
    Stale,
}

/// How much a history holds: a check of next to nothing shows next to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Clients.
    pub clients: u64,
    /// Connections that they opened.
    pub connections: u64,
    /// Changes that came live, over all clients.
    pub live: u64,
    /// Changes that came with `joined`, over all clients.
    pub resumed: u64,
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Messages stored.
    pub stored: u64,
    /// Rooms that clients had open at the end.
    pub open: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// How much there was to check.
    pub facts: Facts,
    counts: BTreeMap<Fault, u64>,
    notes: Vec<String>,
}

impl Verdict {
    /// Whether the history keeps the contract.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counts.is_empty()
    }

    /// How often a fault was found.
    #[must_use]
    pub fn count(&self, fault: Fault) -> u64 {
        self.counts.get(&fault).copied().unwrap_or_default()
    }

    /// The faults found, each once.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        self.counts.keys().copied()
    }

    pub(super) fn note(&mut self, fault: Fault, words: impl FnOnce() -> String) {
        let count = self.counts.entry(fault).or_default();
        *count += 1;
        if *count <= MOST_NOTES {
            self.notes.push(format!("{fault:?}: {}", words()));
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts {
            clients,
            connections,
            live,
            resumed,
            acknowledged,
            stored,
            open,
        } = self.facts;
        writeln!(
            f,
            "{clients} clients, {connections} connections, {open} rooms open at the end"
        )?;
        writeln!(f, "{stored} messages stored, {acknowledged} acknowledged")?;
        writeln!(f, "{live} changes seen live, {resumed} after a return")?;
        for (fault, count) in &self.counts {
            writeln!(f, "{count:8} × {fault:?}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))?;
        writeln!(f, "{}", if self.holds() { "holds" } else { "is broken" })
    }
}
