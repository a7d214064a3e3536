//! What was written to do harm.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::html;
use crate::markdown::{
    DEPTH_MAX, HTML_BYTES_MAX,
    scan::{browse, scan},
};

/// A list is two elements deep, and a table's cell with code in it the deepest of what does not nest.
const DOM_DEPTH_MAX: usize = 2 * DEPTH_MAX + 10;

#[test]
fn hostile_samples_come_out_harmless() {
    let samples = [
        "<svg/onload=alert(1)>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[a](<javascript:alert(1)>)",
        "[a]: javascript:alert(1)\n\n[a]",
        "![a](https://a.bc/\"onerror=\"alert(1))",
        "[a](https://a.bc/'\"><script>alert(1)</script>)",
        "```x\" onmouseover=\"alert(1)\ncode\n```",
        "<https://a.bc/\"onclick=alert(1)>",
        "https://a.bc/\"><script>alert(1)</script>",
        "\\<script>alert(1)</script>",
        "<style>body{display:none}</style>",
        "<textarea></p><script>",
        "</p></div></main><h1>gone</h1>",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php echo 1 ?> <!DOCTYPE html>",
        "|a|\n|-|\n|<td onclick=x>|",
        "- <li>\n  <script>",
        "@mei<script>",
        "\u{0}<script\u{0}>\u{fffd}",
        "<SCRIPT SRC=//a.bc/x.js></SCRIPT>",
    ];
    for sample in samples {
        let scanned = scan(&html(sample));
        assert!(!scanned.text.is_empty(), "{sample}");
        assert!(scanned.tags.iter().all(|tag| !tag.contains(" on")), "{sample}");
    }
}

#[test]
fn input_made_to_be_slow_or_deep_stays_bounded() {
    let fragments = [
        ">",
        "> ",
        "*",
        "**a ",
        "_",
        "[",
        "![",
        "[a](",
        "]",
        "`",
        "~",
        "<",
        "<a",
        "&",
        "\\",
        "#",
        "- ",
        "1. ",
        "|",
        "*a_ ",
        "a**b",
        "[a]",
        "<!--",
        "<?",
        "<![CDATA[",
        "\n>",
        "\n- ",
        "\n|",
        "((",
        "@",
        "@mei ",
        "https://",
        "a@",
        "https://a.bc/_",
        "[x](http:a)",
        "`a``b",
        "***a",
        "- - ",
        "> - ",
        "\"",
        "http://a.bc ",
        "::",
        "@mei@",
        "a://",
        "h://a",
        "http://aa.bc(",
        "a.a@",
        "'a:",
        "http://aa.bc/_",
        "||",
        "||a|| ",
        "||a",
        "*||",
        "#a ",
        "#",
        ":tada:",
        ":a",
        "@room ",
        "```rust\n\"",
        "```html\n<",
        "```",
        "\\|",
        "https://chat.example.org/rooms/a ",
    ];
    for fragment in fragments {
        for body in [
            fragment.repeat(10_000),
            format!("{}a{}", fragment.repeat(5_000), fragment.repeat(5_000)),
        ] {
            let started = Instant::now();
            let html = html(&body);
            let spent = started.elapsed();
            assert!(spent < Duration::from_secs(1), "{fragment:?} took {spent:?}");
            assert!(scan(&html).depth <= DOM_DEPTH_MAX, "{fragment:?}");
            assert!(
                html.len() <= HTML_BYTES_MAX.max(body.len() * 6 + 7),
                "{fragment:?}: {} bytes",
                html.len()
            );
        }
    }
}

#[test]
fn nesting_beyond_the_limit_loses_tags_but_no_text() {
    let levels = 3 * DEPTH_MAX;
    let list: String = (0..levels)
        .map(|level| format!("{}- item {level}\n", "  ".repeat(level)))
        .collect();
    let scanned = scan(&html(&list));
    assert!(
        (0..levels).all(|level| scanned.text.contains(&format!("item {level}"))),
        "{}",
        scanned.text
    );
    assert_eq!(scanned.tags.iter().filter(|tag| *tag == "ul").count(), DEPTH_MAX);

    let quotes = format!("{}deep", ">".repeat(levels));
    assert_eq!(html(&quotes).matches("<blockquote>").count(), DEPTH_MAX);
}

#[test]
fn a_small_table_cannot_become_a_large_one() {
    let columns = 1_000;
    let body = format!(
        "{}\n{}\n{}",
        "|a".repeat(columns),
        "|-".repeat(columns),
        "|\n".repeat(2_000)
    );
    assert!(html(&body).len() <= HTML_BYTES_MAX);
}

#[test]
fn what_grows_too_much_is_shown_as_its_source() {
    let body = format!("**<** {}", "@mei ".repeat(2_000));
    let html = html(&body);
    assert_eq!(html, format!("<p>**&lt;** {}</p>", "@mei ".repeat(2_000)));
}

#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "*", "**", "_", "~~", "`", "```", "\n", "\n\n", "    ", "> ", "- ", "1. ", "# ", "|", "|-|",
    "\n|a|b|\n|-|-:|\n|", "[", "](", "](https://a.bc)", ")", "!", "![", "<", ">", "</", "<script>", "<b>",
    "<div>\n", "<!--", "-->", "&", "&lt;", "&#60;", "\"", "'", "\\", "javascript:", "https://a.bc/",
    "https://a.bc/\"onclick=", "mailto:", "@mei", "@tomasz.w", " ", ":", "://", "[x]", "[ ] ", "- [x] ", "[r]: ",
    "||", "||a||", "\\|", "#general", ":tada:", "@room", "```rust\n", "```html\n", "```diff\n", "let a = 1;", "<a b='",
    "https://chat.example.org/rooms/general/1", "\u{1}", "---", "\t", "\u{0}", "é", "語",
];

/// Text that is likely to mean something to the parser.
fn markdown_like() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        4 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(fragment, 0..60).prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_comes_in_only_allowed_tags_come_out(body in markdown_like()) {
        let html = html(&body);
        prop_assert!(scan(&html).depth <= DOM_DEPTH_MAX);
    }

    #[test]
    fn a_browser_sees_exactly_what_was_written(body in markdown_like()) {
        let html = html(&body);
        let (scanned, seen) = (scan(&html), browse(&html));
        prop_assert_eq!(seen.tags, scanned.tags, "{}", html);
        // The characters that every HTML parser drops or makes one.
        let comparable = |text: &str| text.replace('\0', "").replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(comparable(&seen.text), comparable(&scanned.text), "{}", html);
    }
}
