//! JSON, as little of it as the page needs.
//!
//! The derived readers of `serde` read every frame in every way that JSON allows, and made up a third of the page's
//! code. Reading into a tree of borrowed texts and picking the fields by hand weighs a tenth of that; tests hold the
//! two against each other.

use std::borrow::Cow;

/// So deep may lists and objects be nested; what comes from our server never is.
const DEPTH_MAX: usize = 32;

/// One value, borrowed from its text wherever the text says it plainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing. Absent fields count as this.
    Null,
    /// True or false.
    Flag(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Value<'a>>),
    /// An object's fields, in their order.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Reads one value; `None`: it is not JSON.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.skip_space();
        (reader.at == text.len()).then_some(value)
    }

    /// A field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> &Self {
        match self {
            Self::Object(fields) => fields
                .iter()
                .find(|(key, _)| key == name)
                .map_or(&Self::Null, |(_, value)| value),
            _ => &Self::Null,
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The text, to keep.
    #[must_use]
    pub fn string(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// The whole number.
    #[must_use]
    pub fn number<T: std::str::FromStr>(&self) -> Option<T> {
        if let Self::Number(digits) = self {
            digits.parse().ok()
        } else {
            None
        }
    }

    /// The truth value.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        if let Self::Flag(flag) = self {
            Some(*flag)
        } else {
            None
        }
    }

    /// What the text stands for.
    #[must_use]
    pub fn read<T: std::str::FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// Every item of the list, read in the same way; `None` as soon as one cannot be.
    pub fn list<T>(&self, mut read: impl FnMut(&Self) -> Option<T>) -> Option<Vec<T>> {
        let Self::List(items) = self else { return None };
        // Written out: collecting brings four functions for every kind of item.
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            all.push(read(item)?);
        }
        Some(all)
    }

    /// A value that may be absent. `None`: it is there and cannot be read.
    pub fn option<T>(&self, read: impl FnOnce(&Self) -> Option<T>) -> Option<Option<T>> {
        if *self == Self::Null {
            Some(None)
        } else {
            read(self).map(Some)
        }
    }
}

/// Appends `text` as a JSON text.
pub fn quote(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => {
                let code = c as usize;
                out.push_str("\\u00");
                out.extend([char::from(HEX[code >> 4]), char::from(HEX[code & 15])]);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        self.skip_space();
        match self.peek()? {
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Flag(true)),
            b'f' => self.word("false", Value::Flag(false)),
            b'"' => self.text().map(Value::Text),
            b'[' if depth < DEPTH_MAX => self
                .items(b']', |reader| reader.value(depth + 1))
                .map(Value::List),
            b'{' if depth < DEPTH_MAX => self.items(b'}', |reader| reader.field(depth)).map(Value::Object),
            b'-' | b'0'..=b'9' => Some(self.number()),
            _ => None,
        }
    }

    fn field(&mut self, depth: usize) -> Option<(Cow<'a, str>, Value<'a>)> {
        self.skip_space();
        let name = self.text()?;
        self.skip_space();
        self.take(b':').then_some(())?;
        Some((name, self.value(depth + 1)?))
    }

    /// What stands between an opening bracket and `end`, separated by commas.
    fn items<T>(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(end) {
            return Some(items);
        }
        loop {
            items.push(item(self)?);
            self.skip_space();
            if self.take(end) {
                return Some(items);
            }
            self.take(b',').then_some(())?;
        }
    }

    /// The exact form of a number is left to whoever needs its value.
    fn number(&mut self) -> Value<'a> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
        {
            self.at += 1;
        }
        Value::Number(self.text.get(start..self.at).unwrap_or_default())
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        self.take(b'"').then_some(())?;
        let start = self.at;
        let plain = self.run()?;
        if self.take(b'"') {
            return Some(Cow::Borrowed(plain));
        }
        let mut text = self.text.get(start..self.at)?.to_owned();
        while !self.take(b'"') {
            self.at += 1;
            text.push(self.escape()?);
            text.push_str(self.run()?);
        }
        Some(Cow::Owned(text))
    }

    /// Everything up to the next quote or backslash.
    fn run(&mut self) -> Option<&'a str> {
        // Not by brackets, here and elsewhere: what they say when they fail takes more code than this file.
        let rest = self.text.get(self.at..)?;
        let length = rest
            .bytes()
            .position(|byte| matches!(byte, b'"' | b'\\') || byte < b' ')?;
        let run = rest.get(..length)?;
        self.at += length;
        matches!(self.peek()?, b'"' | b'\\').then_some(run)
    }

    /// What a backslash, already passed, stands for.
    fn escape(&mut self) -> Option<char> {
        let kind = self.peek()?;
        self.at += 1;
        Some(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => return self.unit_escape(),
            _ => return None,
        })
    }

    /// Characters beyond the first 65,536 are written as two units.
    fn unit_escape(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        (self.take(b'\\') && self.take(b'u')).then_some(())?;
        let second = self
            .unit()?
            .checked_sub(0xdc00)
            .filter(|second| *second < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits
            .chars()
            .try_fold(0, |sum, digit| Some(sum * 16 + digit.to_digit(16)?))
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Option<Value<'a>> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    fn skip_space(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
        {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn same(value: &Value<'_>, other: &serde_json::Value) -> bool {
        match (value, other) {
            (Value::Null, serde_json::Value::Null) => true,
            (Value::Flag(a), serde_json::Value::Bool(b)) => a == b,
            (Value::Number(a), serde_json::Value::Number(b)) => *a == b.to_string(),
            (Value::Text(a), serde_json::Value::String(b)) => a == b,
            (Value::List(a), serde_json::Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Value::Object(a), serde_json::Value::Object(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, value)| b.get(&**key).is_some_and(|other| same(value, other)))
            }
            _ => false,
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(|flag| json!(flag)),
            any::<i64>().prop_map(|number| json!(number)),
            any::<String>().prop_map(|text| json!(text)),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|items| json!(items)),
                prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|fields| json!(fields)),
            ]
        })
    }

    #[test]
    fn every_escape_is_read() {
        let text = r#""\"\\\/\b\f\n\r\t\u00e9\ud83e\udd86""#;
        assert_eq!(
            Value::parse(text).unwrap().text(),
            Some("\"\\/\u{8}\u{c}\n\r\té🦆")
        );
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\n\"",
            "nul",
            "1 2",
            "[1 2]",
            "'a'",
            "\"\\u00é\"",
        ] {
            assert_eq!(Value::parse(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        assert!(Value::parse(&("[".repeat(DEPTH_MAX) + &"]".repeat(DEPTH_MAX))).is_some());
        assert!(Value::parse(&("[".repeat(DEPTH_MAX + 1) + &"]".repeat(DEPTH_MAX + 1))).is_none());
    }

    #[test]
    fn absent_and_null_are_alike_and_wrong_is_neither() {
        let value = Value::parse(r#"{"a":null,"b":"x"}"#).unwrap();
        assert_eq!(value.get("a").option(Value::number::<u64>), Some(None));
        assert_eq!(value.get("c").option(Value::number::<u64>), Some(None));
        assert_eq!(value.get("b").option(Value::number::<u64>), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_serde_writes_is_read_as_it_was(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert!(same(&Value::parse(&text).unwrap(), &value));
        }

        #[test]
        fn what_is_quoted_serde_reads_as_it_was(text in any::<String>()) {
            let mut quoted = String::new();
            quote(&text, &mut quoted);
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>(), cut in any::<prop::sample::Index>(), value in any_json()) {
            let _ = Value::parse(&text);
            let whole = value.to_string();
            let cut = cut.index(whole.len() + 1);
            let _ = Value::parse(whole.get(..cut).unwrap_or_default());
        }
    }
}
