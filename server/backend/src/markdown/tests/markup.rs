//! Marks become tags, and HTML is text.

use super::{html, link, mei};

fn spoiler(inside: &str) -> String {
    format!(
        r#"<span class="spoiler" role="group" aria-label="Spoiler" tabindex="0"><span>{inside}</span></span>"#
    )
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
