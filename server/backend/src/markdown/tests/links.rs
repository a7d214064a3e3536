//! Addresses, to other sites and to this one.

use uuid::Uuid;

use super::{LINK, html, link, place};
use crate::markdown::{
    Card, HTML_BYTES_MAX, links,
    scan::{browse, scan},
    with_cards,
};

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
