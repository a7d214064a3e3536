//! The client's own id for a send.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, de};

/// The most characters of a nonce.
pub const NONCE_CHARS_MAX: usize = 64;

/// A client's id for one send: the same author and nonce again, at any time, over any transport,
/// gives the first message back and stores nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Nonce(String);

/// A nonce has 1 to 64 characters, none of them a control character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANonce;

impl fmt::Display for NotANonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a nonce has 1 to 64 characters, none of them a control character")
    }
}

impl std::error::Error for NotANonce {}

impl Nonce {
    /// Takes `text` as a nonce.
    ///
    /// # Errors
    /// [`NotANonce`] where it is empty, too long or holds control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, NotANonce> {
        let text = text.into();
        let fits = (1..=NONCE_CHARS_MAX).contains(&text.chars().count());
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text))
        } else {
            Err(NotANonce)
        }
    }

    /// The nonce as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Cow::<str>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
