use image::{ImageBuffer, Rgb, Rgba};

use super::*;

fn photo(width: u32, height: u32) -> DynamicImage {
    // Red on the left, blue on the right.
    let pixel = |x, _| {
        if x < width / 2 {
            Rgb([200_u8, 30, 30])
        } else {
            Rgb([30, 30, 200])
        }
    };
    DynamicImage::from(ImageBuffer::from_fn(width, height, pixel))
}

/// A segment of Exif with one field, the orientation, and a text that must not get out.
fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"52.5200N 13.4050E");
    tiff
}

fn jpeg_with_exif(image: &DynamicImage, orientation: u8) -> Vec<u8> {
    let bytes = jpeg(image, 90, None).unwrap();
    let content = [b"Exif\0\0".to_vec(), exif(orientation)].concat();
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&bytes[..2], b"\xff\xe1", &length, &content, &bytes[2..]].concat()
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let pad = vec![0; content.len() % 2];
    [name, &length, content, &pad].concat()
}

/// A file of WebP with these chunks.
fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let inside = [b"WEBP".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &inside)
}

#[test]
fn a_photo_loses_what_it_knows_and_is_turned_as_it_was_meant() {
    let bytes = jpeg_with_exif(&photo(1_200, 600), 6);
    assert!(holds(&bytes, b"52.5200N"));
    let drawn = draw(ImageFormat::Jpeg, &bytes).unwrap();
    assert!(!holds(&drawn.bytes, b"52.5200N") && !holds(&drawn.bytes, b"Exif"));
    assert_eq!(
        (drawn.width, drawn.height),
        (600, 1_200),
        "a quarter to the right"
    );
    let again = image::load_from_memory(&drawn.bytes).unwrap().to_rgb8();
    assert_eq!((again.width(), again.height()), (600, 1_200));
    let (top, bottom) = (again.get_pixel(300, 10).0, again.get_pixel(300, 1_190).0);
    assert!(top[0] > 150 && top[2] < 90, "what was left is above: {top:?}");
    assert!(bottom[2] > 150 && bottom[0] < 90, "{bottom:?}");
}

#[test]
fn smaller_sizes_keep_the_shape_and_are_never_larger_than_the_picture() {
    let sizes = |width, height| {
        let drawn = draw(ImageFormat::Png, &png(&photo(width, height), None).unwrap()).unwrap();
        drawn
            .smaller
            .iter()
            .map(|small| {
                let image = image::load_from_memory(&small.bytes).unwrap();
                assert_eq!((image.width(), image.height()), (small.width, small.height));
                (small.width, small.height)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(2_000, 1_000), [(320, 160), (960, 480)]);
    assert_eq!(sizes(900, 9), [(320, 3)]);
    assert_eq!(sizes(320, 320), []);
    assert_eq!(sizes(1_000, 1), [(320, 1), (960, 1)]);
}

#[test]
fn the_colour_is_that_of_the_middle_on_white() {
    let color = |pixel: [u8; 4]| {
        let image = DynamicImage::from(ImageBuffer::from_pixel(400, 400, Rgba(pixel)));
        draw(ImageFormat::Png, &png(&image, None).unwrap()).unwrap().color
    };
    assert_eq!(color([0x33, 0x66, 0x99, 0xff]), "#336699");
    assert_eq!(color([0, 0, 0, 0]), "#ffffff");
}

#[test]
fn a_drawing_keeps_what_can_be_seen_through() {
    let image = DynamicImage::from(ImageBuffer::from_pixel(1_000, 10, Rgba([9_u8, 9, 9, 40])));
    let drawn = draw(ImageFormat::Png, &png(&image, None).unwrap()).unwrap();
    for bytes in [&drawn.bytes, &drawn.smaller[0].bytes] {
        assert_eq!(
            image::load_from_memory(bytes)
                .unwrap()
                .to_rgba8()
                .get_pixel(0, 0)
                .0[3],
            40
        );
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_decoded() {
    // A valid head that announces a square of 60,000 pixels each side.
    let mut bytes = png(&photo(8, 8), None).unwrap();
    bytes[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let sum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    assert_eq!(draw(ImageFormat::Png, &bytes).unwrap_err(), NotAPicture::TooLarge);
}

/// The check of a chunk of PNG.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    })
}

#[test]
fn what_cannot_be_drawn_is_refused_and_never_a_panic() {
    let whole = jpeg_with_exif(&photo(300, 200), 1);
    let drawing = png(&photo(64, 64), None).unwrap();
    let moving = gif_of(3);
    let still = webp(&photo(64, 64)).unwrap();
    for (format, bytes) in [
        (ImageFormat::Jpeg, &whole),
        (ImageFormat::Png, &drawing),
        (ImageFormat::Gif, &moving),
        (ImageFormat::WebP, &still),
    ] {
        for end in (0..bytes.len()).step_by(13) {
            // Some decoders make do with less than all.
            draw(format, &bytes[..end]).ok();
            let mut damaged = bytes.clone();
            damaged[end] ^= 0x55;
            draw(format, &damaged).ok();
        }
        assert_eq!(draw(format, &bytes[..12]).unwrap_err(), NotAPicture::Broken);
    }
}

fn gif_of(frames: u32) -> Vec<u8> {
    use image::{Frame, codecs::gif::GifEncoder};
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for n in 0..frames {
        let shade = u8::try_from(n % 250).unwrap();
        let image = ImageBuffer::from_pixel(400, 40, Rgba([shade, 90, 90, 255]));
        encoder.encode_frame(Frame::new(image)).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn a_moving_gif_goes_on_moving_without_what_else_was_in_it() {
    let bytes = gif_of(4);
    let comment = b"\x21\xfe\x0bmade at 52N\0";
    // Behind the screen's description and its table of colours, of which the encoder writes none.
    let end = bytes.len() - 1;
    let spoken = [&bytes[..end], comment, b"\x3b", b"<script>trailing</script>"].concat();
    let drawn = draw(ImageFormat::Gif, &spoken).unwrap();
    assert_eq!(drawn.bytes, bytes);
    assert_eq!((drawn.width, drawn.height, drawn.smaller.len()), (400, 40, 0));
    let still = draw(ImageFormat::Gif, &gif_of(1)).unwrap();
    assert_eq!(still.smaller.len(), 1);
    assert_eq!(
        draw(ImageFormat::Gif, &gif_of(1_001)).unwrap_err(),
        NotAPicture::TooLarge
    );
}

#[test]
fn a_webp_keeps_what_draws_and_nothing_else() {
    let plain = webp(&photo(400, 200)).unwrap();
    let image = plain[12..].to_vec();
    // With the flags of Exif and XMP, and the size less one.
    let head = [0b0000_1100, 0, 0, 0, 0x8f, 1, 0, 199, 0, 0];
    let told = riff(&[
        chunk(b"VP8X", &head),
        image.clone(),
        chunk(b"EXIF", &exif(1)),
        chunk(b"XMP ", b"<x:xmpmeta>secret</x:xmpmeta>"),
        chunk(b"HTML", b"<script>"),
    ]);
    let drawn = draw(ImageFormat::WebP, &[told, b"trailing".to_vec()].concat()).unwrap();
    let quiet = [0, 0, 0, 0, 0x8f, 1, 0, 199, 0, 0];
    assert_eq!(drawn.bytes, riff(&[chunk(b"VP8X", &quiet), image]));
    assert_eq!((drawn.width, drawn.height), (400, 200));
}
