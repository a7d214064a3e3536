//! The secrets of sessions and tokens.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::store::SecretHash;

/// What a personal access token begins with, so that scanners find one that leaked.
pub const TOKEN_PREFIX: &str = "natter_";

const BYTES: usize = 32;
/// 32 bytes in base64 without padding.
const TEXT_CHARS: usize = 43;

/// 32 random bytes. Whoever has them is who they belong to, so nothing but the cookie or the token's owner
/// keeps them: the store and the logs see [`Secret::hash`] at most.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; BYTES]);

impl Secret {
    /// A new secret, from a cryptographic generator that the operating system seeds.
    #[must_use]
    pub fn draw() -> Self {
        Self(rand::random())
    }

    /// A secret of these bytes.
    pub(crate) const fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// What may be stored. A plain hash is enough, as nobody can guess 32 random bytes.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        Sha256::digest(self.0).into()
    }

    /// The secret as a cookie's value.
    #[must_use]
    pub fn cookie_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what [`Secret::cookie_text`] wrote, and nothing else.
    #[must_use]
    pub fn parse_cookie(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        let read = (text.len() == TEXT_CHARS).then(|| URL_SAFE_NO_PAD.decode_slice(text, &mut bytes))?;
        (read == Ok(BYTES)).then_some(Self(bytes))
    }

    /// The secret as a personal access token.
    #[must_use]
    pub fn token_text(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.cookie_text())
    }

    /// Reads what [`Secret::token_text`] wrote, and nothing else.
    #[must_use]
    pub fn parse_token(text: &str) -> Option<Self> {
        Self::parse_cookie(text.strip_prefix(TOKEN_PREFIX)?)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_gives_back_what_was_written() {
        let secret = Secret::draw();
        assert_eq!(Secret::parse_cookie(&secret.cookie_text()), Some(secret.clone()));
        assert_eq!(Secret::parse_token(&secret.token_text()), Some(secret.clone()));
        assert_ne!(Secret::draw(), secret);
    }

    #[test]
    fn every_secret_has_one_spelling() {
        let text = Secret([0xff; BYTES]).cookie_text();
        assert_eq!(text.len(), TEXT_CHARS);
        let other_last_bits = format!("{}9", &text[..TEXT_CHARS - 1]);
        let other_alphabet = text.replace('_', "/");
        for bad in [
            &text[1..],
            &format!("{text}="),
            &format!(" {text}"),
            &other_last_bits,
            &other_alphabet,
            "",
        ] {
            assert_eq!(Secret::parse_cookie(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_cookie_is_no_token_and_a_token_no_cookie() {
        let secret = Secret::draw();
        assert_eq!(Secret::parse_token(&secret.cookie_text()), None);
        assert_eq!(Secret::parse_cookie(&secret.token_text()), None);
        assert_eq!(Secret::parse_token(&secret.token_text().to_uppercase()), None);
    }

    #[test]
    fn what_is_stored_is_the_sha_256_of_the_bytes() {
        let known = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
        let hash: String = Secret([0; BYTES])
            .hash()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hash, known);
    }

    #[test]
    fn debug_output_does_not_tell_it() {
        let secret = Secret::draw();
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret)),
            "Secret(…) Some(Secret(…))"
        );
    }
}
