//! Addresses within the site: put together, taken apart, and kept from leading elsewhere.

use std::fmt::Write;

use chat::{Room, RoomKind};

/// The longest value, in bytes, that an address carries; header lines and addresses have their limits everywhere.
pub(crate) const VALUE_BYTES_MAX: usize = 1500;

/// An address with a query, every part of it encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    /// An address that needs no encoding any more.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The same with one more pair in the query; nothing is added for a value that is empty or too long.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        if (1..=VALUE_BYTES_MAX).contains(&value.len()) {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(key);
            self.0.push('=');
            encode_into(&mut self.0, value);
        }
        self
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Where a room is: a conversation between two is called by the other's name, everything else by its slug.
pub(crate) fn of_room(room: &Room) -> String {
    match (room.kind, room.users.as_slice()) {
        (RoomKind::Direct, [other]) => of_person(&other.username),
        _ => of_slug(&room.slug),
    }
}

/// Where the room of this slug is.
pub(crate) fn of_slug(slug: &str) -> String {
    format!("/rooms/{}", encode(slug))
}

/// Where the conversation with this person is.
pub(crate) fn of_person(username: &str) -> String {
    format!("/direct/{}", encode(username))
}

/// Where a person's profile is.
pub(crate) fn of_profile(username: &str) -> String {
    format!("/people/{}", encode(username))
}

/// `path`, if it leads to a page of this site and nowhere else. Browsers take `//` and `/\` for other hosts.
pub(crate) fn local(path: &str) -> Option<&str> {
    let inside = path.starts_with('/') && !path.starts_with("//");
    let plain = path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    (inside && plain).then_some(path)
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    encode_into(&mut out, text);
    out
}

fn encode_into(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// What stands behind the `?` of a request, decoded once. (The router's own map decodes it twice.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query; what is not UTF-8 is replaced.
    pub(crate) fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(k, v)| (decode(k), decode(v)))
                .collect(),
        )
    }

    /// The first value of this key; empty where there is none.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map_or("", |(_, value)| value)
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                at += 3;
            }
            None => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_gives_back_what_was_put_in() {
        let text = "100%25 & more? «é» +1\n";
        let address = Address::new("/login")
            .with("draft", text)
            .with("empty", "")
            .with("b", "2")
            .into_string();
        let (_, query) = address.split_once('?').unwrap();
        let read = Query::read(query);
        assert_eq!(
            (read.get("draft"), read.get("b"), read.get("empty")),
            (text, "2", "")
        );
    }

    #[test]
    fn a_broken_query_is_read_as_far_as_it_goes() {
        let read = Query::read("a=%&b=%zz&c=%e&&=x&d&e=%FF&f=a+b");
        assert_eq!((read.get("a"), read.get("b"), read.get("c")), ("%", "%zz", "%e"));
        assert_eq!(
            (read.get("d"), read.get("e"), read.get("f")),
            ("", "\u{FFFD}", "a b")
        );
    }

    #[test]
    fn only_pages_of_this_site_are_local() {
        for good in ["/", "/rooms/general?before=7"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in [
            "",
            "rooms",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb: c",
            "/ö",
        ] {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn slugs_of_any_script_fit_into_an_address() {
        assert_eq!(of_slug("港"), "/rooms/%E6%B8%AF");
    }
}
