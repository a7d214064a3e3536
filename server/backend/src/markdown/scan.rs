//! Two readers of the HTML that came out, which share no code with what they check: a scanner that knows what
//! may come out and panics at anything else, and a parser that does as browsers do.

use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// A tag, and its attributes with how their values may begin.
type Allowed = (&'static str, &'static [(&'static str, &'static [&'static str])]);

/// Every tag that may come out.
const ALLOWED: &[Allowed] = &[
    (
        "a",
        &[
            ("class", &["mention", "place", "title"]),
            ("data-user", &["0"]),
            ("href", &["https://", "http://", "mailto:", "/rooms/", "/direct/"]),
            ("rel", &["noopener noreferrer nofollow ugc"]),
            ("target", &["_blank"]),
        ],
    ),
    ("aside", &[("class", &["preview"])]),
    ("blockquote", &[]),
    ("br", &[]),
    ("code", &[("class", &["language-"])]),
    ("del", &[]),
    ("div", &[("class", &["table"]), ("tabindex", &["0"])]),
    ("em", &[]),
    ("hr", &[]),
    ("li", &[]),
    (
        "ol",
        &[("start", &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])],
    ),
    ("p", &[("class", &["heading"])]),
    ("pre", &[("tabindex", &["0"])]),
    ("small", &[]),
    (
        "span",
        &[
            (
                "class",
                &[
                    "mention", "task", "spoiler", "k", "s", "c", "n", "f", "t", "p", "a", "d",
                ],
            ),
            ("data-user", &["0"]),
            ("data-call", &["here", "room"]),
            ("role", &["group"]),
            ("aria-label", &["Spoiler"]),
            ("tabindex", &["0"]),
        ],
    ),
    ("strong", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &[("class", &["align-"])]),
    ("th", &[("class", &["align-"])]),
    ("thead", &[]),
    ("tr", &[]),
    ("ul", &[]),
];
const VOID: &[&str] = &["br", "hr"];
const ENTITIES: &[&str] = &["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];

/// What was read.
#[derive(Default)]
pub(crate) struct Scanned {
    /// Start and end tags in order, as they are written.
    pub(crate) tags: Vec<String>,
    /// The text, entities resolved.
    pub(crate) text: String,
    /// The deepest nesting.
    pub(crate) depth: usize,
}

/// Reads `html` to the end.
///
/// # Panics
/// At everything that is not on the list, not closed in order or not escaped.
pub(crate) fn scan(html: &str) -> Scanned {
    let mut scanned = Scanned::default();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        scanned.text.push_str(&unescape(&rest[..at]));
        let end = rest[at..]
            .find('>')
            .unwrap_or_else(|| panic!("a tag does not end in {html}"));
        let tag = &rest[at + 1..at + end];
        scanned.tags.push(tag.to_owned());
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "closed out of order in {html}"),
            None => {
                let name = start_tag(tag);
                if !VOID.contains(&name) {
                    open.push(name);
                }
            }
        }
        scanned.depth = scanned.depth.max(open.len());
        rest = &rest[at + end + 1..];
    }
    scanned.text.push_str(&unescape(rest));
    assert!(open.is_empty(), "{open:?} not closed in {html}");
    scanned
}

/// Checks `name attribute="value" …`.
fn start_tag(tag: &str) -> &str {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let allowed = ALLOWED.iter().find(|(known, _)| *known == name);
    let (_, attributes) = allowed.unwrap_or_else(|| panic!("<{tag}> may not come out"));
    while !rest.is_empty() {
        let (attribute, after) = rest
            .split_once("=\"")
            .unwrap_or_else(|| panic!("<{tag}> is not well written"));
        let (value, after) = after
            .split_once('"')
            .unwrap_or_else(|| panic!("<{tag}> is not well written"));
        let known = attributes.iter().find(|(known, _)| *known == attribute);
        let (_, beginnings) = known.unwrap_or_else(|| panic!("{attribute} may not come out in <{tag}>"));
        assert!(
            beginnings.iter().any(|beginning| value.starts_with(beginning)),
            "the value of {attribute} in <{tag}>"
        );
        unescape(value);
        rest = after.strip_prefix(' ').unwrap_or(after);
        assert!(
            after.is_empty() || after.starts_with(' '),
            "<{tag}> is not well written"
        );
    }
    name
}

fn unescape(text: &str) -> String {
    assert!(!text.contains('>'), "> is not escaped in {text}");
    for (at, _) in text.match_indices('&') {
        assert!(
            ENTITIES.iter().any(|entity| text[at..].starts_with(entity)),
            "& is not escaped in {text}"
        );
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// Reads `html` as a browser does, and writes down what it understood in the way of [`scan`].
pub(crate) fn browse(html: &str) -> Scanned {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let document = parse_fragment(RcDom::default(), ParseOpts::default(), context, Vec::new(), true)
        .one(html)
        .document;
    let mut seen = Scanned::default();
    // Below the document there is a root, which the source does not have.
    for root in document.children.borrow().iter() {
        for node in root.children.borrow().iter() {
            see(&mut seen, node, 1);
        }
    }
    seen
}

fn see(seen: &mut Scanned, node: &Handle, depth: usize) {
    match &node.data {
        NodeData::Text { contents } => seen.text.push_str(&contents.borrow()),
        NodeData::Element { name, attrs, .. } => {
            let attribute = |name: &str, value: &str| format!(" {name}=\"{}\"", escape(value));
            let attributes: String = attrs
                .borrow()
                .iter()
                .map(|a| attribute(&a.name.local, &a.value))
                .collect();
            seen.tags.push(format!("{}{attributes}", name.local));
            seen.depth = seen.depth.max(depth);
            for child in node.children.borrow().iter() {
                see(seen, child, depth + 1);
            }
            if !VOID.contains(&&*name.local) {
                seen.tags.push(format!("/{}", name.local));
            }
        }
        _ => panic!("neither text nor an element"),
    }
}

fn escape(value: &str) -> String {
    let value = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    value.replace('"', "&quot;").replace('\'', "&#39;")
}
