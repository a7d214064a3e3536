//! Light, dark, or as the system has it. The choice is a cookie, so that the first byte of a page has it right.

use crate::visit::cookie;

const COOKIE: &str = "natter_theme";
const MAX_AGE_S: u32 = 400 * 24 * 60 * 60;

/// A choice other than the system's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// The theme of this name; `None`: the system decides.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What the visitor chose.
pub(crate) fn chosen() -> Option<Theme> {
    Theme::named(&cookie(COOKIE)?)
}

/// The `Set-Cookie` that keeps a choice.
pub(crate) fn keep(theme: Option<Theme>) -> String {
    match theme {
        Some(theme) => format!(
            "{COOKIE}={}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax",
            theme.name()
        ),
        None => format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    }
}
