//! The room's messages, live.
//!
//! What is held is [`chat::view::View`]; which rows of it stand where is [`crate::live::layout`]. Here the two meet
//! the page: [`rows`] draws, [`list`] scrolls, [`news`] tells what is out of sight.

#[cfg(feature = "hydrate")]
mod list;
#[cfg(feature = "hydrate")]
mod live;
#[cfg(feature = "hydrate")]
mod news;
#[cfg(feature = "hydrate")]
pub(crate) mod row;
#[cfg(feature = "hydrate")]
mod rows;
#[cfg(feature = "hydrate")]
mod when;

use leptos::prelude::*;

/// Goes on with the messages that the page shows.
#[island]
pub fn Timeline() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    live::adopt();
}
