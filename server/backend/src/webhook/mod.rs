//! Webhooks: addresses at which programs post here ([`incoming`]), and addresses elsewhere that are told what is
//! written here ([`outgoing`], [`deliver`]).

pub mod deliver;
pub mod incoming;
pub mod outgoing;
pub mod sign;
pub mod slack;
pub mod target;

use chat::Problem;
use url::Url;

use crate::{Result, outside::ADDRESS_BYTES_MAX};

/// The most characters of a webhook's name.
pub const NAME_CHARS_MAX: usize = 64;

/// The name as it is kept.
fn parse_name(name: &str) -> Result<String> {
    chat::user::display_name(name)
        .ok_or_else(|| Problem::invalid("name", "must have 1 to 64 characters and no control characters"))
}

/// The address as it is kept. Whether it leads to a place that may be called shows at each call, as names change.
pub(crate) fn parse_url(text: &str) -> Result<Url> {
    let url = Url::parse(text.trim()).ok().filter(|url| {
        let web = matches!(url.scheme(), "http" | "https");
        let bare = url.username().is_empty() && url.password().is_none();
        web && bare && url.has_host() && url.as_str().len() <= ADDRESS_BYTES_MAX
    });
    url.ok_or_else(|| {
        Problem::invalid(
            "url",
            "must be an http or https address of at most 2,048 bytes without a password",
        )
    })
}
