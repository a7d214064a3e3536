//! The holes behind the newest change, kept as ranges: a wild `rev` must not fill the memory.

use std::ops::Range;

#[derive(Debug, Default)]
pub(super) struct Missing(Vec<Range<u64>>);

impl Missing {
    /// Adds a hole after all others.
    pub(super) fn add(&mut self, hole: Range<u64>) {
        self.0.push(hole);
    }

    /// Takes a number out of its hole; false when it was in none.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        let Some(place) = self.0.iter().position(|hole| hole.contains(&number)) else {
            return false;
        };
        let hole = self.0[place].clone();
        let rest = [hole.start..number, number + 1..hole.end];
        self.0
            .splice(place..=place, rest.into_iter().filter(|part| !part.is_empty()));
        true
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|hole| hole.end - hole.start).sum()
    }
}
