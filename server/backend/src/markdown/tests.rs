use std::time::{Duration, Instant};

use chat::{Author, UserId, mention::Call};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Card, DEPTH_MAX, HTML_BYTES_MAX, Setting, Site, call, links, mentions, render,
    scan::{browse, scan},
    with_cards,
};

const LINK: &str = r#"rel="noopener noreferrer nofollow ugc" target="_blank""#;

/// A list is two elements deep, and a table's cell with code in it the deepest of what does not nest.
const DOM_DEPTH_MAX: usize = 2 * DEPTH_MAX + 10;

fn people() -> Vec<Author> {
    let person = |number, username: &str, display_name: &str| Author {
        id: UserId(Uuid::from_u128(number)),
        username: username.into(),
        display_name: display_name.into(),
        avatar_url: None,
    };
    vec![
        person(1, "mei", "田中 芽衣"),
        person(2, "tomasz.w", "<b>Tomasz</b> & \"co\""),
    ]
}

fn html(body: &str) -> String {
    let (people, site) = (people(), Site::new("https://chat.example.org"));
    let setting = Setting {
        mentioned: &people,
        site: Some(&site),
    };
    render(body, setting)
}

fn mei() -> String {
    format!(
        r#"<a class="mention" data-user="{}" href="/direct/mei">@田中 芽衣</a>"#,
        Uuid::from_u128(1)
    )
}

fn place(path: &str, text: &str) -> String {
    format!(r#"<a class="place" href="{path}">{text}</a>"#)
}

fn spoiler(inside: &str) -> String {
    format!(
        r#"<span class="spoiler" role="group" aria-label="Spoiler" tabindex="0"><span>{inside}</span></span>"#
    )
}

fn link(address: &str, text: &str) -> String {
    format!(r#"<a href="{address}" {LINK}>{text}</a>"#)
}

#[test]
fn markup_becomes_tags() {
    let cases = [
        ("hello", "<p>hello</p>"),
        (
            "*a* **b** ~~c~~ `d`",
            "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>",
        ),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("> quoted", "<blockquote><p>quoted</p></blockquote>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"),
        ("1. a", "<ol><li>a</li></ol>"),
        ("---", "<hr>"),
        (
            "# Big\ntext",
            "<p class=\"heading\"><strong>Big</strong></p><p>text</p>",
        ),
        (
            "```c++ x\na < b\n```",
            "<pre tabindex=\"0\"><code class=\"language-c++\">a &lt; b\n</code></pre>",
        ),
        (
            "```\"onload=x\nq\n```",
            "<pre tabindex=\"0\"><code>q\n</code></pre>",
        ),
        (
            "- [x] done\n- [ ] not",
            "<ul><li><span class=\"task done\">☑</span> done</li><li><span class=\"task\">☐</span> not</li></ul>",
        ),
        (
            "a|b\n-|-:\n1|2",
            "<div class=\"table\" tabindex=\"0\"><table><thead><tr><th>a</th><th class=\"align-right\">b</th></tr></thead>\
             <tbody><tr><td>1</td><td class=\"align-right\">2</td></tr></tbody></table></div>",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn html_in_the_source_is_text() {
    let cases = [
        (
            "<script>alert(1)</script>",
            "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        ),
        (
            "a <img src=x onerror=alert(1)> b",
            "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>",
        ),
        (
            "<div>\n<b>x</b>\n</div>",
            "<p>&lt;div&gt;<br>&lt;b&gt;x&lt;/b&gt;<br>&lt;/div&gt;</p>",
        ),
        ("<!-- hidden -->", "<p>&lt;!-- hidden --&gt;</p>"),
        ("&lt;b&gt; &amp;lt;", "<p>&lt;b&gt; &amp;lt;</p>"),
        ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ("a \" ' & b", "<p>a &quot; &#39; &amp; b</p>"),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn links_lead_to_safe_addresses_only() {
    let example = link("https://example.org/", "x");
    let cases = [
        ("[x](https://example.org)", format!("<p>{example}</p>")),
        (
            "[x](HTTPS://EXAMPLE.org \"a title\")",
            format!("<p>{example}</p>"),
        ),
        ("[x][r]\n\n[r]: https://example.org", format!("<p>{example}</p>")),
        (
            "[x](mailto:a@b.c)",
            format!("<p>{}</p>", link("mailto:a@b.c", "x")),
        ),
        ("<a@b.c>", format!("<p>{}</p>", link("mailto:a@b.c", "a@b.c"))),
        ("[x](javascript:alert(1))", "<p>x</p>".into()),
        ("[x](JaVaScRiPt&colon;alert(1))", "<p>x</p>".into()),
        ("[x](&#1;javascript:alert(1))", "<p>x</p>".into()),
        ("[x](java&Tab;script:alert(1))", "<p>x</p>".into()),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "<p>x</p>".into()),
        (
            "[x](vbscript:x) [y](file:///etc) [z](blob:https://a/b)",
            "<p>x y z</p>".into(),
        ),
        (
            "[x](/rooms/general) [y](//example.org) [z](#top)",
            "<p>x y z</p>".into(),
        ),
        ("<javascript:alert(1)>", "<p>javascript:alert(1)</p>".into()),
        (
            "[x](https://example.org/\"onclick=alert(1))",
            format!("<p>{}</p>", link("https://example.org/%22onclick=alert(1)", "x")),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn an_image_is_a_link_to_it() {
    let cases = [
        (
            "![a cat](https://example.org/c.png)",
            format!("<p>{}</p>", link("https://example.org/c.png", "a cat")),
        ),
        (
            "![](https://example.org/)",
            format!("<p>{}</p>", link("https://example.org/", "https://example.org/")),
        ),
        ("![x](data:image/png;base64,AA)", "<p>x</p>".into()),
        (
            "[![in](https://a.bc/i)](https://a.bc/o)",
            format!("<p>{}</p>", link("https://a.bc/o", "in")),
        ),
        (
            "![a [b](https://c.de) e](https://f.gh)",
            format!("<p>{}</p>", link("https://f.gh/", "a b e")),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn addresses_that_stand_alone_become_links() {
    let spot = |address: &str| link(address, address);
    let cases = [
        (
            "see https://example.org/a?b=c, ok",
            format!("<p>see {}, ok</p>", spot("https://example.org/a?b=c")),
        ),
        (
            "(http://example.org/x)",
            format!("<p>({})</p>", spot("http://example.org/x")),
        ),
        (
            "rosa@example.org",
            format!("<p>{}</p>", link("mailto:rosa@example.org", "rosa@example.org")),
        ),
        (
            "https://例え.jp/道",
            format!(
                "<p>{}</p>",
                link("https://xn--r8jz45g.jp/%E9%81%93", "https://例え.jp/道")
            ),
        ),
        (
            "https://example.org/a_b_c*d",
            format!("<p>{}</p>", spot("https://example.org/a_b_c*d")),
        ),
        (
            "https://example.org/_a_/__b__",
            format!("<p>{}</p>", spot("https://example.org/_a_/__b__")),
        ),
        (
            "**https://example.org/a**",
            format!("<p><strong>{}</strong></p>", spot("https://example.org/a")),
        ),
        (
            "javascript://example.org/%0Aalert(1) ftp://a.bc/c",
            "<p>javascript://example.org/%0Aalert(1) ftp://a.bc/c</p>".into(),
        ),
        (
            "`https://example.org`",
            "<p><code>https://example.org</code></p>".into(),
        ),
        (
            "    https://example.org",
            "<pre tabindex=\"0\"><code>https://example.org</code></pre>".into(),
        ),
        (
            "[see https://a.bc](https://c.de)",
            format!("<p>{}</p>", link("https://c.de/", "see https://a.bc")),
        ),
        ("a.b:c and e.g. this", "<p>a.b:c and e.g. this</p>".into()),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn names_of_people_become_mentions() {
    let mei = mei();
    let tomasz = format!(
        r#"<a class="mention" data-user="{}" href="/direct/tomasz.w">@&lt;b&gt;Tomasz&lt;/b&gt; &amp; &quot;co&quot;</a>"#,
        Uuid::from_u128(2)
    );
    let cases = [
        ("@mei, @MEI!", format!("<p>{mei}, {mei}!</p>")),
        ("ask @tomasz.w.", format!("<p>ask {tomasz}.</p>")),
        ("@nobody @meiko mail@mei", "<p>@nobody @meiko mail@mei</p>".into()),
        (
            "**@mei** [@mei](https://a.bc)",
            format!(
                "<p><strong>{mei}</strong> {}</p>",
                link(
                    "https://a.bc/",
                    &mei.replace("<a ", "<span ")
                        .replace(" href=\"/direct/mei\"", "")
                        .replace("</a>", "</span>")
                )
            ),
        ),
        (
            "`@mei`\n\n```\n@mei\n```",
            "<p><code>@mei</code></p><pre tabindex=\"0\"><code>@mei\n</code></pre>".into(),
        ),
        (
            "https://a.bc/@mei @mei",
            format!("<p>{} {mei}</p>", link("https://a.bc/@mei", "https://a.bc/@mei")),
        ),
        (
            "one\n@mei\n<b>@mei",
            format!("<p>one<br>{mei}<br>&lt;b&gt;{mei}</p>"),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn words_that_call_many_are_marked_and_code_calls_nobody() {
    let body = "@here, (@ROOM) `@room`";
    let expected = "<p><span class=\"mention\" data-call=\"here\">@here</span>, \
        (<span class=\"mention\" data-call=\"room\">@ROOM</span>) <code>@room</code></p>";
    assert_eq!(html(body), expected);
    assert_eq!(call(&html(body)), Some(Call::Room));
    assert_eq!(call(&html("@here `@room`")), Some(Call::Here));
    assert_eq!(call(&html("data-call=\"room\" @rooms me@room.org \\@room")), None);
}

#[test]
fn names_of_rooms_lead_to_them_whether_or_not_they_exist() {
    let cases = [
        (
            "see #general, #Release-Notes- and (#港の話).",
            format!(
                "<p>see {}, {}- and ({}).</p>",
                place("/rooms/general", "#general"),
                place("/rooms/release-notes", "#Release-Notes"),
                place("/rooms/%E6%B8%AF%E3%81%AE%E8%A9%B1", "#港の話")
            ),
        ),
        ("#1 ##a a#b &#x; #-", "<p>#1 ##a a#b &amp;#x; #-</p>".into()),
        (
            "`#general` \\#general",
            "<p><code>#general</code> #general</p>".into(),
        ),
        (
            "[#general](https://a.bc)",
            format!("<p>{}</p>", link("https://a.bc/", "#general")),
        ),
        (
            "https://a.bc/x#general",
            format!(
                "<p>{}</p>",
                link("https://a.bc/x#general", "https://a.bc/x#general")
            ),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn links_to_this_site_say_where_they_lead() {
    let id = Uuid::from_u128(7);
    let cases = [
        ("/rooms/general", "#general".to_owned()),
        ("/rooms/%E6%B8%AF", "#港".to_owned()),
        ("/rooms/general/42", "#general › message 42".to_owned()),
        ("/rooms/general/pins", "#general › pinned".to_owned()),
        (
            "/rooms/general?date=2026-11-01",
            "#general › 2026-11-01".to_owned(),
        ),
        (
            &format!("/rooms/general/threads/{id}"),
            "#general › thread".to_owned(),
        ),
        (&format!("/rooms/{id}/3"), "Conversation › message 3".to_owned()),
        ("/direct/mei/3", "@mei › message 3".to_owned()),
        ("/rooms/%3Cb%3E", "#&lt;b&gt;".to_owned()),
    ];
    for (path, name) in cases {
        let address = format!("https://chat.example.org{path}");
        assert_eq!(html(&address), format!("<p>{}</p>", place(path, &name)));
        assert_eq!(
            html(&format!("[x]({address})")),
            format!("<p>{}</p>", place(path, "x"))
        );
    }
    for elsewhere in [
        "https://chat.example.org.evil.example/rooms/general",
        "https://evil.example/rooms/general",
        "https://chat.example.org/",
        "https://chat.example.org/login",
        "https://chat.example.org/rooms/general/x",
        "https://chat.example.org/rooms/general/1/2",
        "https://chat.example.org/rooms/general?refused=body",
        "https://chat.example.org/rooms/",
        "http://chat.example.org/rooms/general",
    ] {
        assert_eq!(html(elsewhere), format!("<p>{}</p>", link(elsewhere, elsewhere)));
    }
}

#[test]
fn emoji_have_names() {
    let cases = [
        (":tada: (:+1:)", "<p>🎉 (👍)</p>"),
        (
            "`:tada:` \\:tada: :nope: 10:30:20",
            "<p><code>:tada:</code> :tada: :nope: 10:30:20</p>",
        ),
        ("**:tada:**", "<p><strong>🎉</strong></p>"),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn spoilers_stand_between_bars() {
    let cases = [
        ("a ||b|| c", format!("<p>a {} c</p>", spoiler("b"))),
        (
            "||b *c* `d` @mei\nhttps://a.bc|| e ||f||",
            format!(
                "<p>{} e {}</p>",
                spoiler(&format!(
                    "b <em>c</em> <code>d</code> {}<br>{}",
                    mei(),
                    link("https://a.bc/", "https://a.bc")
                )),
                spoiler("f")
            ),
        ),
        (
            "- ||a||\n- b",
            format!("<ul><li>{}</li><li>b</li></ul>", spoiler("a")),
        ),
        ("*||a||*", format!("<p><em>{}</em></p>", spoiler("a"))),
        ("||*a||* b||", format!("<p>{}</p>", spoiler("<em>a||</em> b"))),
        ("a || b || c", "<p>a || b || c</p>".into()),
        ("||a", "<p>||a</p>".into()),
        ("||||", "<p>||||</p>".into()),
        ("\\||a|| `||b||`", "<p>||a|| <code>||b||</code></p>".into()),
        ("||a\n\nb||", "<p>||a</p><p>b||</p>".into()),
        ("- ||a\n  ***\n  b||", "<ul><li>||a<hr>b||</li></ul>".into()),
        (
            "[||a||](https://a.bc)",
            format!("<p>{}</p>", link("https://a.bc/", "||a||")),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
    let many = html(&"||a|| ".repeat(1_000));
    assert_eq!(many.matches("class=\"spoiler\"").count(), 100);
}

#[test]
fn code_in_a_fence_is_coloured_by_its_language() {
    let cases = [
        (
            "```rust\nlet a = \"<b>\";\n```",
            "<pre tabindex=\"0\"><code class=\"language-rust\"><span class=\"k\">let</span> a = \
             <span class=\"s\">&quot;&lt;b&gt;&quot;</span>;\n</code></pre>",
        ),
        (
            "```nobody-knows\nlet a\n```\n\n    let b",
            "<pre tabindex=\"0\"><code class=\"language-nobody-knows\">let a\n</code></pre><pre tabindex=\"0\"><code>let b</code></pre>",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(html(body), expected, "{body:?}");
    }
}

#[test]
fn a_mention_is_found_in_what_was_rendered() {
    let [mei, tomasz] = [1, 2].map(|number| UserId(Uuid::from_u128(number)));
    let html = html("||@mei|| `@tomasz.w`");
    assert_eq!((mentions(&html, mei), mentions(&html, tomasz)), (true, false));
}

#[test]
fn links_to_other_sites_are_found_but_not_those_that_are_hidden() {
    let body = "https://a.bc/?x=1&y='2 @mei #general [x](https://a.bc/?x=1&y=%272#top) mailto:a@b.c \\
        https://chat.example.org/rooms/general `https://no.pe` <https://d.ef> https://g.hi ||https://no.pe|| https://no.pe";
    let found: Vec<String> = links(&html(body), 2).into_iter().map(String::from).collect();
    assert_eq!(found, ["https://a.bc/?x=1&y=%272", "https://d.ef/"]);
    assert_eq!(links(&html("nothing"), 2), []);
}

#[test]
fn a_card_is_text_and_a_link() {
    let card = Card {
        address: "https://a.bc/\"x".into(),
        title: "<b>T</b>".into(),
        description: "a \"b\" & <script>".into(),
        site: "a.bc".into(),
    };
    let drawn = with_cards("<p>x</p>", std::slice::from_ref(&card));
    assert_eq!(
        drawn,
        format!(
            "<p>x</p><aside class=\"preview\"><small>a.bc</small><a class=\"title\" href=\"https://a.bc/%22x\" {LINK}>\
             &lt;b&gt;T&lt;/b&gt;</a><p>a &quot;b&quot; &amp; &lt;script&gt;</p></aside>"
        )
    );
    scan(&drawn);
    assert_eq!(browse(&drawn).tags, scan(&drawn).tags);
    let bad = Card {
        address: "javascript:alert(1)".into(),
        ..card.clone()
    };
    assert_eq!(with_cards("<p>x</p>", &[bad]), "<p>x</p>");
    assert!(with_cards("", &vec![card; 10_000]).len() <= HTML_BYTES_MAX);
}

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
