//! Files on messages, and what every door knows of them before it has read one.

use serde::{Deserialize, Serialize};

use crate::id::AttachmentId;

/// One file on a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file's id.
    pub id: AttachmentId,
    /// Its name, fit to be shown and to be saved under.
    pub name: String,
    /// Its media type, as found in its bytes and not as claimed.
    pub content_type: String,
    /// Its size in bytes, as it is served.
    pub size: u64,
    /// Where it is: for who may read the message, and for who uploaded it.
    pub url: String,
    /// A picture's width in pixels.
    pub width: Option<u32>,
    /// A picture's height in pixels.
    pub height: Option<u32>,
    /// A picture's colour from afar, as `#rrggbb`: what is shown until it is there.
    pub color: Option<String>,
    /// The same picture in smaller sizes, smallest first.
    pub variants: Vec<Variant>,
}

/// A picture in a smaller size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Where it is.
    pub url: String,
}

/// How a page shows a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As a picture.
    Image,
    /// As a sound to play.
    Audio,
    /// As a film to play.
    Video,
    /// By its name, to be saved.
    File,
}

impl Attachment {
    /// How a page shows it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let played = PLAYED.iter().any(|known| *known == self.content_type);
        match self.content_type.split('/').next() {
            Some("image") if self.width.is_some() => Kind::Image,
            Some("audio") if played => Kind::Audio,
            Some("video") if played => Kind::Video,
            _ => Kind::File,
        }
    }
}

/// What browsers play, and what therefore may be shown in place. Everything else is for saving.
pub const PLAYED: [&str; 9] = [
    "audio/aac",
    "audio/flac",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "video/mp4",
    "video/ogg",
    "video/webm",
];

/// The most files on a message.
pub const ATTACHMENTS_MAX: usize = 10;
/// The most bytes of a file.
pub const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// The most bytes of a picture. It is read as a whole, to be drawn anew.
pub const IMAGE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// The most files of one user, uploads under way included.
pub const FILES_A_USER_MAX: u64 = 1_000;
/// The most bytes of one user's files, uploads under way included.
pub const BYTES_A_USER_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// How long an upload may take, and how long a file waits for its message, in milliseconds.
pub const UNATTACHED_MS: i64 = 24 * 60 * 60 * 1_000;
/// The most characters of a file's name.
pub const NAME_CHARS_MAX: usize = 120;
/// The name of a file that came without one.
const NAMELESS: &str = "file";

/// A file's name as it is kept: the last part of a path, without what cannot be seen, without what has a meaning in
/// some file system, and not longer than [`NAME_CHARS_MAX`], its ending kept.
#[must_use]
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last
        .chars()
        .filter(|c| !c.is_control() && !crate::user::is_invisible_format(*c));
    let safe: String = shown
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let trimmed = safe.trim_matches(is_edge);
    if trimmed.is_empty() {
        return NAMELESS.to_owned();
    }
    shorten(trimmed)
}

/// What a name neither begins nor ends with: a leading dot hides a file, a trailing one is lost in some file systems.
fn is_edge(c: char) -> bool {
    c == '.' || c.is_whitespace()
}

fn shorten(name: &str) -> String {
    let count = name.chars().count();
    if count <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.chars().count() <= 12 { ending } else { "" };
    let kept = NAME_CHARS_MAX - ending.chars().count();
    let stem: String = name.chars().take(kept).collect();
    format!("{}{ending}", stem.trim_end_matches(is_edge))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_holds_nothing_that_cannot_be_seen() {
        for (name, kept) in [
            ("plan.pdf", "plan.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\rosa\\plan.pdf", "plan.pdf"),
            ("a\u{0}b\r\n\u{202e}gpj.exe", "abgpj.exe"),
            ("what?.txt", "what_.txt"),
            (". .profile", "profile"),
            ("plan. .", "plan"),
            ("  ..  ", "file"),
            ("folder/", "file"),
            (".bashrc", "bashrc"),
            ("計画 2026.xlsx", "計画 2026.xlsx"),
        ] {
            assert_eq!(clean_name(name), kept, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let name = clean_name(&format!("{}.tar", "語".repeat(400)));
        assert_eq!(name.chars().count(), NAME_CHARS_MAX);
        assert!(name.ends_with("語.tar"), "{name}");
        let name = clean_name(&format!("a.{}", "b".repeat(400)));
        assert_eq!(name.chars().count(), NAME_CHARS_MAX);
        let name = clean_name(&format!("{}. {}", "a".repeat(NAME_CHARS_MAX - 1), "b".repeat(40)));
        assert_eq!(
            name,
            "a".repeat(NAME_CHARS_MAX - 1),
            "no dot is left where it was cut"
        );
    }
}
