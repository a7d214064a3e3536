//! Cookies: the one place that writes and reads them. None of them can be read by scripts.

use backend::session::secret::Secret;
use http::{HeaderMap, header};

use backend::session::ABSOLUTE_MS;

/// The session cookie, and how the site writes all others: over HTTPS it is bound to the host, and none is ever sent in
/// clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// The cookie for a site that people reach over HTTPS (`true`) or plain HTTP.
    #[must_use]
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// Whether cookies are for HTTPS only.
    pub(crate) const fn secure(self) -> bool {
        self.secure
    }

    const fn name(self) -> &'static str {
        if self.secure {
            "__Host-natter_session"
        } else {
            "natter_session"
        }
    }

    /// The `Set-Cookie` that signs a browser in.
    #[must_use]
    pub fn set(self, secret: &Secret) -> String {
        self.line(&secret.cookie_text(), ABSOLUTE_MS / 1000)
    }

    /// The `Set-Cookie` that signs a browser out.
    #[must_use]
    pub fn clear(self) -> String {
        self.line("", 0)
    }

    /// What a request's cookies say.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Presented {
        match read(headers, self.name()).map(Secret::parse_cookie) {
            None => Presented::Nothing,
            Some(None) => Presented::Malformed,
            Some(Some(secret)) => Presented::Secret(secret),
        }
    }

    fn line(self, value: &str, max_age_s: i64) -> String {
        line(self.name(), value, max_age_s, self.secure)
    }
}

/// The `Set-Cookie` of any cookie; one of no age is forgotten.
pub(crate) fn line(name: &str, value: &str, max_age_s: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
}

/// The value of a request's first cookie of this name.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// What a request brought.
#[derive(Debug)]
pub enum Presented {
    /// No session cookie.
    Nothing,
    /// A session cookie that was never one of ours.
    Malformed,
    /// A secret, whose session may or may not be.
    Secret(Secret),
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn no_cookie_is_for_scripts_and_none_is_sent_in_clear_over_https() {
        assert_eq!(
            line("a", "1", 60, true),
            "a=1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            SessionCookie::new(false).clear(),
            "natter_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name_in_any_line() {
        let mut headers = HeaderMap::new();
        for line in ["xa=0; b=2", "junk;a=1=1; a=3"] {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        let found = ["a", "b", "junk"].map(|name| read(&headers, name));
        assert_eq!(found, [Some("1=1"), Some("2"), None]);
    }
}
