//! GIF and WebP as containers: put together again from the pieces that draw, and from nothing else.

/// The application block that says how often a GIF is repeated.
const REPEATS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];
/// The chunks of a WebP that draw, with the profile that its colours need.
const DRAWING: [&[u8; 4]; 7] = [b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"];
/// The flags in `VP8X` that announce chunks which are left out: Exif and XMP.
const LEFT_OUT: u8 = 0b0000_1100;

/// A GIF without comments, texts, what programs left in it, and what stands behind its end; `None`: it is none.
pub(super) fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let mut out = take(&mut rest, 13)?.to_vec();
    out.extend(take(&mut rest, table_bytes(*out.get(10)?))?);
    loop {
        match *take(&mut rest, 1)?.first()? {
            0x21 => {
                let label = *take(&mut rest, 1)?.first()?;
                let blocks = sub_blocks(&mut rest)?;
                let repeats = label == 0xff && REPEATS.iter().any(|name| blocks.get(1..12) == Some(*name));
                if label == 0xf9 || repeats {
                    out.extend([0x21, label]);
                    out.extend(blocks);
                }
            }
            0x2c => {
                let place = take(&mut rest, 9)?;
                out.push(0x2c);
                out.extend(place);
                out.extend(take(&mut rest, table_bytes(*place.get(8)?))?);
                // The size of codes, before the picture itself.
                out.extend(take(&mut rest, 1)?);
                out.extend(sub_blocks(&mut rest)?);
            }
            0x3b => {
                out.push(0x3b);
                return Some(out);
            }
            _ => return None,
        }
    }
}

/// How many bytes the table of colours takes that `flags` announce.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Blocks up to an empty one, with their lengths.
fn sub_blocks<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let from = *rest;
    let mut length = 0;
    loop {
        let size = usize::from(*from.get(length)?);
        length += 1 + size;
        if size == 0 {
            return take(rest, length);
        }
    }
}

/// A WebP without Exif, XMP, unknown chunks, and what stands behind its end; `None`: it is none.
pub(super) fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = bytes;
    let head = take(&mut rest, 12)?;
    if !head.starts_with(b"RIFF") || !head.ends_with(b"WEBP") {
        return None;
    }
    let length: [u8; 4] = head.get(4..8)?.try_into().ok()?;
    let inside = usize::try_from(u32::from_le_bytes(length)).ok()?.checked_sub(4)?;
    let body = bytes.get(12..)?;
    let mut rest = body.get(..inside).unwrap_or(body);
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    while rest.len() >= 8 {
        let name: [u8; 4] = take(&mut rest, 4)?.try_into().ok()?;
        let size: [u8; 4] = take(&mut rest, 4)?.try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(size)).ok()?;
        let content = take(&mut rest, length)?;
        // Chunks begin at even places.
        rest = rest.get(length % 2..).unwrap_or_default();
        if !DRAWING.contains(&&name) {
            continue;
        }
        out.extend(name);
        out.extend(size);
        let from = out.len();
        out.extend(content);
        if &name == b"VP8X" {
            *out.get_mut(from)? &= !LEFT_OUT;
        }
        if length % 2 == 1 {
            out.push(0);
        }
    }
    let size = u32::try_from(out.len() - 8).ok()?.to_le_bytes();
    out.get_mut(4..8)?.copy_from_slice(&size);
    Some(out)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}
