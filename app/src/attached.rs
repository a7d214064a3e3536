//! The files of a message, as markup. The server draws them into the page and the browser into what comes later, so both
//! ask here. The page reads them back when it comes alive: `data-files` holds them as the API gives them.
//!
//! No `style` attribute is allowed on a page, so a picture's place is kept by its width and height, and its colour
//! until it is there is a drawing of one rectangle.

use chat::{Attachment, attachment::Kind};

use crate::live::codec;

/// A picture is shown at most so wide and so high, in pixels.
const SHOWN_WIDTH: u32 = 460;
const SHOWN_HEIGHT: u32 = 320;
/// And at least so wide and so high, where it has them: something to press on.
const SHOWN_LEAST: u32 = 44;

/// The files as `data-files` holds them; `None`: there are none.
#[must_use]
pub fn data(files: &[Attachment]) -> Option<String> {
    (!files.is_empty()).then(|| codec::text_of_files(files))
}

/// The files as markup; empty where there are none.
#[must_use]
pub fn markup(files: &[Attachment]) -> String {
    let mut html = String::new();
    for file in files {
        match file.kind() {
            Kind::Image => image(&mut html, file),
            Kind::Audio => player(&mut html, file, "audio"),
            Kind::Video => player(&mut html, file, "video"),
            Kind::File => card(&mut html, file),
        }
    }
    html
}

fn image(html: &mut String, file: &Attachment) {
    let (width, height) = shown(file);
    push(
        html,
        &["<a class=\"file image\" href=\"", &escaped(&file.url), "\">"],
    );
    if let Some(color) = &file.color {
        let color = escaped(color);
        push(
            html,
            &[
                "<svg viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"1\" height=\"1\" fill=\"",
                &color,
                "\"/></svg>",
            ],
        );
    }
    let mut sizes = String::new();
    for variant in &file.variants {
        push(
            &mut sizes,
            &[&variant.url, " ", &variant.width.to_string(), "w, "],
        );
    }
    push(
        &mut sizes,
        &[&file.url, " ", &file.width.unwrap_or(width).to_string(), "w"],
    );
    let source = file.variants.last().map_or(&file.url, |variant| &variant.url);
    let (width, height) = (width.to_string(), height.to_string());
    push(
        html,
        &[
            "<img loading=\"lazy\" decoding=\"async\" width=\"",
            &width,
            "\" height=\"",
            &height,
            "\" sizes=\"",
            &width,
            "px\" srcset=\"",
            &escaped(&sizes),
            "\" src=\"",
            &escaped(source),
            "\" alt=\"",
            &escaped(&file.name),
            "\"></a>",
        ],
    );
}

fn player(html: &mut String, file: &Attachment, tag: &str) {
    let (url, name) = (escaped(&file.url), escaped(&file.name));
    push(
        html,
        &[
            "<figure class=\"file ",
            tag,
            "\"><",
            tag,
            " controls preload=\"metadata\" src=\"",
            &url,
            "\" aria-label=\"",
            &name,
            "\"></",
            tag,
            "><figcaption><a href=\"",
            &url,
            "\" download=\"",
            &name,
            "\">",
            &name,
            "</a> <small>",
            &size(file.size),
            "</small></figcaption></figure>",
        ],
    );
}

fn card(html: &mut String, file: &Attachment) {
    let name = escaped(&file.name);
    push(
        html,
        &[
            "<a class=\"file card\" href=\"",
            &escaped(&file.url),
            "\" download=\"",
            &name,
            "\"><b>",
            &name,
            "</b><small>",
            &size(file.size),
            "</small></a>",
        ],
    );
}

/// How large a picture is shown: whole, in its own shape, never larger than it is.
fn shown(file: &Attachment) -> (u32, u32) {
    let (width, height) = (file.width.unwrap_or(1).max(1), file.height.unwrap_or(1).max(1));
    let scaled = |by: u32, of: u32| {
        let scaled = u64::from(by) * u64::from(of);
        move |over: u32| {
            u32::try_from(scaled / u64::from(over))
                .unwrap_or(by)
                .max(SHOWN_LEAST.min(by))
        }
    };
    if width <= SHOWN_WIDTH && height <= SHOWN_HEIGHT {
        (width, height)
    } else if u64::from(width) * u64::from(SHOWN_HEIGHT) >= u64::from(height) * u64::from(SHOWN_WIDTH) {
        (SHOWN_WIDTH, scaled(height, SHOWN_WIDTH)(width))
    } else {
        (scaled(width, SHOWN_HEIGHT)(height), SHOWN_HEIGHT)
    }
}

/// A size in words, as people say it.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = [" kB", " MB", " GB"];
    if bytes < 1_000 {
        return [&bytes.to_string(), " bytes"].concat();
    }
    // In tenths of the unit.
    let (mut tenths, mut unit) = (bytes / 100, UNITS[0]);
    for larger in &UNITS[1..] {
        if tenths >= 10_000 {
            (tenths, unit) = (tenths / 1_000, larger);
        }
    }
    let whole = (tenths / 10).to_string();
    match tenths % 10 {
        tenth @ 1.. if tenths < 100 => [&whole, ".", &tenth.to_string(), unit].concat(),
        _ => [&whole, unit].concat(),
    }
}

/// A text as it stands in markup. Addresses and types are ours, names are anybody's: all go through here.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn push(html: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| html.push_str(part));
}

#[cfg(test)]
mod tests {
    use chat::{AttachmentId, Variant};

    use super::*;

    fn file(content_type: &str, size: Option<(u32, u32)>) -> Attachment {
        Attachment {
            id: AttachmentId(Default::default()),
            name: "a\"><script>alert('1')</script>&.txt".to_owned(),
            content_type: content_type.to_owned(),
            size: 1,
            url: "/files/0/a".to_owned(),
            width: size.map(|(width, _)| width),
            height: size.map(|(_, height)| height),
            color: Some("#336699".to_owned()),
            variants: vec![Variant {
                width: 320,
                height: 160,
                url: "/files/0/a?width=320".to_owned(),
            }],
        }
    }

    #[test]
    fn a_name_is_text_wherever_it_stands() {
        for kind in ["image/png", "audio/mpeg", "video/mp4", "application/pdf"] {
            let html = markup(&[file(kind, Some((10, 10)))]);
            assert!(!html.contains("<script") && !html.contains("alert('"), "{html}");
        }
    }

    #[test]
    fn a_file_is_shown_as_what_it_is() {
        let begins = |kind, size| {
            let html = markup(&[file(kind, size)]);
            html.split('"').nth(1).map(str::to_owned).unwrap_or_default()
        };
        assert_eq!(begins("image/png", Some((10, 10))), "file image");
        assert_eq!(begins("image/svg+xml", None), "file card");
        assert_eq!(begins("image/heic", None), "file card");
        assert_eq!(begins("audio/mpeg", None), "file audio");
        assert_eq!(begins("video/webm", None), "file video");
        assert_eq!(begins("video/x-msvideo", None), "file card");
        assert_eq!(begins("text/html", None), "file card");
    }

    #[test]
    fn a_picture_has_its_place_before_it_is_there() {
        let sizes = [(2_000, 1_000), (1_000, 2_000), (100, 50), (4_000, 10), (460, 320)];
        let shown = sizes.map(|size| shown(&file("image/png", Some(size))));
        assert_eq!(shown, [(460, 230), (160, 320), (100, 50), (460, 10), (460, 320)]);
        let html = markup(&[file("image/png", Some((2_000, 1_000)))]);
        assert!(html.contains("width=\"460\" height=\"230\""), "{html}");
        assert!(
            html.contains("srcset=\"/files/0/a?width=320 320w, /files/0/a 2000w\""),
            "{html}"
        );
        assert!(
            html.contains("fill=\"#336699\"") && !html.contains("style="),
            "{html}"
        );
    }

    #[test]
    fn a_size_is_said_as_people_say_it() {
        let said = [
            1,
            999,
            1_000,
            1_540,
            12_345,
            999_999,
            1_500_000,
            104_857_600,
            3_000_000_000,
        ]
        .map(size);
        assert_eq!(
            said,
            [
                "1 bytes",
                "999 bytes",
                "1 kB",
                "1.5 kB",
                "12 kB",
                "999 kB",
                "1.5 MB",
                "104 MB",
                "3 GB"
            ]
        );
    }
}
