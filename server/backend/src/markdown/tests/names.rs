//! People and rooms that are named.

use chat::{UserId, mention::Call};
use uuid::Uuid;

use super::{html, link, mei, place};
use crate::markdown::{call, mentions};

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
fn a_mention_is_found_in_what_was_rendered() {
    let [mei, tomasz] = [1, 2].map(|number| UserId(Uuid::from_u128(number)));
    let html = html("||@mei|| `@tomasz.w`");
    assert_eq!((mentions(&html, mei), mentions(&html, tomasz)), (true, false));
}
