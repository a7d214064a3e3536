//! What seeded rooms are called, and what is written in them, when.

use std::iter;

use chat::Timestamp;
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::words::{CODE, INLINE_CODE, ITEMS, LINKS, SENTENCES, SUBJECTS, TEAMS};

/// Name and topic of the room of this number.
pub(super) fn room(number: usize) -> (String, String) {
    let (subject, topic) = SUBJECTS[number % SUBJECTS.len()];
    let round = number / SUBJECTS.len();
    let team = TEAMS[(round + number) % TEAMS.len()];
    let namesakes = round / TEAMS.len();
    let suffix = if namesakes == 0 {
        String::new()
    } else {
        format!(" {}", namesakes + 1)
    };
    (format!("{team} {subject}{suffix}"), topic.to_owned())
}

/// A message: mostly a sentence or two, now and then something longer.
pub(super) fn body(rng: &mut StdRng) -> String {
    match rng.random_range(0..100) {
        0..62 => sentences(1..=2, rng),
        62..76 => sentences(2..=4, rng),
        76..84 => format!("{} {}", pick(INLINE_CODE, rng), pick(SENTENCES, rng)),
        84..90 => format!("{} {}", pick(SENTENCES, rng), pick(LINKS, rng)),
        90..94 => format!("{}\n\n{}", pick(SENTENCES, rng), pick(CODE, rng)),
        94..98 => format!("{}\n\n{}", pick(SENTENCES, rng), list(rng)),
        98 => format!("> {}\n\n{}", pick(SENTENCES, rng), sentences(1..=2, rng)),
        _ => paragraphs(rng),
    }
}

fn pick(list: &'static [&'static str], rng: &mut StdRng) -> &'static str {
    list.choose(rng).copied().unwrap_or_default()
}

fn sentences(count: std::ops::RangeInclusive<usize>, rng: &mut StdRng) -> String {
    let count = rng.random_range(count);
    iter::repeat_with(|| pick(SENTENCES, rng))
        .take(count)
        .collect::<Vec<_>>()
        .join(" ")
}

fn list(rng: &mut StdRng) -> String {
    let count = rng.random_range(2..=6);
    iter::repeat_with(|| format!("- {}", pick(ITEMS, rng)))
        .take(count)
        .collect::<Vec<_>>()
        .join("\n")
}

fn paragraphs(rng: &mut StdRng) -> String {
    let count = rng.random_range(2..=5);
    iter::repeat_with(|| sentences(3..=7, rng))
        .take(count)
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// `count` ascending moments between `start` and `end`: talk comes in bursts with pauses between them.
pub(super) fn times(rng: &mut StdRng, count: usize, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let pause = |rng: &mut StdRng| {
        if rng.random_ratio(1, 9) {
            rng.random_range(20..600)
        } else {
            rng.random_range(1..8)
        }
    };
    let mut passed: Vec<i64> = Vec::with_capacity(count);
    for _ in 0..count {
        passed.push(passed.last().copied().unwrap_or(0) + pause(rng));
    }
    let whole = passed.last().copied().unwrap_or(0) + 1;
    let span = end.0 - start.0;
    let at = |part: i64| {
        start.0 + i64::try_from(i128::from(span) * i128::from(part) / i128::from(whole)).unwrap_or(0)
    };
    passed.into_iter().map(|part| Timestamp(at(part))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;

    use super::*;

    #[test]
    fn rooms_have_different_addresses() {
        let mut slugs = HashSet::new();
        for number in 0..3 * TEAMS.len() * SUBJECTS.len() {
            let (name, _) = room(number);
            assert!(slugs.insert(chat::room::slug(&name)), "{name}");
        }
    }

    #[test]
    fn bodies_are_what_could_have_been_posted() {
        let mut rng = StdRng::seed_from_u64(7);
        for _ in 0..2_000 {
            let body = body(&mut rng);
            assert_eq!(chat::body::parse(&body), Ok(body));
        }
    }

    #[test]
    fn times_ascend_within_their_span() {
        let mut rng = StdRng::seed_from_u64(7);
        let (start, end) = (Timestamp(1_000), Timestamp(2_000_000));
        let times = times(&mut rng, 500, start, end);
        assert_eq!(times.len(), 500);
        assert!(times.is_sorted() && times[0] >= start && times[499] < end);
    }
}
