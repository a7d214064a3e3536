//! How a person without a picture is drawn: one letter on one of twelve colours. The server draws it into the
//! page and the browser into what comes later, so both ask here.

use chat::UserId;

/// The class that gives an avatar its colour, the same for a user everywhere.
#[must_use]
pub const fn hue(user: UserId) -> &'static str {
    const HUES: [&str; 12] = [
        "h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8", "h9", "h10", "h11",
    ];
    // The last byte of an id is random; the first ones are the time of its making.
    HUES[user.0.as_bytes()[15] as usize % HUES.len()]
}

/// The letter that stands for a display name. The browser asks its own tables: Rust's weigh 17 kB.
#[cfg(feature = "hydrate")]
#[must_use]
pub fn initial(display_name: &str) -> String {
    let letters = js_sys::RegExp::new(r"[\p{Alphabetic}\p{N}]", "u");
    let letter = letters
        .exec(display_name)
        .and_then(|found| found.get(0).as_string());
    let letter = letter.or_else(|| display_name.chars().next().map(String::from));
    let letter = js_sys::JsString::from(letter.unwrap_or_default());
    String::from(letter.to_upper_case())
}

/// The letter that stands for a display name.
#[cfg(not(feature = "hydrate"))]
#[must_use]
pub fn initial(display_name: &str) -> String {
    let letter = display_name
        .chars()
        .find(|c| c.is_alphanumeric())
        .or_else(|| display_name.chars().next());
    letter.map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::initial;

    #[test]
    fn the_first_letter_stands_for_a_name() {
        assert_eq!(initial("rosa"), "R");
        assert_eq!(initial("„田中“"), "田");
        assert_eq!(initial("🦆"), "🦆");
        assert_eq!(initial(""), "");
    }
}
