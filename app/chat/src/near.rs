//! Names that were almost typed right.
//!
//! A name is near to what was typed if one of its words begins with it but for a typo or two: a character too many, too
//! few, another one, or two that changed places. The work for a pair is bounded, and most pairs are told apart by
//! their letters alone.

/// The most characters of what was typed that are looked at.
const TYPED_CHARS_MAX: usize = 32;
/// The most typos that are forgiven.
const TYPOS_MAX: usize = 2;
/// The most characters of a word that are compared.
const WIDTH: usize = TYPED_CHARS_MAX + TYPOS_MAX + 1;
/// More than any number of typos.
const FAR: usize = 100;

/// What somebody typed to find a name.
#[derive(Clone, Debug)]
pub struct Typed {
    chars: Vec<char>,
    letters: u64,
    most: usize,
}

impl Typed {
    /// Takes what was typed, in any case. Short texts have to be right, longer ones may have one typo or two.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = lower(text.trim()).take(TYPED_CHARS_MAX).collect();
        let most = match chars.len() {
            0..=3 => 0,
            4..=7 => 1,
            _ => TYPOS_MAX,
        };
        Self {
            letters: chars.iter().fold(0, |letters, c| letters | letter(*c)),
            chars,
            most,
        }
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// Whether a name of these [`letters`] could be near: `false` is certain.
    #[must_use]
    pub const fn could_be(&self, letters: u64) -> bool {
        // A typo brings in one letter that the name does not have, at most.
        (self.letters & !letters).count_ones() as usize <= self.most
    }

    /// How many typos are between what was typed and the beginning of a word of `name`; `None`: too many.
    #[must_use]
    pub fn typos(&self, name: &str) -> Option<usize> {
        self.typos_in(&folded(name))
    }

    /// The same for a name that was [`folded`] before.
    #[must_use]
    pub fn typos_in(&self, name: &[char]) -> Option<usize> {
        let begins = |at: &usize| *at == 0 || !name[at - 1].is_alphanumeric();
        let from = (0..name.len()).filter(begins);
        from.filter_map(|at| self.typos_at(&name[at..])).min()
    }

    /// The same for the beginning of `name` alone: the distance of Damerau and Levenshtein with neighbours changing
    /// places, to whichever beginning of the name it is the least. Only what is near the diagonal can be few.
    fn typos_at(&self, name: &[char]) -> Option<usize> {
        let width = name.len().min(self.chars.len() + self.most);
        let mut before = [FAR; WIDTH];
        let mut above = [FAR; WIDTH];
        for (at, typos) in above.iter_mut().take(self.most + 1).enumerate() {
            *typos = at;
        }
        for (y, typed) in self.chars.iter().enumerate() {
            let mut row = [FAR; WIDTH];
            row[0] = y + 1;
            let (from, to) = (y.saturating_sub(self.most), width.min(y + self.most + 1));
            let mut least = row[0];
            for x in from..to {
                let cost = usize::from(*typed != name[x]);
                let mut typos = (above[x] + cost).min(above[x + 1] + 1).min(row[x] + 1);
                let is_swapped = x > 0 && y > 0 && *typed == name[x - 1] && self.chars[y - 1] == name[x];
                if is_swapped {
                    typos = typos.min(before[x - 1] + 1);
                }
                row[x + 1] = typos;
                least = least.min(typos);
            }
            if least > self.most {
                return None;
            }
            (before, above) = (above, row);
        }
        above[..=width]
            .iter()
            .copied()
            .min()
            .filter(|typos| *typos <= self.most)
    }
}

/// A name as it is compared.
#[must_use]
pub fn folded(name: &str) -> Vec<char> {
    lower(name).collect()
}

/// The letters of a name, as bits: two names with the same letters have the same, few others do.
#[must_use]
pub fn letters(name: &str) -> u64 {
    lower(name).fold(0, |letters, c| letters | letter(c))
}

const fn letter(c: char) -> u64 {
    1 << (c as u32 % 64)
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typos(typed: &str, name: &str) -> Option<usize> {
        let typed = Typed::new(typed);
        let typos = typed.typos(name);
        assert!(
            typos.is_none() || typed.could_be(letters(name)),
            "letters are no reason to leave out {name}"
        );
        typos
    }

    #[test]
    fn names_are_found_by_their_beginnings_and_by_almost_that() {
        let cases = [
            ("rosa", "Rosa Lind", Some(0)),
            ("lin", "Rosa Lind", Some(0)),
            ("tomasz", "tomasz.w", Some(0)),
            ("tomsaz", "tomasz.w", Some(1)),
            ("tomaz", "tomasz.w", Some(1)),
            ("tommasz", "tomasz.w", Some(1)),
            ("tonasz", "tomasz.w", Some(1)),
            ("konstantinoplous", "konstantinopolous", Some(1)),
            ("relaese-notse", "release-notes", Some(2)),
            ("ros", "raso", None),
            ("rsoa", "rosa", Some(1)),
            ("xyza", "rosa", None),
            ("芽衣", "田中 芽衣", Some(0)),
            ("", "rosa", Some(0)),
            ("rosalind", "ro", None),
        ];
        for (typed, name, expected) in cases {
            assert_eq!(typos(typed, name), expected, "{typed} {name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn one_typo_is_forgiven_wherever_it_is(name in "[a-e]{4,7}", at in 0_usize..4, other in "[a-f]", kind in 0..3) {
            let mut typed: Vec<char> = name.chars().collect();
            match kind {
                0 => typed.insert(at, other.chars().next().unwrap()),
                1 => typed[at] = other.chars().next().unwrap(),
                _ if at + 1 < typed.len() => typed.swap(at, at + 1),
                _ => {}
            }
            let typed: String = typed.into_iter().collect();
            prop_assert!(typos(&typed, &name).is_some_and(|typos| typos <= 1), "{} {}", typed, name);
        }

        #[test]
        fn any_texts_are_compared(typed in "\\PC{0,60}", name in "\\PC{1,60}") {
            let _ = typos(&typed, &name);
            prop_assert_eq!(typos(&name, &name).is_some(), true);
        }
    }
}
