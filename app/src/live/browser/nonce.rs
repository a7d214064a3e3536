//! Randomness.

use super::window;

/// A fresh nonce: 128 random bits. (`randomUUID` is not there on plain HTTP.)
#[must_use]
pub fn nonce() -> Option<chat::Nonce> {
    let mut bits = [0_u8; 16];
    window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bits)
        .ok()?;
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half & 15)]);
    let text: String = bits
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect();
    chat::Nonce::new(text).ok()
}
