//! How far back a search looks at a time.

use crate::store::Span;

/// The most of the newest places of which each message is looked at, from the newest down until there are enough
/// matches. To see whether a message matches costs a fraction of a microsecond, to read matches of the index, in no
/// order, and drop most of them costs several.
const NEAR_MAX: u64 = 8_192;
const NEAR_MIN: u64 = 256;
/// How often it is looked whether one of these messages has one of the words.
const LOOKS: u64 = 16_384;
/// By how many binary digits a place is shortened to name the stretch that it is in: as messages are marked.
const DIGITS: [u32; 3] = [12, 15, 18];
/// The most stretches that are asked for at once, but one.
const STRETCHES_MAX: u64 = 8;
/// How much farther than so far a search looks at most, and at least as far again.
const FARTHER_MAX: u64 = 16;

/// A search under way.
pub(super) struct Reaches {
    /// The newest place of its span.
    start: u64,
    near: u64,
}

/// A part of the order of messages, from the newest place that was not looked at down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// The oldest place in it.
    pub floor: u64,
    how: How,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum How {
    /// One message after another.
    Near,
    /// By the index, among messages with one of these marks.
    Marked(Marks),
    /// By the index.
    All,
}

/// Stretches that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Marks {
    digits: u32,
    oldest: u64,
    newest: u64,
}

impl Reaches {
    /// A search for so many words and conditions, from the place `start` down.
    pub(super) fn new(start: u64, terms: usize) -> Self {
        let terms = u64::try_from(terms).unwrap_or(u64::MAX).max(1);
        let near = (LOOKS / terms).clamp(NEAR_MIN, NEAR_MAX);
        Self { start, near }
    }

    /// Where to look for the next `wanted` matches: `left` is what is left of the span, and between the start and that
    /// were `matches`.
    pub(super) fn next(&self, left: Span, wanted: u64, matches: u64) -> Reach {
        let near = self.start.saturating_sub(self.near - 1).max(left.oldest);
        let (floor, how) = if left.newest >= near {
            (near, How::Near)
        } else {
            let length = length(self.start - left.newest, wanted, matches);
            Marks::covering(left.newest, length)
                .map_or((0, How::All), |marks| (marks.floor(), How::Marked(marks)))
        };
        Reach {
            floor: floor.max(left.oldest),
            how,
        }
    }
}

impl Reach {
    pub(super) fn is_near(&self) -> bool {
        self.how == How::Near
    }

    /// `words`, as a `tsquery`, and that a message be in this part.
    pub(super) fn narrowed(&self, words: &str) -> String {
        match &self.how {
            How::Near | How::All => words.to_owned(),
            How::Marked(marks) => format!("({}) & {words}", marks.tsquery()),
        }
    }
}

/// How many places should hold `wanted` matches and a quarter more, where the newest `seen` held `matches`.
fn length(seen: u64, wanted: u64, matches: u64) -> u64 {
    let most = seen.saturating_mul(FARTHER_MAX);
    let places = seen.saturating_mul(wanted + wanted / 4);
    places.checked_div(matches).unwrap_or(most).clamp(seen, most)
}

impl Marks {
    /// The stretches that the place `newest` and so many before it are in; `None`: they are too many.
    fn covering(newest: u64, length: u64) -> Option<Self> {
        let digits = DIGITS
            .into_iter()
            .find(|digits| length >> digits <= STRETCHES_MAX)?;
        Some(Self {
            digits,
            oldest: newest.saturating_sub(length) >> digits,
            newest: newest >> digits,
        })
    }

    const fn floor(&self) -> u64 {
        self.oldest << self.digits
    }

    fn tsquery(&self) -> String {
        let mark = |nth| format!("'=p{}x{nth}'", self.digits);
        let marks: Vec<String> = (self.oldest..=self.newest).map(mark).collect();
        marks.join(" | ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_000_000;
    const REACHES: Reaches = Reaches {
        start: START,
        near: 8_192,
    };

    fn after(seen: u64) -> Span {
        Span {
            newest: START - seen,
            oldest: 0,
        }
    }

    #[test]
    fn the_newest_are_walked_whatever_was_found() {
        let first = REACHES.next(after(0), 256, 0);
        assert!(first.is_near());
        assert_eq!(first.floor, START - 8_191);
        assert_eq!(first.narrowed("'tea'"), "'tea'");
        assert_eq!(REACHES.next(after(8_191), 1_024, 256), first);
        assert!(!REACHES.next(after(8_192), 1_024, 256).is_near());
    }

    #[test]
    fn the_more_there_is_to_look_for_the_fewer_are_walked() {
        let walked = |terms| START - Reaches::new(START, terms).next(after(0), 256, 0).floor + 1;
        assert_eq!([0, 1, 2, 8, 1_000].map(walked), [8_192, 8_192, 8_192, 2_048, 256]);
    }

    #[test]
    fn nothing_below_the_span_is_looked_at() {
        let floor = |oldest, seen| {
            let left = Span {
                oldest,
                ..after(seen)
            };
            REACHES.next(left, 256, 0).floor
        };
        assert_eq!(floor(START - 10, 0), START - 10);
        assert_eq!(floor(START - 9_000, 8_192), START - 9_000);
        let few = Span { newest: 5, oldest: 0 };
        assert_eq!(Reaches::new(5, 1).next(few, 256, 0).floor, 0);
    }

    #[test]
    fn the_rarer_a_word_was_the_farther_the_search_looks_for_it() {
        let places = |matches| START - 8_192 - REACHES.next(after(8_192), 100, matches).floor;
        // Marks are of whole stretches: up to one more of them than needed.
        assert!((10_240..10_240 + 4_096).contains(&places(100)), "{}", places(100));
        assert!(
            (102_400..102_400 + 32_768).contains(&places(10)),
            "{}",
            places(10)
        );
        assert!(places(1) <= 16 * 8_192 + 32_768, "{}", places(1));
        assert_eq!(places(0), places(1), "no farther than that at once");
        assert!(places(10_000) >= 8_192, "and no less far than so far");
    }

    #[test]
    fn the_farther_the_longer_are_the_stretches_until_all_are_asked_for() {
        let narrowed = |seen| REACHES.next(after(seen), 256, 0).narrowed("'tea'");
        assert_eq!(
            narrowed(8_192),
            "('=p15x26' | '=p15x27' | '=p15x28' | '=p15x29' | '=p15x30') & 'tea'"
        );
        assert_eq!(
            narrowed(100_000),
            "('=p18x0' | '=p18x1' | '=p18x2' | '=p18x3') & 'tea'"
        );
        assert_eq!(narrowed(400_000), "'tea'");
        assert_eq!(REACHES.next(after(400_000), 256, 0).floor, 0);
    }

    #[test]
    fn every_place_down_to_the_floor_is_in_a_stretch_that_is_asked_for() {
        for (newest, length) in [(991_808, 8_192), (4_096, 4_096), (262_143, 1), (262_144, 40_000)] {
            let marks = Marks::covering(newest, length).unwrap();
            assert!(marks.floor() <= newest.saturating_sub(length), "{marks:?}");
            let asked = marks.tsquery();
            for place in [marks.floor(), newest.saturating_sub(length), newest] {
                let mark = format!("'=p{}x{}'", marks.digits, place >> marks.digits);
                assert!(asked.contains(&mark), "{mark} of {place} is not in {asked}");
            }
        }
    }
}
