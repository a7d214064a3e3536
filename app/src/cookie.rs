//! The session cookie: the one place that knows its name and flags.

use backend::session::secret::Secret;
use http::{HeaderMap, header};

use backend::session::ABSOLUTE_MS;

/// How the cookie is written: over HTTPS it is bound to the host and never sent in clear.
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
        let lines = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let pairs = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let value = pairs
            .filter(|(name, _)| *name == self.name())
            .map(|(_, value)| value)
            .next();
        match value.map(Secret::parse_cookie) {
            None => Presented::Nothing,
            Some(None) => Presented::Malformed,
            Some(Some(secret)) => Presented::Secret(secret),
        }
    }

    fn line(self, value: &str, max_age_s: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!(
            "{}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}",
            self.name()
        )
    }
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
