//! Prefixes as ranges: how an index in the order of bytes finds all that begins with a text.

/// The first text, in the order of bytes, after all that begin with `prefix`.
pub(crate) fn end_of(prefix: &str) -> String {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            chars.push(next);
            return chars.into_iter().collect();
        }
    }
    // All of it is the last character there is: nobody is called that, and this many of them end every name.
    std::iter::repeat_n(char::MAX, 256).collect()
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn a_prefix_ends_before_the_next_character() {
        assert_eq!(end_of("ro"), "rp");
        assert_eq!(end_of("ż"), "\u{17d}");
        assert_eq!(end_of("a\u{10ffff}"), "b");
        assert_eq!(end_of("\u{d7ff}"), "\u{e000}");
        assert!(*end_of("\u{10ffff}") > *"\u{10ffff}x");
    }
}
