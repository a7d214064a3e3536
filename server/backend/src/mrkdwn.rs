//! Slack's markup as Markdown: for what its webhooks take, and what its archives hold.

/// Who and what the ids in a text are.
pub(crate) trait Names {
    /// The username here of the user with this id there.
    fn user(&self, id: &str) -> Option<&str>;
    /// The address here of the channel with this id there.
    fn room(&self, id: &str) -> Option<&str>;
}

/// Nothing is known of any id: what the text itself calls them has to do.
pub(crate) struct Nobody;

impl Names for Nobody {
    fn user(&self, _: &str) -> Option<&str> {
        None
    }

    fn room(&self, _: &str) -> Option<&str> {
        None
    }
}

/// A text that means nothing but itself, as Markdown on one line.
pub(crate) fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '*' | '_' | '`' | '~' | '[' | ']' | '<' | '\\' | '|' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// The address, if it is one of the web that can stand in a link.
pub(crate) fn web(address: &str) -> Option<&str> {
    let known = ["https://", "http://", "mailto:"];
    let fits = known.iter().any(|scheme| address.starts_with(scheme));
    (fits && !address.contains(['<', '>', '\n', ' '])).then_some(address)
}

/// Slack's markup as Markdown: `<address|words>`, `*bold*`, `~struck~`, and three entities. Code stays as it is.
#[must_use]
pub(crate) fn markdown(text: &str, names: &dyn Names) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let fence = ["```", "`"].into_iter().find(|fence| rest.starts_with(fence));
        if let Some((code, after)) = fence.and_then(|fence| enclosed(rest, fence)) {
            out.push_str(&entities(code));
            rest = after;
        } else if let Some((inner, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            out.push_str(&reference(inner, names));
            rest = after;
        } else if let Some((mark, inner, after)) = emphasis(rest, out.chars().next_back()) {
            out.push_str(mark);
            out.push_str(&markdown(inner, names));
            out.push_str(mark);
            rest = after;
        } else {
            let (entity, length) = entity(rest).unwrap_or((first, first.len_utf8()));
            out.push(entity);
            rest = &rest[length..];
        }
    }
    out
}

/// What stands from the fence at the beginning to the next one, fences included, and what follows.
fn enclosed<'a>(text: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let length = text[fence.len()..].find(fence)?;
    (length > 0).then(|| text.split_at(length + 2 * fence.len()))
}

/// `*words*` or `~words~` at the beginning: the mark in Markdown, the words, and what follows.
fn emphasis(text: &str, before: Option<char>) -> Option<(&'static str, &str, &str)> {
    let (mark, meaning) = match text.chars().next()? {
        '*' => ('*', "**"),
        '~' => ('~', "~~"),
        _ => return None,
    };
    let (inner, after) = text[1..].split_once(mark)?;
    let tight = !inner.is_empty() && inner.trim() == inner && !inner.contains(['\n', '`', '<', '*', '~']);
    let apart = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    (tight && apart(before) && apart(after.chars().next())).then_some((meaning, inner, after))
}

/// What stands between angle brackets.
fn reference(inner: &str, names: &dyn Names) -> String {
    let (target, words) = inner
        .split_once('|')
        .map_or((inner, None), |(target, words)| (target, Some(words)));
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    let plain =
        |sign: &str, target: &str| format!("{sign}{}", words.unwrap_or(target).trim_start_matches(sign));
    match target.chars().next() {
        Some('@') => match names.user(&target[1..]) {
            Some(username) => format!("@{username}"),
            None => plain("@", &target[1..]),
        },
        Some('#') => match names.room(&target[1..]) {
            Some(slug) => format!("#{slug}"),
            None => plain("#", &target[1..]),
        },
        Some('!') => match target {
            "!here" => "@here".to_owned(),
            "!channel" | "!everyone" => "@room".to_owned(),
            _ => literal(words.unwrap_or_default()),
        },
        _ => match (web(&entities(target)), words) {
            (Some(address), Some(words)) => format!("[{}](<{address}>)", literal(&entities(words))),
            (Some(address), None) => address.to_owned(),
            (None, _) => literal(&entities(words.unwrap_or(target))),
        },
    }
}

/// The entity at the beginning, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')]
        .into_iter()
        .find(|(entity, _)| text.starts_with(entity))
        .map(|(entity, c)| (c, entity.len()))
}

fn entities(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Known;

    impl Names for Known {
        fn user(&self, id: &str) -> Option<&str> {
            (id == "U1").then_some("rosa-2")
        }

        fn room(&self, id: &str) -> Option<&str> {
            (id == "C1").then_some("harbour")
        }
    }

    #[test]
    fn ids_become_the_names_that_are_used_here() {
        for (slack, ours) in [
            (
                "<@U1> and <@U1|rosa> and <@U2|mei>",
                "@rosa-2 and @rosa-2 and @mei",
            ),
            ("<#C1> <#C1|pier> <#C2|quay>", "#harbour #harbour #quay"),
        ] {
            assert_eq!(markdown(slack, &Known), ours, "{slack}");
        }
    }

    #[test]
    fn slacks_markup_becomes_markdown() {
        for (slack, ours) in [
            ("plain text", "plain text"),
            (
                "*bold* and _italic_ and ~gone~",
                "**bold** and _italic_ and ~~gone~~",
            ),
            ("2*3*4 * 5", "2*3*4 * 5"),
            (
                "see <https://example.org/a?b=1&amp;c=2>",
                "see https://example.org/a?b=1&c=2",
            ),
            (
                "<https://example.org|the *site*>",
                "[the \\*site\\*](<https://example.org>)",
            ),
            (
                "<mailto:rosa@example.org|Rosa>",
                "[Rosa](<mailto:rosa@example.org>)",
            ),
            ("<javascript:alert(1)|click>", "click"),
            (
                "<!here> <!channel> <@U024BE7LH|rosa> <#C024BE7LR|harbour>",
                "@here @room @rosa #harbour",
            ),
            ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
            ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
            ("`*not bold*` ```<x> &lt;y&gt;```", "`*not bold*` ```<x> <y>```"),
            ("an < open bracket", "an < open bracket"),
            ("`` ` *", "`` ` *"),
        ] {
            assert_eq!(markdown(slack, &Nobody), ours, "{slack}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_grows_little(text in "[*~`<>|@#!&;a-z \n]{0,200}") {
            let written = markdown(&text, &Nobody);
            prop_assert!(written.len() <= 4 * text.len() + 8, "{}", written);
        }
    }
}
