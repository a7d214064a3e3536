//! What Slack's incoming webhooks take, as a message: `text`, `blocks` and `attachments`, in Slack's own markup.
//!
//! Who the author is a program cannot choose, or it could pass for anybody: a `username` of its own and an
//! `icon_emoji` become the first line.

use chat::{Problem, body::BODY_CHARS_MAX};
use serde_json::Value;

use crate::Result;

/// The most blocks and attachments that are looked at, and the most fields of one.
const PARTS_MAX: usize = 50;

/// The body of the message that `payload` asks for.
///
/// # Errors
/// `invalid` where there is no text in it, or more than a message holds.
pub fn body(payload: &Value) -> Result<String> {
    if !payload.is_object() {
        return Err(Problem::invalid("payload", "must be a JSON object"));
    }
    let mut said = Vec::new();
    let blocks: Vec<String> = parts(payload, "blocks").flat_map(block).collect();
    if blocks.is_empty() {
        said.extend(text(payload, "text"));
    } else {
        // With blocks the text is for notifications only.
        said.extend(blocks);
    }
    for attachment in parts(payload, "attachments") {
        said.extend(attached(attachment));
    }
    if said.is_empty() {
        return Err(Problem::invalid("text", "is empty"));
    }
    let body: Vec<String> = speaker(payload).into_iter().chain(said).collect();
    let body = body.join("\n");
    if body.chars().count() > BODY_CHARS_MAX {
        return Err(Problem::invalid("text", "has more than 8,000 characters"));
    }
    Ok(body)
}

/// How the program calls itself, as a line.
fn speaker(payload: &Value) -> Option<String> {
    let name = raw(payload, "username").map(|name| format!("**{}**", literal(name)));
    let icon = raw(payload, "icon_emoji").map(ToOwned::to_owned);
    let line: Vec<String> = icon.into_iter().chain(name).collect();
    (!line.is_empty()).then(|| line.join(" "))
}

/// The lines of a block.
fn block(block: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(element(block.get("text")));
    lines.extend(parts(block, "fields").filter_map(|field| element(Some(field))));
    let inline: Vec<String> = parts(block, "elements")
        .filter_map(|found| element(Some(found)))
        .collect();
    if !inline.is_empty() {
        lines.push(inline.join(" "));
    }
    if block.get("type").and_then(Value::as_str) == Some("header") {
        for line in &mut lines {
            *line = format!("**{line}**");
        }
    }
    if let Some(alt) = raw(block, "alt_text") {
        lines.push(literal(alt));
    }
    lines
}

/// A text object: either kind of text, or what stands for a picture.
fn element(object: Option<&Value>) -> Option<String> {
    let object = object?;
    let kind = object.get("type").and_then(Value::as_str);
    match kind {
        Some("mrkdwn") => text(object, "text"),
        Some("image") => raw(object, "alt_text").map(literal),
        _ => raw(object, "text").map(literal),
    }
}

/// The lines of an attachment; its fallback where there are none.
fn attached(attachment: &Value) -> Vec<String> {
    let mut lines: Vec<String> = text(attachment, "pretext").into_iter().collect();
    let title = raw(attachment, "title").map(literal);
    lines.extend(match (title, raw(attachment, "title_link").and_then(web)) {
        (Some(title), Some(link)) => Some(format!("**[{title}](<{link}>)**")),
        (Some(title), None) => Some(format!("**{title}**")),
        (None, _) => None,
    });
    lines.extend(text(attachment, "text"));
    lines.extend(parts(attachment, "blocks").flat_map(block));
    for field in parts(attachment, "fields") {
        let name = raw(field, "title").map(|name| format!("**{}**:", literal(name)));
        let field: Vec<String> = name.into_iter().chain(text(field, "value")).collect();
        lines.push(field.join(" "));
    }
    lines.extend(text(attachment, "footer"));
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() {
        lines.extend(text(attachment, "fallback"));
    }
    lines
}

fn parts<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let list = of.get(name).and_then(Value::as_array);
    list.into_iter().flatten().take(PARTS_MAX)
}

/// A text that is not only blank.
fn raw<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    let text = of.get(name)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// A text in Slack's markup, as Markdown.
fn text(of: &Value, name: &str) -> Option<String> {
    raw(of, name).map(markdown)
}

/// A text that means nothing but itself, as Markdown on one line.
fn literal(text: &str) -> String {
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
fn web(address: &str) -> Option<&str> {
    let known = ["https://", "http://", "mailto:"];
    let fits = known.iter().any(|scheme| address.starts_with(scheme));
    (fits && !address.contains(['<', '>', '\n', ' '])).then_some(address)
}

/// Slack's markup as Markdown: `<address|words>`, `*bold*`, `~struck~`, and three entities. Code stays as it is.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let fence = ["```", "`"].into_iter().find(|fence| rest.starts_with(fence));
        if let Some((code, after)) = fence.and_then(|fence| enclosed(rest, fence)) {
            out.push_str(&entities(code));
            rest = after;
        } else if let Some((inner, after)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
            out.push_str(&reference(inner));
            rest = after;
        } else if let Some((mark, inner, after)) = emphasis(rest, out.chars().next_back()) {
            out.push_str(mark);
            out.push_str(&markdown(inner));
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
fn reference(inner: &str) -> String {
    let (target, words) = inner
        .split_once('|')
        .map_or((inner, None), |(target, words)| (target, Some(words)));
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    let plain =
        |sign: &str, target: &str| format!("{sign}{}", words.unwrap_or(target).trim_start_matches(sign));
    match target.chars().next() {
        Some('@') => plain("@", &target[1..]),
        Some('#') => plain("#", &target[1..]),
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
    use serde_json::json;

    use super::*;

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
            assert_eq!(markdown(slack), ours, "{slack}");
        }
    }

    #[test]
    fn a_text_alone_is_the_message() {
        assert_eq!(body(&json!({ "text": " ahoy " })).unwrap(), "ahoy");
    }

    #[test]
    fn who_the_program_says_it_is_is_a_line_and_not_the_author() {
        let payload = json!({ "text": "done", "username": "deploy_bot", "icon_emoji": ":rocket:" });
        assert_eq!(body(&payload).unwrap(), ":rocket: **deploy\\_bot**\ndone");
    }

    #[test]
    fn blocks_and_attachments_are_read_as_text() {
        let payload = json!({
            "text": "for notifications",
            "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": "Build *7*" } },
                { "type": "section", "text": { "type": "mrkdwn", "text": "*failed*" },
                  "fields": [{ "type": "mrkdwn", "text": "one" }, { "type": "plain_text", "text": "two" }] },
                { "type": "context", "elements": [{ "type": "image", "alt_text": "a ship" }, { "type": "mrkdwn", "text": "by Rosa" }] },
                { "type": "divider" },
                7
            ],
            "attachments": [
                { "fallback": "not shown", "pretext": "Before", "title": "Log", "title_link": "https://example.org/7",
                  "text": "~old~", "fields": [{ "title": "Branch", "value": "main" }], "footer": "end" },
                { "fallback": "only this" }
            ]
        });
        let expected = "**Build \\*7\\***\n**failed**\none\ntwo\na ship by Rosa\nBefore\n**[Log](<https://example.org/7>)**\n\
                        ~~old~~\n**Branch**: main\nend\nonly this";
        assert_eq!(body(&payload).unwrap(), expected);
    }

    #[test]
    fn what_says_nothing_or_too_much_is_refused() {
        for payload in [
            json!({}),
            json!([]),
            json!("text"),
            json!({ "text": " " }),
            json!({ "text": 7 }),
            json!({ "username": "deploys" }),
            json!({ "blocks": {}, "attachments": [null, 1, []] }),
            json!({ "text": "x".repeat(8_001) }),
        ] {
            assert_eq!(body(&payload).unwrap_err().code, chat::Code::Invalid, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_grows_little(text in "[*~`<>|@#!&;a-z \n]{0,200}") {
            let written = markdown(&text);
            prop_assert!(written.len() <= 4 * text.len() + 8, "{}", written);
        }
    }
}
