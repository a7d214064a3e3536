//! What a form's function answers with: another page to go to or, where something would be lost on the way, a page.

use http::{StatusCode, header};
use leptos::{config::LeptosOptions, prelude::*};

use crate::{
    address::Address,
    shell::{Sheet, sheet},
    visit::{answer_header, go_to},
};

/// An answer to a form.
pub(crate) struct Answer {
    status: StatusCode,
    /// Where to go; for a page, where it belongs.
    location: String,
    cookie: Option<String>,
    page: Option<Sheet>,
}

impl Answer {
    /// Go there. The browser asks for it anew, so that reloading does not send the form again.
    pub(crate) fn see(address: Address) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            location: address.into_string(),
            cookie: None,
            page: None,
        }
    }

    /// A page of its own that stands for `location`, for what must not travel in an address.
    pub(crate) fn page(
        status: StatusCode,
        location: &str,
        title: &str,
        body: impl FnOnce() -> AnyView,
    ) -> Self {
        let options = use_context::<LeptosOptions>();
        let options = options.unwrap_or_else(|| LeptosOptions::builder().output_name("natter").build());
        let page = sheet(options, title, body);
        Self {
            status,
            location: location.to_owned(),
            cookie: None,
            page: Some(page),
        }
    }

    /// The same with a cookie.
    pub(crate) fn with_cookie(mut self, line: String) -> Self {
        self.cookie = Some(line);
        self
    }

    /// Writes the answer's status and headers, and gives its body.
    pub(super) fn send(self) -> String {
        go_to(&self.location, self.status);
        answer_header(header::CACHE_CONTROL, "no-store");
        if let Some(cookie) = self.cookie {
            answer_header(header::SET_COOKIE, &cookie);
        }
        let Some(Sheet { html, policy }) = self.page else {
            return String::new();
        };
        answer_header(header::CONTENT_SECURITY_POLICY, &policy);
        html
    }
}
