//! Cards under a message: what the pages say of themselves that it links to.

use url::Url;

use super::{
    HTML_BYTES_MAX, address,
    text::{LINK_ATTRIBUTES, push_escaped},
};

/// What a link to another site comes out with.
const LINK: &str = "<a href=\"";
/// What a spoiler comes out with.
const SPOILER: &str = "<span class=\"spoiler\"";

/// What another site's page says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Where it is.
    pub address: String,
    /// What it is called.
    pub title: String,
    /// What it is about; may be empty.
    pub description: String,
    /// Whose it is.
    pub site: String,
}

/// The first links to other sites' pages in a rendering, each once. Nothing is looked up that its author hides.
#[must_use]
pub fn links(html: &str, most: usize) -> Vec<Url> {
    let mut links: Vec<Url> = Vec::new();
    let seen = html.split(SPOILER).next().unwrap_or_default();
    for part in seen.split(LINK).skip(1) {
        let written = part.split('"').next().unwrap_or_default();
        let address = written
            .replace("&#39;", "'")
            .replace("&quot;", "\"")
            .replace("&amp;", "&");
        let url = Url::parse(&address).ok();
        let is_page = |url: &Url| matches!(url.scheme(), "http" | "https");
        if let Some(mut url) = url.filter(is_page) {
            url.set_fragment(None);
            if links.len() < most && !links.contains(&url) {
                links.push(url);
            }
        }
    }
    links
}

/// A rendering with cards under it, as far as there is room for them.
#[must_use]
pub fn with_cards(html: &str, cards: &[Card]) -> String {
    let mut out = html.to_owned();
    for card in cards {
        let Some(address) = address::safe(&card.address) else {
            continue;
        };
        let mut drawn = String::from("<aside class=\"preview\"><small>");
        push_escaped(&mut drawn, &card.site);
        drawn.push_str("</small><a class=\"title\" href=\"");
        push_escaped(&mut drawn, &address);
        drawn.push_str("\" ");
        drawn.push_str(LINK_ATTRIBUTES);
        drawn.push('>');
        push_escaped(&mut drawn, &card.title);
        drawn.push_str("</a>");
        if !card.description.is_empty() {
            drawn.push_str("<p>");
            push_escaped(&mut drawn, &card.description);
            drawn.push_str("</p>");
        }
        drawn.push_str("</aside>");
        if out.len() + drawn.len() <= HTML_BYTES_MAX {
            out.push_str(&drawn);
        }
    }
    out
}
