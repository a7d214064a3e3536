//! Quotations: what a message says, as Markdown for an answer to it.

/// The most lines of a message that are quoted.
const LINES_MAX: usize = 8;
/// The most characters of it.
const CHARS_MAX: usize = 500;

/// A quotation of `body`, which `author` wrote at `address`, with an empty line after it to go on writing.
#[must_use]
pub fn quotation(author: &str, address: &str, body: &str) -> String {
    let mut quoted = String::from("> [");
    for c in author.chars() {
        // The name is text, whatever it looks like.
        if c.is_ascii_punctuation() {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    for part in ["](", address, ")\n"] {
        quoted.push_str(part);
    }
    let shown: String = body.chars().take(CHARS_MAX).collect();
    let mut lines = shown.split('\n');
    for line in lines.by_ref().take(LINES_MAX) {
        for part in ["> ", line, "\n"] {
            quoted.push_str(part);
        }
    }
    if shown.len() < body.len() || lines.next().is_some() {
        quoted.push_str("> …\n");
    }
    quoted.push('\n');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_quoted_and_the_author_is_named() {
        assert_eq!(
            quotation("Mei [x]", "https://a.bc/rooms/r/1", "one\n\n> two"),
            "> [Mei \\[x\\]](https://a.bc/rooms/r/1)\n> one\n> \n> > two\n\n"
        );
    }

    #[test]
    fn long_messages_are_cut() {
        let by_lines = quotation("a", "b", &"line\n".repeat(100));
        assert_eq!(
            by_lines.lines().filter(|line| *line == "> line").count(),
            LINES_MAX
        );
        let by_chars = quotation("a", "b", &"語".repeat(8_000));
        assert_eq!(by_chars.chars().filter(|c| *c == '語').count(), CHARS_MAX);
        assert!(
            [by_lines, by_chars]
                .iter()
                .all(|quoted| quoted.ends_with("> …\n\n"))
        );
    }
}
