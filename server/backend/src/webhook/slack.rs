//! What Slack's incoming webhooks take, as a message: `text`, `blocks` and `attachments`, in Slack's own markup.
//!
//! Who the author is a program cannot choose, or it could pass for anybody: a `username` of its own and an
//! `icon_emoji` become the first line.

use chat::{Problem, body::BODY_CHARS_MAX};
use serde_json::Value;

use crate::{
    Result,
    mrkdwn::{Nobody, literal, markdown, web},
};

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
    let said = said(payload);
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

/// What `payload` says, by lines.
pub(crate) fn said(payload: &Value) -> Vec<String> {
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
    said
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
    raw(of, name).map(|text| markdown(text, &Nobody))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
}
