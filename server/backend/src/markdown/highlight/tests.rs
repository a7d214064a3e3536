use std::time::{Duration, Instant};

use super::{Language, PIECES_MAX, push_code};

/// What comes out, with `[k:…]` for a piece of class `k`.
fn coloured(name: &str, code: &str) -> String {
    let mut out = String::new();
    push_code(
        &mut out,
        code,
        Language::of(name).unwrap(),
        &mut PIECES_MAX.clone(),
    );
    out.replace("<span class=\"", "[")
        .replace("\">", ":")
        .replace("</span>", "]")
}

#[test]
fn languages_are_read_as_far_as_a_glance_goes() {
    let cases = [
        (
            "rust",
            "fn f<'a>(x: &'a str) -> Vec<u8> { g!('\\'', 1..2, \"a\\\"b\") } // end",
            "[k:fn] f&lt;&#39;a&gt;(x: &amp;&#39;a [k:str]) -&gt; [t:Vec]&lt;[k:u8]&gt; { [f:g]!([s:&#39;\\&#39;&#39;], \
             [n:1]..[n:2], [s:&quot;a\\&quot;b&quot;]) } [c:// end]",
        ),
        (
            "js",
            "const a = `x\n${b}`; /* c\nd */ let",
            "[k:const] a = [s:`x\n${b}`]; [c:/* c\nd */] [k:let]",
        ),
        (
            "python",
            "def f(a): # c\n  return '''x\ny''' + \"z\n",
            "[k:def] [f:f](a): [c:# c]\n  [k:return] [s:&#39;&#39;&#39;x\ny&#39;&#39;&#39;] + [s:&quot;z]\n",
        ),
        ("sh", "echo $# a#b # c", "[k:echo] $# a#b [c:# c]"),
        ("sql", "SELECT a FROM t -- c", "[k:SELECT] a [k:FROM] t [c:-- c]"),
        (
            "json",
            "{\"a\" : [1.5e-3, \"b\", true]}",
            "{[p:&quot;a&quot;] : [[n:1.5e-3], [s:&quot;b&quot;], [k:true]]}",
        ),
        ("yaml", "a-b: c # d", "[p:a-b]: c [c:# d]"),
        ("toml", "a.b = 'c'", "[p:a.b] = [s:&#39;c&#39;]"),
        ("css", "p { color: red }", "p { [p:color]: red }"),
        (
            "html",
            "<!-- c --><a href='x' b=1>t</a>",
            "[c:&lt;!-- c --&gt;]&lt;[k:a] [p:href]=[s:&#39;x&#39;] [p:b]=[p:1]&gt;t&lt;/[k:a]&gt;",
        ),
        (
            "diff",
            "@@ 1 @@\n-a\n+b\n c\n",
            "[p:@@ 1 @@]\n[d:-a]\n[a:+b]\n c\n",
        ),
    ];
    for (name, code, expected) in cases {
        assert_eq!(coloured(name, code), expected, "{name}");
    }
}

#[test]
fn code_of_many_pieces_is_plain_after_the_most() {
    let out = coloured("json", &"1 ".repeat(4_000));
    assert_eq!(out.matches("[n:").count(), PIECES_MAX);
}

#[test]
fn code_made_to_be_slow_is_read_once() {
    let fragments = [
        "\"", "'", "`", "/*", "//", "\\", "<", "<!--", "a", "1", "1e", "'\\", "--[[", "{-", "#|", "\"\"\"",
        "''", "+\n", "-", "@", "$", "<a ", "=", "…", "é'",
    ];
    for fragment in fragments {
        for name in [
            "rust", "html", "diff", "js", "python", "nix", "lua", "lisp", "yaml", "sh", "css", "sql",
        ] {
            let code = fragment.repeat(8_000);
            let started = Instant::now();
            let out = coloured(name, &code);
            assert!(started.elapsed() < Duration::from_secs(1), "{name} {fragment:?}");
            assert!(!out.is_empty());
        }
    }
}
