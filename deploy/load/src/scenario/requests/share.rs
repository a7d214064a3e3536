//! What one client found, and what all of them did.

use std::{collections::BTreeMap, time::Duration};

use reqwest::StatusCode;
use serde::Deserialize;

use crate::{check::Faults, error::Error, latency::Latency, options::Requests, report::RequestsMade};

const MOST_NOTES: usize = 10;

/// What one client found.
pub(super) struct Share {
    made: RequestsMade,
    latency: Latency,
    /// Rooms and the numbers they gave.
    numbers: Vec<(String, u64)>,
    notes: Vec<String>,
}

/// What is looked at of an answer to a post.
#[derive(Deserialize)]
struct Posted {
    room: String,
    seq: u64,
}

impl Share {
    pub(super) fn new() -> Result<Self, Error> {
        let (made, latency) = (RequestsMade::default(), Latency::new()?);
        Ok(Self {
            made,
            latency,
            numbers: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// Takes the latency of a request of the measured part.
    pub(super) fn measured(&mut self, latency: Duration) {
        self.made.measured += 1;
        self.latency.record(latency);
    }

    /// Takes an answer to a get; true when it is a good one.
    pub(super) fn got(&mut self, status: StatusCode, body: &[u8]) -> bool {
        self.answered(status == StatusCode::OK, status, body)
    }

    /// Takes an answer to a post; true when it is a good one.
    pub(super) fn posted(&mut self, status: StatusCode, body: &[u8]) -> bool {
        let posted: Option<Posted> = serde_json::from_slice(body).ok();
        let posted = posted.filter(|_| status == StatusCode::CREATED);
        let is_good = posted.is_some();
        self.numbers
            .extend(posted.map(|posted| (posted.room, posted.seq)));
        self.answered(is_good, status, body)
    }

    /// Takes a request that had no answer; never a good one.
    pub(super) fn broke(&mut self, error: &reqwest::Error) -> bool {
        self.made.broken += 1;
        self.notes.push(error.to_string());
        false
    }

    fn answered(&mut self, is_good: bool, status: StatusCode, body: &[u8]) -> bool {
        self.made.body_bytes += body.len() as u64;
        if is_good {
            self.made.answered += 1;
        } else {
            self.made.refused += 1;
            self.notes.push(format!("answered {status}"));
        }
        is_good
    }
}

/// What all clients found together.
pub(super) fn sum(
    shares: Vec<Share>,
    requests: &Requests,
) -> Result<(RequestsMade, Faults, Vec<String>), Error> {
    let (mut all, mut latency) = (RequestsMade::default(), Latency::new()?);
    let (mut rooms, mut notes): (BTreeMap<_, Vec<u64>>, _) = (BTreeMap::new(), Vec::new());
    for Share {
        made,
        latency: part,
        numbers,
        notes: words,
    } in shares
    {
        all.answered += made.answered;
        all.measured += made.measured;
        all.refused += made.refused;
        all.broken += made.broken;
        all.body_bytes += made.body_bytes;
        latency.add(&part)?;
        numbers
            .into_iter()
            .for_each(|(room, seq)| rooms.entry(room).or_default().push(seq));
        notes.extend(words);
    }
    all.clients = requests.clients;
    all.per_second = all.measured as f64 / requests.duration.as_secs_f64();
    all.latency_ms = latency.percentiles();
    notes.truncate(MOST_NOTES);
    let mut faults = Faults::default();
    rooms
        .into_values()
        .for_each(|numbers| faults += numbered(numbers));
    Ok((all, faults, notes))
}

/// The numbers a room gave must be apart and, as nobody else posts, without gaps.
fn numbered(mut numbers: Vec<u64>) -> Faults {
    numbers.sort_unstable();
    let mut faults = Faults::default();
    for pair in numbers.windows(2) {
        match pair[1] - pair[0] {
            0 => faults.doubled += 1,
            step => faults.gaps += step - 1,
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_given_twice_or_left_out_are_found() {
        assert_eq!(numbered(vec![5, 3, 4]), Faults::default());
        assert_eq!(numbered(vec![3, 4, 4, 5]).doubled, 1);
        assert_eq!(numbered(vec![3, 6]).gaps, 2);
    }
}
