//! Light, dark, or as the system has it. The choice is a cookie, so that the first byte of a page has it right.

use crate::visit::{cookie, remember};

const COOKIE: &str = "natter_theme";

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
    remember(COOKIE, theme.map_or("", Theme::name))
}
