//! The piece of a message that shows why it was found.

use super::{place::Text, sought::Sought};

/// The most characters of a piece, ellipses left aside.
pub const HIGHLIGHT_CHARS_MAX: usize = 240;
/// How many of them stand before the first word that was found.
const BEFORE_CHARS: usize = 60;
/// How far the end of a word is looked for, to cut there.
const CUT_CHARS: usize = 16;

/// The best piece of `body` as HTML: text, and `<mark>` around what is sought.
pub(super) fn highlight(body: &str, sought: &Sought) -> String {
    let text = Text::new(body);
    let marks = merged(text.hits(sought).iter().map(|hit| (hit.start, hit.end)));
    let (start, end) = piece(body, &marks);
    let mut html = String::with_capacity(2 * (end - start));
    if start > 0 {
        html.push('…');
    }
    let mut at = start;
    for (from, to) in marks.into_iter().map(|(from, to)| (from.max(start), to.min(end))) {
        if from < to {
            escape(&text.body[at..from], &mut html);
            html.push_str("<mark>");
            escape(&text.body[from..to], &mut html);
            html.push_str("</mark>");
            at = to;
        }
    }
    escape(&text.body[at..end], &mut html);
    if end < body.len() {
        html.push('…');
    }
    html
}

/// Stretches by where they begin, with those that touch made one.
fn merged(stretches: impl Iterator<Item = (usize, usize)>) -> Vec<(usize, usize)> {
    let mut all: Vec<(usize, usize)> = Vec::new();
    for (start, end) in stretches {
        match all.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => all.push((start, end)),
        }
    }
    all
}

/// The bytes of `body` to show: where most marks are within reach of each other, and a little before them.
fn piece(body: &str, marks: &[(usize, usize)]) -> (usize, usize) {
    let mut ends: Vec<usize> = body.char_indices().map(|(at, _)| at).collect();
    ends.push(body.len());
    let chars = ends.len() - 1;
    if chars <= HIGHLIGHT_CHARS_MAX {
        return (0, body.len());
    }
    // Bytes stand for characters in the choice of the place: it need not be exact.
    let reach = HIGHLIGHT_CHARS_MAX - BEFORE_CHARS;
    let within = |start: usize| {
        marks
            .iter()
            .filter(|mark| (start..start + reach).contains(&mark.0))
            .count()
    };
    // Of places that are as good, the first.
    let best = marks.iter().rev().max_by_key(|mark| within(mark.0));
    let first = best.map_or(0, |mark| ends.partition_point(|end| *end < mark.0));
    let from = first
        .saturating_sub(BEFORE_CHARS)
        .min(chars - HIGHLIGHT_CHARS_MAX);
    let to = from + HIGHLIGHT_CHARS_MAX;
    (begin(body, &ends, from, first), end(body, &ends, to))
}

/// Moves the beginning of a piece to that of a word, if one begins soon and before `first`.
fn begin(body: &str, ends: &[usize], from: usize, first: usize) -> usize {
    if from == 0 {
        return 0;
    }
    let until = first.max(from).min(from + CUT_CHARS);
    let stretch = &body[ends[from]..ends[until]];
    let word = stretch.char_indices().find(|(_, c)| c.is_whitespace());
    word.map_or(ends[from], |(at, c)| ends[from] + at + c.len_utf8())
}

/// Moves the end of a piece to that of a word, if one ended shortly before.
fn end(body: &str, ends: &[usize], to: usize) -> usize {
    if to + 1 >= ends.len() {
        return body.len();
    }
    let stretch = &body[ends[to - CUT_CHARS]..ends[to]];
    stretch
        .rfind(char::is_whitespace)
        .map_or(ends[to], |at| ends[to - CUT_CHARS] + at)
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::sought::Term;

    fn sought(words: &[&str]) -> Sought {
        let clause = |word: &&str| Term::of_words(word).map(|term| vec![term]);
        Sought {
            all: words.iter().filter_map(clause).collect(),
            ..Sought::default()
        }
    }

    #[test]
    fn what_is_found_is_marked_and_the_rest_is_text() {
        assert_eq!(
            highlight("<b>Élan</b> & \"co\"", &sought(&["elan"])),
            "&lt;b&gt;<mark>Élan</mark>&lt;/b&gt; &amp; &quot;co&quot;"
        );
        assert_eq!(
            highlight("one two three", &sought(&["two three"])),
            "one <mark>two three</mark>"
        );
        assert_eq!(highlight("aFooBar", &sought(&["bar"])), "aFoo<mark>Bar</mark>");
    }

    #[test]
    fn ideographs_are_marked_as_one_stretch() {
        assert_eq!(
            highlight("我在北京大学学习", &sought(&["北京大学"])),
            "我在<mark>北京大学</mark>学习"
        );
        assert_eq!(
            highlight("我在北京大学学习", &sought(&["学"])),
            "我在北京大<mark>学学</mark>习"
        );
    }

    #[test]
    fn a_long_text_is_cut_at_words_around_what_was_found() {
        let body = format!("{}the needle is here {}", "hay ".repeat(500), "hay ".repeat(500));
        let html = highlight(&body, &sought(&["needle"]));
        assert!(html.starts_with("…hay hay") && html.ends_with("hay…"), "{html}");
        assert!(html.contains("the <mark>needle</mark> is here"), "{html}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn of_any_text_a_piece_is_shown_that_is_short_and_safe(
            body in "([ab <>&\"'é語]|\\PC){0,600}", words in prop::collection::vec("[abé語]{1,3}", 0..4)
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let html = highlight(&body, &sought(&words));
            let text = html.replace("<mark>", "").replace("</mark>", "");
            prop_assert!(!text.contains(['<', '>', '"', '\'']), "{}", html);
            let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            let text = text.replace("&amp;", "&");
            prop_assert!(text.chars().count() <= HIGHLIGHT_CHARS_MAX + 2);
            let kept = text.strip_prefix('…').unwrap_or(&text);
            prop_assert!(body.contains(kept.strip_suffix('…').unwrap_or(kept)) || body.contains(kept));
        }
    }
}
