//! People, by number: the same number is always the same person, and no two are called alike.

use super::words::{CULTURES, Culture, FAMILY_NAMES, GIVEN_NAMES};

/// Someone to seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) username: String,
    pub(super) display_name: String,
}

impl Person {
    /// The person of this number. Neighbours come from different places and have different names.
    pub(super) fn new(number: usize) -> Self {
        let culture = &CULTURES[number % CULTURES.len()];
        let turn = number / CULTURES.len();
        // One step further in both lists, and one more in the second after each round of the first: as 13 and 12
        // have no common divisor, every pair comes once.
        let given = turn % GIVEN_NAMES;
        let family = (turn / GIVEN_NAMES + turn) % FAMILY_NAMES;
        let namesakes = turn / (GIVEN_NAMES * FAMILY_NAMES);
        Self::called(culture, given, family, namesakes)
    }

    fn called(culture: &Culture, given: usize, family: usize, namesakes: usize) -> Self {
        let (given, given_key) = name(culture.given, given);
        let (family, family_key) = name(culture.family, family);
        let (first, second) = if culture.family_first {
            (family, given)
        } else {
            (given, family)
        };
        let suffix = if namesakes == 0 {
            String::new()
        } else {
            (namesakes + 1).to_string()
        };
        Self {
            username: format!("{given_key}.{family_key}{suffix}"),
            display_name: format!("{first} {second}"),
        }
    }
}

/// The name at `place` of a list, as it is written and as it is typed.
fn name(list: &'static str, place: usize) -> (&'static str, String) {
    let word = list.split_whitespace().nth(place).unwrap_or_default();
    match word.split_once('/') {
        Some((written, typed)) => (written, typed.to_owned()),
        None => (word, word.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chat::{user::display_name, username};

    use super::*;

    #[test]
    fn no_two_people_have_usernames_that_look_alike() {
        let rounds = 3 * CULTURES.len() * GIVEN_NAMES * FAMILY_NAMES;
        let mut skeletons = HashSet::new();
        for person in (0..rounds).map(Person::new) {
            assert!(
                skeletons.insert(username::skeleton(&person.username)),
                "{}",
                person.username
            );
        }
    }

    #[test]
    fn everyone_could_have_registered() {
        for person in (0..CULTURES.len() * GIVEN_NAMES * FAMILY_NAMES).map(Person::new) {
            assert_eq!(username::parse(&person.username), Ok(person.username.as_str()));
            assert_eq!(
                display_name(&person.display_name),
                Some(person.display_name.clone())
            );
        }
    }

    #[test]
    fn every_list_is_as_long_as_it_should_be() {
        for culture in CULTURES {
            assert_eq!(
                culture.given.split_whitespace().count(),
                GIVEN_NAMES,
                "{}",
                culture.given
            );
            assert_eq!(
                culture.family.split_whitespace().count(),
                FAMILY_NAMES,
                "{}",
                culture.family
            );
        }
    }
}
