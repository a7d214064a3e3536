//! What bytes are, by themselves. What anybody says that they are is never asked.

/// How many of a file's first bytes are looked at.
pub(crate) const HEAD_BYTES: usize = 512;

/// What is nothing else.
pub(crate) const UNKNOWN: &str = "application/octet-stream";

/// What begins so: bytes at a place, and the media type.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
];

/// The media type of bytes that begin with `head`.
pub(crate) fn media_type(head: &[u8]) -> &'static str {
    let signed = SIGNATURES
        .iter()
        .find(|(place, signature, _)| head.get(*place..).is_some_and(|rest| rest.starts_with(signature)));
    if let Some((_, _, found)) = signed {
        return found;
    }
    match head {
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] => riff(kind),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso(brand),
        [0x1a, 0x45, 0xdf, 0xa3, rest @ ..] => matroska(rest),
        [b'O', b'g', b'g', b'S', rest @ ..] if holds(rest, b"theora") => "video/ogg",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        // The frames of AAC begin with twelve set bits and layer 0, those of MP3 with eleven and layer 3.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "audio/aac",
        [0xff, second, ..] if second & 0xe6 == 0xe2 => "audio/mpeg",
        _ => text(head),
    }
}

fn riff(kind: &[u8]) -> &'static str {
    match kind.get(..4) {
        Some(b"WEBP") => "image/webp",
        Some(b"WAVE") => "audio/wav",
        Some(b"AVI ") => "video/x-msvideo",
        _ => UNKNOWN,
    }
}

fn iso(brand: &[u8]) -> &'static str {
    match brand.get(..4) {
        Some(b"avif" | b"avis") => "image/avif",
        Some(b"heic" | b"heix" | b"mif1" | b"msf1") => "image/heic",
        Some(b"M4A " | b"M4B ") => "audio/mp4",
        Some(b"qt  ") => "video/quicktime",
        Some(_) => "video/mp4",
        None => UNKNOWN,
    }
}

fn matroska(rest: &[u8]) -> &'static str {
    if holds(rest, b"webm") {
        "video/webm"
    } else {
        "video/x-matroska"
    }
}

fn text(head: &[u8]) -> &'static str {
    // The last character may have been cut.
    let whole = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return UNKNOWN,
    };
    if whole.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return UNKNOWN;
    }
    let lower = whole.to_ascii_lowercase();
    if lower.contains("<svg") {
        "image/svg+xml"
    } else if lower.contains("<html") || lower.contains("<!doctype html") || lower.contains("<script") {
        "text/html"
    } else if whole.is_empty() {
        UNKNOWN
    } else {
        "text/plain"
    }
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        for (head, found) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], "image/png"),
            (b"\xff\xd8\xff\xe0..JFIF", "image/jpeg"),
            (b"RIFF....WEBPVP8 ", "image/webp"),
            (b"RIFF....WAVEfmt ", "audio/wav"),
            (b"....ftypisom....", "video/mp4"),
            (b"....ftypM4A ....", "audio/mp4"),
            (b"....ftypheic....", "image/heic"),
            (b"\x1a\x45\xdf\xa3....\x42\x82\x84webm", "video/webm"),
            (b"OggS....OpusHead", "audio/ogg"),
            (b"OggS....\x80theora", "video/ogg"),
            (b"ID3\x04....", "audio/mpeg"),
            (b"\xff\xfb\x90d", "audio/mpeg"),
            (b"\xff\xf1\x50", "audio/aac"),
            (b"%PDF-1.7", "application/pdf"),
            (b"PK\x03\x04", "application/zip"),
            (b"dear diary", "text/plain"),
            ("grüße".as_bytes(), "text/plain"),
            (&"grüße".as_bytes()[..3], "text/plain"),
            (b"<?xml version='1.0'?><SVG onload='x()'>", "image/svg+xml"),
            (b"  <!DOCTYPE html><p>", "text/html"),
            (b"GIF", "text/plain"),
            (b"\0\x01\x02", UNKNOWN),
            (b"", UNKNOWN),
        ] {
            assert_eq!(media_type(head), found, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
