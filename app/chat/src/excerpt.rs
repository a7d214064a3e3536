//! What a message says, as plain text: for lists, notifications and what a search found.

use crate::Message;

/// What stands where a spoiler hides its text.
const COVERED: &str = "▒▒▒";
/// Tags that begin or end a line.
const LINES: [&str; 10] = [
    "p",
    "br",
    "hr",
    "li",
    "ul",
    "ol",
    "pre",
    "tr",
    "table",
    "blockquote",
];
/// Tags that stand apart from what is beside them on their line.
const CELLS: [&str; 2] = ["td", "th"];
/// The characters that a rendering escapes.
const ENTITIES: [(&str, char); 5] = [
    ("&amp;", '&'),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&quot;", '"'),
    ("&#39;", '\''),
];

impl Message {
    /// The beginning of what it says, in one line of at most `chars` characters and an ellipsis. Of a message that is
    /// nothing but files, their names.
    #[must_use]
    pub fn excerpt(&self, chars: usize) -> String {
        if self.deleted {
            return "This message was deleted.".to_owned();
        }
        let said = one_line(&text(&self.html), chars);
        if !said.is_empty() {
            return said;
        }
        let names: Vec<&str> = self.attachments.iter().map(|file| file.name.as_str()).collect();
        one_line(&names.join(", "), chars)
    }
}

/// How a rendering reads: without its markup, a line for each of its lines, and spoilers covered. What is not a
/// rendering of Natter's own may read strangely, and is never more than text.
#[must_use]
pub fn text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut spoiler = 0;
    let mut rest = html;
    while let Some((before, tag, after)) = next_tag(rest) {
        if spoiler == 0 {
            push_unescaped(&mut text, before);
        }
        if tag.starts_with("aside") {
            // Previews of what it links to are not what it says.
            return trimmed(text);
        }
        spoiler = depth_after(tag, spoiler);
        if spoiler == 1 && tag.contains("\"spoiler\"") {
            text.push_str(COVERED);
        }
        if spoiler == 0 {
            push_gap(&mut text, tag);
        }
        rest = after;
    }
    push_unescaped(&mut text, rest);
    trimmed(text)
}

/// The text before the next tag, that tag, and what comes after. In attributes every `>` is escaped.
fn next_tag(html: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = html.split_once('<')?;
    let (tag, after) = rest.split_once('>')?;
    Some((before, tag, after))
}

/// How many elements are open within a spoiler, itself counted, after this tag.
fn depth_after(tag: &str, depth: usize) -> usize {
    let begins = tag.contains("class=\"spoiler\"");
    match (tag.starts_with('/'), is(tag, &["br", "hr"])) {
        (true, _) => depth.saturating_sub(1),
        (false, false) if begins || depth > 0 => depth + 1,
        _ => depth,
    }
}

fn push_gap(text: &mut String, tag: &str) {
    if is(tag, &LINES) && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    if is(tag, &CELLS) && !text.is_empty() && !text.ends_with(char::is_whitespace) {
        text.push(' ');
    }
}

fn is(tag: &str, names: &[&str]) -> bool {
    let name = tag.trim_start_matches('/');
    let name = name.split_whitespace().next().unwrap_or_default();
    names.contains(&name)
}

fn push_unescaped(text: &mut String, mut html: &str) {
    while let Some(at) = html.find('&') {
        text.push_str(&html[..at]);
        html = &html[at..];
        let entity = ENTITIES.iter().find(|(entity, _)| html.starts_with(entity));
        let (length, c) = entity.map_or((1, '&'), |(entity, c)| (entity.len(), *c));
        text.push(c);
        html = &html[length..];
    }
    text.push_str(html);
}

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text
}

fn one_line(text: &str, chars: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_left_out_and_what_it_escapes_is_read() {
        let html = "<p>Say <strong>&lt;hi&gt;</strong> &amp; &quot;bye&#39; &copy;</p>";
        assert_eq!(text(html), "Say <hi> & \"bye' &copy;");
    }

    #[test]
    fn blocks_are_lines_and_cells_stand_apart() {
        assert_eq!(
            text("<p>one</p><ul><li>two</li><li>three<br>four</li></ul>"),
            "one\ntwo\nthree\nfour"
        );
        assert_eq!(
            text("<table><thead><tr><th>a</th><th>b</th></tr></thead></table>"),
            "a b"
        );
    }

    #[test]
    fn a_spoiler_gives_nothing_away() {
        let html = "<p>He is <span class=\"spoiler\" role=\"group\"><span>the <em>mur</em>derer<br>!</span></span>, \
                    <b>really</b></p>";
        assert_eq!(text(html), "He is ▒▒▒, really");
        let two =
            "<span class=\"spoiler\"><span>a</span></span> <span class=\"spoiler\"><span>b</span></span>";
        assert_eq!(text(two), "▒▒▒ ▒▒▒");
    }

    #[test]
    fn a_preview_is_not_what_the_message_says() {
        assert_eq!(
            text("<p>look</p><aside class=\"preview\"><p>A title</p></aside>"),
            "look"
        );
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        assert_eq!(one_line("two\n\n  lines ", 9), "two lines");
        assert_eq!(one_line("two lines", 3), "two…");
        assert_eq!(one_line(&"線".repeat(500), 200).chars().count(), 201);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn anything_is_read_without_a_panic(html in "([<>&;/\"ap ]|\\PC){0,80}") {
            prop_assert!(text(&html).len() <= html.len() * COVERED.len());
        }
    }
}
