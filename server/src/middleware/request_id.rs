//! The name of a request, by which its traces in logs are found, at this instance and at what stands before it.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// Where it travels.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over.
const BYTES_MAX: usize = 64;

/// A request's name.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only visible ASCII gets in.
        self.0.to_str().unwrap_or_default()
    }
}

/// Keeps the name that a proxy or a client gave, or gives one, and tells it with the answer.
pub async fn name(mut request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&HEADER)
        .filter(|value| is_well_formed(value));
    let value = match given {
        Some(value) => value.clone(),
        // Hyphens and hexadecimal digits are fit for a header.
        None => {
            HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("none"))
        }
    };
    request.extensions_mut().insert(RequestId(value.clone()));
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, value);
    response
}

/// Whether a name may be written into logs: nothing in it can look like something else there.
fn is_well_formed(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken_over() {
        let fits = |text: &str| is_well_formed(&HeaderValue::from_str(text).unwrap());
        for good in ["a", "3f0c9c0e-6f6a-4a57-8f5e-0a8d5a0a1b2c", "edge_1.42"] {
            assert!(fits(good), "{good}");
        }
        for bad in ["", "a b", "a\"b", "a{b}", "ü", &"x".repeat(65)] {
            assert!(!fits(bad), "{bad}");
        }
    }
}
