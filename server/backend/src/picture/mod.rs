//! Pictures are drawn anew: whatever else was in the file, such as where it was taken, is not in what others get.
//!
//! JPEG and PNG are decoded and encoded again, turned as the camera meant it. GIF and WebP, which move or for which
//! there is no encoder that would not spoil them, are taken apart and put together from the pieces that draw. All
//! are decoded once, within limits: what cannot be drawn is refused. This blocks, and belongs to threads of its own:
//! see [`queue`].

mod container;
pub(crate) mod queue;
#[cfg(test)]
mod tests;

use std::io::Cursor;

use image::ImageEncoder as _;
use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    codecs::{
        gif::GifDecoder,
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
        webp::{WebPDecoder, WebPEncoder},
    },
    metadata::Orientation,
};

/// The most pixels of a picture.
const PIXELS_MAX: u64 = 40_000_000;
/// The longest side of a picture, in pixels.
const SIDE_MAX: u32 = 16_384;
/// The most memory that decoding may take, in bytes.
const DECODING_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most pictures of one that moves, and of all of them the most pixels.
const FRAMES_MAX: usize = 1_000;
const FRAMES_PIXELS_MAX: u64 = 400_000_000;
/// The widths of the smaller sizes, in pixels.
pub(crate) const WIDTHS: [u32; 2] = [320, 960];
/// JPEG's quality, of 100: for the picture and for its smaller sizes.
const QUALITY: u8 = 88;
const SMALL_QUALITY: u8 = 80;

/// A picture as others get it.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) bytes: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// As `#rrggbb`: its middle colour.
    pub(crate) color: String,
    /// Smallest first.
    pub(crate) smaller: Vec<Smaller>,
}

/// A picture in a smaller size.
#[derive(Debug)]
pub(crate) struct Smaller {
    pub(crate) bytes: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Why there is no picture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotAPicture {
    /// It has more pixels, or more frames, than anybody wants to wait for.
    TooLarge,
    /// It cannot be drawn.
    Broken,
}

impl From<ImageError> for NotAPicture {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            _ => Self::Broken,
        }
    }
}

/// The format of pictures that are drawn anew; `None`: it is none of these.
pub(crate) fn format(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/png" => Some(ImageFormat::Png),
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// Draws a picture anew.
///
/// # Errors
/// [`NotAPicture`].
pub(crate) fn draw(format: ImageFormat, bytes: &[u8]) -> Result<Picture, NotAPicture> {
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder()?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or_default();
    let mut drawn = DynamicImage::from_decoder(decoder)?;
    drawn.apply_orientation(orientation);
    let moves = moves(format, bytes, width, height)?;
    let turned = orientation != Orientation::NoTransforms;
    let bytes = match format {
        ImageFormat::Jpeg => jpeg(&drawn, QUALITY, profile)?,
        ImageFormat::Gif => container::gif(bytes).ok_or(NotAPicture::Broken)?,
        ImageFormat::WebP if turned && !moves => webp(&drawn)?,
        ImageFormat::WebP => container::webp(bytes).ok_or(NotAPicture::Broken)?,
        _ => png(&drawn, profile)?,
    };
    let smaller = if moves {
        Vec::new()
    } else {
        smaller(format, &drawn)?
    };
    Ok(Picture {
        bytes,
        width: drawn.width(),
        height: drawn.height(),
        color: color(&drawn),
        smaller,
    })
}

/// Cuts the middle of a picture square, and draws it on sides of so many pixels.
///
/// # Errors
/// [`NotAPicture`].
pub(crate) fn squares(
    format: ImageFormat,
    bytes: &[u8],
    sides: &[u32],
) -> Result<Vec<(u32, Vec<u8>)>, NotAPicture> {
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder()?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    decoder.set_limits(limits())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut drawn = DynamicImage::from_decoder(decoder)?;
    drawn.apply_orientation(orientation);
    let (width, height) = (drawn.width(), drawn.height());
    let side = width.min(height);
    let square = drawn.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    let drawn = sides.iter().map(|side| {
        let small = square.thumbnail_exact(*side, *side);
        let bytes = match small.color().has_alpha() {
            true => webp(&small)?,
            false => jpeg(&small, QUALITY, None)?,
        };
        Ok((*side, bytes))
    });
    drawn.collect()
}

fn check_size(width: u32, height: u32) -> Result<(), NotAPicture> {
    let fits = width.max(height) <= SIDE_MAX && u64::from(width) * u64::from(height) <= PIXELS_MAX;
    if width == 0 || height == 0 {
        return Err(NotAPicture::Broken);
    }
    fits.then_some(()).ok_or(NotAPicture::TooLarge)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODING_BYTES_MAX);
    limits
}

/// Whether it has more than one frame, all of which can be drawn.
fn moves(format: ImageFormat, bytes: &[u8], width: u32, height: u32) -> Result<bool, NotAPicture> {
    let frames = match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(Cursor::new(bytes))?;
            decoder.set_limits(limits())?;
            decoder.into_frames()
        }
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(bytes))?;
            if !decoder.has_animation() {
                return Ok(false);
            }
            decoder.set_limits(limits())?;
            decoder.into_frames()
        }
        _ => return Ok(false),
    };
    let pixels = u64::from(width) * u64::from(height);
    let mut count = 0;
    for frame in frames {
        frame?;
        count += 1;
        if count > FRAMES_MAX || count as u64 * pixels > FRAMES_PIXELS_MAX {
            return Err(NotAPicture::TooLarge);
        }
    }
    Ok(count > 1)
}

/// The sizes that are smaller than the picture itself.
fn smaller(format: ImageFormat, drawn: &DynamicImage) -> Result<Vec<Smaller>, NotAPicture> {
    let mut sizes = Vec::new();
    for width in WIDTHS.into_iter().filter(|width| *width < drawn.width()) {
        let height = u64::from(drawn.height()) * u64::from(width) / u64::from(drawn.width());
        let height = u32::try_from(height).unwrap_or(SIDE_MAX).max(1);
        let small = drawn.thumbnail_exact(width, height);
        // What was lossy stays so. Drawings and screens stay sharp.
        let bytes = match format {
            ImageFormat::Jpeg => jpeg(&small, SMALL_QUALITY, None)?,
            _ => webp(&small)?,
        };
        sizes.push(Smaller { bytes, width, height });
    }
    Ok(sizes)
}

/// The colour of the picture when it is one pixel, on white where it can be seen through.
fn color(drawn: &DynamicImage) -> String {
    // By way of a few pixels: the middle of millions takes long.
    let pixel = drawn.thumbnail_exact(16, 16).thumbnail_exact(1, 1).to_rgba8();
    let [r, g, b, a] = pixel.get_pixel(0, 0).0.map(u32::from);
    let on_white = |channel: u32| (channel * a + 255 * (255 - a)) / 255;
    format!("#{:02x}{:02x}{:02x}", on_white(r), on_white(g), on_white(b))
}

fn jpeg(drawn: &DynamicImage, quality: u8, profile: Option<Vec<u8>>) -> Result<Vec<u8>, NotAPicture> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).ok();
    }
    // JPEG knows neither transparency nor more than eight bits.
    match drawn {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => drawn.write_with_encoder(encoder)?,
        other => DynamicImage::from(other.to_rgb8()).write_with_encoder(encoder)?,
    }
    Ok(bytes)
}

fn png(drawn: &DynamicImage, profile: Option<Vec<u8>>) -> Result<Vec<u8>, NotAPicture> {
    let mut bytes = Vec::new();
    let mut encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).ok();
    }
    drawn.write_with_encoder(encoder)?;
    Ok(bytes)
}

fn webp(drawn: &DynamicImage) -> Result<Vec<u8>, NotAPicture> {
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    // The encoder takes eight bits a channel.
    if drawn.color().has_alpha() {
        DynamicImage::from(drawn.to_rgba8()).write_with_encoder(encoder)?;
    } else {
        DynamicImage::from(drawn.to_rgb8()).write_with_encoder(encoder)?;
    }
    Ok(bytes)
}
