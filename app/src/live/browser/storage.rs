//! Small things that outlive a page, and randomness.

use web_sys::Storage;

use super::window;

/// Where to keep a text.
#[derive(Clone, Copy, Debug)]
pub enum Store {
    /// As long as the tab is open.
    Tab,
    /// As long as the browser's data.
    Browser,
}

impl Store {
    /// What is kept under `key`.
    #[must_use]
    pub fn get(self, key: &str) -> Option<String> {
        self.open()?.get_item(key).ok()?
    }

    /// Keeps a text, or with `None` forgets it. Where the browser does not let us, nothing is kept.
    pub fn set(self, key: &str, text: Option<&str>) {
        let Some(store) = self.open() else { return };
        drop(match text {
            Some(text) => store.set_item(key, text),
            None => store.remove_item(key),
        });
    }

    fn open(self) -> Option<Storage> {
        match self {
            Self::Tab => window().session_storage(),
            Self::Browser => window().local_storage(),
        }
        .ok()?
    }
}

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
