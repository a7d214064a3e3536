use proptest::prelude::*;

use super::*;

fn word(text: &str) -> Part {
    Part::Word(text.to_owned())
}

fn all(text: &str) -> Vec<Part> {
    let query = parse(text).unwrap();
    assert_eq!(query.none, [], "{text}");
    query.all
}

#[test]
fn words_phrases_and_beginnings_are_told_apart() {
    assert_eq!(
        all("  two words \"and a phrase\" begin* "),
        [
            word("two"),
            word("words"),
            Part::Phrase("and a phrase".into()),
            Part::Prefix("begin".into()),
        ]
    );
    assert_eq!(all("“curly marks”"), [Part::Phrase("curly marks".into())]);
    assert_eq!(all("\"never closed"), [Part::Phrase("never closed".into())]);
}

#[test]
fn operators_are_understood_in_any_case() {
    assert_eq!(
        all("FROM:@rosa in:#Harbour has:LINK is:pinned from:\"mei\""),
        [
            Part::From("rosa".into()),
            Part::In("harbour".into()),
            Part::Has(Has::Link),
            Part::Is(Is::Pinned),
            Part::From("mei".into()),
        ]
    );
}

#[test]
fn a_date_is_a_whole_day_and_a_time_is_itself() {
    let day: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
    assert_eq!(
        all("before:2026-11-23 after:2026-11-23"),
        [Part::Before(day), Part::After(day.plus_ms(86_400_000))]
    );
    let time: Timestamp = "2026-11-23T09:12:44Z".parse().unwrap();
    assert_eq!(all("before:2026-11-23T09:12:44Z"), [Part::Before(time)]);
    assert_eq!(moment("2026-02-31"), None);
    assert_eq!(moment("2026-2-3"), None);
}

#[test]
fn what_has_no_meaning_is_searched_as_words() {
    for text in [
        "from:",
        "has:nothing",
        "is:",
        "before:lunch",
        "after:2026-13-01",
        "https://example.org/a?b=c",
        "a:b:c",
        ":",
        "-",
        "--",
        "- a".split(' ').next().unwrap(),
        "12:30",
    ] {
        assert_eq!(all(text), [word(text)], "{text}");
    }
    assert_eq!(all("\"\" \"  \" * **"), []);
}

#[test]
fn a_dash_excludes_what_follows_it() {
    let query = parse("this -that -\"nor these\" -from:rosa semi-detached -before:2026-01-01").unwrap();
    assert_eq!(query.all, [word("this"), word("semi-detached")]);
    assert_eq!(
        query.none,
        [
            word("that"),
            Part::Phrase("nor these".into()),
            Part::From("rosa".into()),
            word("before:2026-01-01"),
        ]
    );
}

#[test]
fn the_last_word_that_is_being_typed_is_a_beginning() {
    let last = |text| parse_typing(text).unwrap().all.pop();
    assert_eq!(last("one tw"), Some(Part::Prefix("tw".into())));
    assert_eq!(last("one tw "), Some(word("tw")));
    assert_eq!(last("from:rosa"), Some(Part::From("rosa".into())));
    assert_eq!(last("one -tw"), Some(word("one")));
}

#[test]
fn only_size_is_refused() {
    assert!(parse(&"a".repeat(QUERY_BYTES_MAX)).is_ok());
    assert_eq!(parse(&"a".repeat(QUERY_BYTES_MAX + 1)), Err(NotAQuery::TooLong));
    assert!(parse(&"a ".repeat(PARTS_MAX)).is_ok());
    assert_eq!(parse(&"a ".repeat(PARTS_MAX + 1)), Err(NotAQuery::TooManyParts));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_within_the_limits(text in "(\\PC|[-\"*: ]|from:|in:|has:|before:){0,200}") {
        for query in [parse(&text), parse_typing(&text)].into_iter().flatten() {
            prop_assert!(query.all.len() + query.none.len() <= PARTS_MAX);
            for part in query.all.iter().chain(&query.none) {
                if let Part::Word(text) | Part::Prefix(text) | Part::Phrase(text) | Part::From(text) = part {
                    prop_assert!(!text.trim().is_empty() || matches!(part, Part::From(_)));
                }
            }
        }
    }

    #[test]
    fn words_alone_stay_what_they_are(words in prop::collection::vec("[a-z]{1,8}", 1..PARTS_MAX)) {
        let parts: Vec<Part> = words.iter().map(|text| word(text)).collect();
        prop_assert_eq!(all(&words.join(" ")), parts);
    }
}
