//! Events of the Markdown parser to HTML: every tag that can come out stands here or in [`super::text`].

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Tag};

use super::{
    DEPTH_MAX, HTML_BYTES_MAX, Setting, address,
    highlight::{self, Language},
    text::push_escaped,
};

/// The most characters of a code block's language.
const LANGUAGE_CHARS_MAX: usize = 32;

/// The output passed [`HTML_BYTES_MAX`].
pub(super) struct TooLong;

/// The HTML of these events.
pub(super) fn write<'e>(
    events: impl Iterator<Item = Event<'e>>,
    setting: Setting<'_>,
) -> Result<String, TooLong> {
    let mut writer = Writer {
        setting,
        pieces: highlight::PIECES_MAX,
        ..Writer::default()
    };
    for event in events {
        writer.event(event);
        if writer.out.len() > HTML_BYTES_MAX {
            return Err(TooLong);
        }
    }
    Ok(writer.out)
}

#[derive(Default)]
pub(super) struct Writer<'a> {
    pub(super) out: String,
    /// The tags that the parser began, innermost last.
    pub(super) open: Vec<Open>,
    /// How many of those nest as deep as people like.
    depth: usize,
    pub(super) within_link: bool,
    within_code: bool,
    language: Option<&'static Language>,
    /// How many more pieces of code may be coloured.
    pieces: usize,
    /// How many spoilers there are.
    pub(super) spoilers: usize,
    table: Table,
    pub(super) setting: Setting<'a>,
}

/// A tag that has begun.
pub(super) struct Open {
    close: Close,
    /// Where in the output a spoiler could begin that ends within the same tag.
    pub(super) spoiler_at: Option<usize>,
}

/// How a tag ends.
enum Close {
    /// With these end tags.
    With(&'static str),
    /// With this end tag, and counts as nesting.
    Nested(&'static str),
    /// A link, written or not.
    Link {
        written: bool,
        content_at: usize,
        address: String,
    },
    /// A block of HTML in the source.
    Html,
    /// A code block.
    Code,
}

/// The present table; they do not nest.
#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                if is_block(&tag) {
                    self.forget_spoiler();
                }
                let close = self.start(tag);
                self.open.push(Open {
                    close,
                    spoiler_at: None,
                });
            }
            Event::End(_) => {
                if let Some(open) = self.open.pop() {
                    self.end(open.close);
                }
            }
            Event::Text(text) if self.within_code => match self.language {
                Some(language) => highlight::push_code(&mut self.out, &text, language, &mut self.pieces),
                None => push_escaped(&mut self.out, &text),
            },
            Event::Text(text) => self.text(&text),
            Event::Code(code) => {
                self.out.push_str("<code>");
                push_escaped(&mut self.out, &code);
                self.out.push_str("</code>");
            }
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => {
                self.forget_spoiler();
                self.out.push_str("<hr>");
            }
            // Characters and not a form field: nobody can tick it, and a field would need a label.
            Event::TaskListMarker(true) => self.out.push_str("<span class=\"task done\">☑</span> "),
            Event::TaskListMarker(false) => self.out.push_str("<span class=\"task\">☐</span> "),
            // Made of text in `super`, or syntax that is not switched on.
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) -> Close {
        match tag {
            Tag::Paragraph => self.begin("<p>", "</p>"),
            Tag::Heading { .. } => self.begin("<p class=\"heading\"><strong>", "</strong></p>"),
            Tag::BlockQuote(_) => self.nest("<blockquote>", "</blockquote>"),
            Tag::Emphasis => self.nest("<em>", "</em>"),
            Tag::Strong => self.nest("<strong>", "</strong>"),
            Tag::Strikethrough => self.nest("<del>", "</del>"),
            Tag::List(None) => self.nest("<ul>", "</ul>"),
            Tag::List(Some(1)) => self.nest("<ol>", "</ol>"),
            Tag::List(Some(first)) => self.nest(&format!("<ol start=\"{first}\">"), "</ol>"),
            Tag::Item => self.start_item(),
            Tag::CodeBlock(kind) => self.start_code(&kind),
            Tag::HtmlBlock => {
                self.out.push_str("<p>");
                Close::Html
            }
            Tag::Link {
                link_type: LinkType::Email,
                dest_url,
                ..
            } => self.start_link(format!("mailto:{dest_url}")),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.start_link(dest_url.into_string())
            }
            Tag::Table(alignments) => {
                self.table = Table {
                    alignments,
                    ..Table::default()
                };
                self.begin(
                    "<div class=\"table\" tabindex=\"0\"><table>",
                    "</tbody></table></div>",
                )
            }
            Tag::TableHead => {
                (self.table.in_head, self.table.column) = (true, 0);
                self.begin("<thead><tr>", "</tr></thead><tbody>")
            }
            Tag::TableRow => {
                (self.table.in_head, self.table.column) = (false, 0);
                self.begin("<tr>", "</tr>")
            }
            Tag::TableCell => self.start_cell(),
            // Syntax that is not switched on.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => Close::With(""),
        }
    }

    fn begin(&mut self, start: &str, end: &'static str) -> Close {
        self.out.push_str(start);
        Close::With(end)
    }

    fn nest(&mut self, start: &str, end: &'static str) -> Close {
        if self.depth >= DEPTH_MAX {
            return Close::With("");
        }
        self.depth += 1;
        self.out.push_str(start);
        Close::Nested(end)
    }

    fn start_item(&mut self) -> Close {
        let list_is_shown = matches!(self.open.last(), Some(open) if matches!(open.close, Close::Nested(_)));
        if list_is_shown {
            return self.begin("<li>", "</li>");
        }
        self.begin("<br>", "")
    }

    /// What can be wide scrolls within itself, also by the keyboard.
    fn start_code(&mut self, kind: &CodeBlockKind<'_>) -> Close {
        self.within_code = true;
        match kind {
            CodeBlockKind::Fenced(info) if let Some(language) = language(info) => {
                self.out.push_str("<pre tabindex=\"0\"><code class=\"language-");
                push_escaped(&mut self.out, &language);
                self.out.push_str("\">");
                self.language = Language::of(&language);
            }
            _ => self.out.push_str("<pre tabindex=\"0\"><code>"),
        }
        Close::Code
    }

    fn start_cell(&mut self) -> Close {
        let (start, end) = if self.table.in_head {
            ("<th", "</th>")
        } else {
            ("<td", "</td>")
        };
        let class = match self.table.alignments.get(self.table.column) {
            Some(Alignment::Center) => " class=\"align-center\">",
            Some(Alignment::Right) => " class=\"align-right\">",
            _ => ">",
        };
        self.table.column += 1;
        self.out.push_str(start);
        self.begin(class, end)
    }

    fn start_link(&mut self, address: String) -> Close {
        let safe = (!self.within_link).then(|| address::safe(&address)).flatten();
        if let Some(safe) = &safe {
            self.push_link_start(safe);
            self.within_link = true;
        }
        Close::Link {
            written: safe.is_some(),
            content_at: self.out.len(),
            address,
        }
    }

    fn end(&mut self, close: Close) {
        match close {
            Close::With(end) => self.out.push_str(end),
            Close::Nested(end) => {
                self.depth -= 1;
                self.out.push_str(end);
            }
            Close::Link {
                written,
                content_at,
                address,
            } => {
                // Nothing to read and click on would also hide that something was written.
                if self.out.len() == content_at {
                    push_escaped(&mut self.out, &address);
                }
                if written {
                    self.out.push_str("</a>");
                    self.within_link = false;
                }
            }
            Close::Html => {
                // The source's last line ends, but no further one follows.
                self.out
                    .truncate(self.out.strip_suffix("<br>").map_or(self.out.len(), str::len));
                self.out.push_str("</p>");
            }
            Close::Code => {
                (self.within_code, self.language) = (false, None);
                self.out.push_str("</code></pre>");
            }
        }
    }

    /// A spoiler holds lines, not blocks.
    fn forget_spoiler(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.spoiler_at = None;
        }
    }
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}

/// The language that a code block says it is in, if it can be the end of a class name: its first word.
fn language(info: &str) -> Option<String> {
    let word = info.split([' ', '\t', ',']).next()?.to_ascii_lowercase();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
    ((1..=LANGUAGE_CHARS_MAX).contains(&word.len()) && word.chars().all(plain)).then_some(word)
}
