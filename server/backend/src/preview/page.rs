//! What a page says of itself: its title, and what it tells others to show (Open Graph). Facts: the HTML standard,
//! <https://ogp.me>.

use std::cell::RefCell;

use html5ever::{
    Attribute,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind,
    },
};

/// How many bytes are read before looking whether all is known.
const STEP_BYTES: usize = 16 * 1024;
/// The most characters of a title.
pub(super) const TITLE_CHARS_MAX: usize = 200;
/// The most characters of a description.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 300;
/// The most characters of a site's name.
pub(super) const SITE_CHARS_MAX: usize = 80;

/// What a page says of itself, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) site: String,
}

/// Reads the head of a page.
pub(super) fn read(html: &str) -> Words {
    let tokenizer = Tokenizer::new(Head::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() && !tokenizer.sink.facts.borrow().is_over {
        let step = rest.floor_char_boundary(STEP_BYTES.min(rest.len()));
        let (now, later) = rest.split_at(step.max(1).min(rest.len()));
        queue.push_back(StrTendril::from(now));
        // A script is nothing to run here.
        let _ = tokenizer.feed(&queue);
        rest = later;
    }
    tokenizer.end();
    tokenizer.sink.facts.into_inner().words()
}

/// Listens to the tokens of a page up to its body.
#[derive(Default)]
struct Head {
    facts: RefCell<Facts>,
}

#[derive(Default)]
struct Facts {
    title: String,
    meta_title: String,
    description: String,
    meta_description: String,
    site: String,
    in_title: bool,
    is_over: bool,
}

impl TokenSink for Head {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut facts = self.facts.borrow_mut();
        match token {
            Token::TagToken(tag) if !facts.is_over => facts.tag(&tag),
            Token::CharacterTokens(text) if facts.in_title && !facts.is_over => {
                // A title that never ends is not one.
                if facts.title.len() < 4 * TITLE_CHARS_MAX {
                    facts.title.push_str(&text);
                }
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Facts {
    /// Says how what follows is to be read: the contents of some elements are no markup.
    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let is_start = tag.kind == TagKind::StartTag;
        match &*tag.name {
            "title" => {
                // Pictures have titles too; the first one is the page's.
                self.in_title = is_start && self.title.is_empty();
                if is_start {
                    return TokenSinkResult::RawData(RawKind::Rcdata);
                }
            }
            "meta" if is_start => self.meta(&tag.attrs),
            "body" if is_start => self.is_over = true,
            "head" if !is_start => self.is_over = true,
            "script" if is_start => return TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "noscript" | "noframes" | "iframe" | "xmp" if is_start => {
                return TokenSinkResult::RawData(RawKind::Rawtext);
            }
            "textarea" if is_start => return TokenSinkResult::RawData(RawKind::Rcdata),
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn meta(&mut self, attributes: &[Attribute]) {
        let value = |name: &str| {
            let mut named = attributes
                .iter()
                .filter(|attribute| &*attribute.name.local == name);
            named.next().map(|attribute| &*attribute.value)
        };
        let (Some(key), Some(content)) = (value("property").or_else(|| value("name")), value("content"))
        else {
            return;
        };
        let place = match key.to_ascii_lowercase().as_str() {
            "og:title" | "twitter:title" => &mut self.meta_title,
            "og:description" | "twitter:description" => &mut self.meta_description,
            "description" => &mut self.description,
            "og:site_name" => &mut self.site,
            _ => return,
        };
        if place.is_empty() {
            content.clone_into(place);
        }
    }

    fn words(self) -> Words {
        let first = |a: String, b: String| if a.trim().is_empty() { b } else { a };
        Words {
            title: tidy(&first(self.meta_title, self.title), TITLE_CHARS_MAX),
            description: tidy(
                &first(self.meta_description, self.description),
                DESCRIPTION_CHARS_MAX,
            ),
            site: tidy(&self.site, SITE_CHARS_MAX),
        }
    }
}

/// One line of at most so many characters, without what is not seen.
fn tidy(text: &str, most: usize) -> String {
    let seen = |c: &char| !c.is_control() && !chat::user::is_invisible_format(*c);
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(seen).collect())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_says_what_it_is() {
        let words = read(
            "<!doctype html><html><head><title>Plain &amp; <b>old</b></title>\
             <meta name=description content='In short'>\
             <meta property=\"og:title\" content=\"  The\n title &lt;x&gt; \"><META PROPERTY='og:site_name' CONTENT='Site'>\
             <meta property='og:title' content='Second'></head><body><title>no</title>",
        );
        assert_eq!(
            (&*words.title, &*words.description),
            ("The title <x>", "In short")
        );
        assert_eq!(words.site, "Site");
        assert_eq!(
            read("<title>Plain &amp; <b>old</b></title>").title,
            "Plain & <b>old</b>"
        );
        assert_eq!(
            read("<script>'<title>no</title>'</script><title>yes</title>").title,
            "yes"
        );
        assert_eq!(read("<!-- <title>no</title> --><title>yes").title, "yes");
        assert_eq!(read("<body><meta property='og:title' content='no'>").title, "");
        assert_eq!(read(""), Words::default());
    }

    #[test]
    fn long_words_are_cut() {
        let html = format!("<title>{}</title>", "語".repeat(100_000));
        assert_eq!(read(&html).title.chars().count(), TITLE_CHARS_MAX + 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read(
            parts in prop::collection::vec(prop_oneof![
                prop::sample::select(&["<title>", "</title>", "<meta property='og:title' content='", "'>", "<script>", "<!--",
                    "<", "&", "&amp;", "<body>", "\u{0}", "語"][..]).prop_map(str::to_owned),
                "\\PC{0,20}",
            ], 0..40)
        ) {
            let words = read(&parts.concat());
            prop_assert!(words.title.chars().count() <= TITLE_CHARS_MAX + 1);
            prop_assert!(!words.title.chars().any(char::is_control));
        }
    }
}
