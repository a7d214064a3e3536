//! The mark a message carries: which run it belongs to and which of its sends it is. It is the
//! nonce, and the start of the body as well, so that a body that came under another's name is noticed.

use std::time::{SystemTime, UNIX_EPOCH};

const FILLER: &str = "lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam nonumy eirmod tempor ";

/// Room for the mark itself; a shorter body could not be told from another's.
pub const SHORTEST_BODY: usize = 24;

/// Makes and recognises the marks of one run.
#[derive(Clone, Debug)]
pub struct Marker {
    prefix: String,
    body_bytes: usize,
    filler: String,
}

impl Marker {
    /// A marker for a new run. A nonce answers with its first message for ever, so every run needs its own.
    pub fn new(body_bytes: usize) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = (now.as_nanos() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(std::process::id());
        Self::of(run >> 24, body_bytes.max(SHORTEST_BODY))
    }

    fn of(run: u64, body_bytes: usize) -> Self {
        Self {
            prefix: format!("{run:010x}-"),
            body_bytes,
            filler: FILLER.repeat(body_bytes / FILLER.len() + 1),
        }
    }

    /// The nonce of a send.
    pub fn nonce(&self, index: usize) -> String {
        format!("{}{index}", self.prefix)
    }

    /// The body of a send: its nonce, then plain words (some Markdown work, nothing to escape).
    pub fn body(&self, index: usize) -> String {
        let nonce = self.nonce(index);
        // A body is trimmed by the server: its last character must not be a space.
        let words = &self.filler[..self.body_bytes - nonce.len() - 2];
        format!("{nonce} {words}.")
    }

    /// Which send a nonce means, if it is of this run.
    pub fn index(&self, nonce: &str) -> Option<usize> {
        nonce.strip_prefix(&self.prefix)?.parse().ok()
    }

    /// Whether a body is the one that was sent with this nonce.
    pub fn is_body_of(&self, body: &str, nonce: &str) -> bool {
        let words = body
            .strip_prefix(nonce)
            .and_then(|rest| rest.strip_prefix(' ')?.strip_suffix('.'));
        body.len() == self.body_bytes && words.is_some_and(|words| self.filler.starts_with(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_recognised_and_a_body_has_the_length_asked_for() {
        let marker = Marker::of(7, 120);
        let (nonce, body) = (marker.nonce(123_456), marker.body(123_456));
        assert_eq!(marker.index(&nonce), Some(123_456));
        assert_eq!(body.len(), 120);
        assert_eq!(body, body.trim());
        assert!(marker.is_body_of(&body, &nonce));
    }

    #[test]
    fn marks_of_other_runs_and_bodies_of_other_sends_are_not_taken() {
        let marker = Marker::of(7, 120);
        assert_eq!(marker.index(&Marker::of(8, 120).nonce(1)), None);
        assert_eq!(marker.index("hello"), None);
        assert!(!marker.is_body_of(&marker.body(12), &marker.nonce(1)));
        assert!(!marker.is_body_of(&marker.body(1)[..100], &marker.nonce(1)));
        assert!(!marker.is_body_of("", &marker.nonce(1)));
    }

    #[test]
    fn the_shortest_body_holds_the_longest_mark() {
        let marker = Marker::of(u64::MAX >> 24, SHORTEST_BODY);
        assert_eq!(marker.body(9_999_999_999).len(), SHORTEST_BODY);
    }
}
