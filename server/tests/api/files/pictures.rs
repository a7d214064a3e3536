//! Pictures.

use serde_json::{Value, json};

use super::{MIB, PNG, address, file, header, noise, upload};
use crate::common::{TestServer, assert_problem};

#[tokio::test]
async fn a_picture_is_drawn_anew_with_smaller_sizes() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let mut wide = image::RgbImage::from_pixel(1_200, 600, image::Rgb([0x33, 0x66, 0x99]));
    wide.put_pixel(0, 0, image::Rgb([255, 255, 255]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    wide.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    // A comment behind the start of the image.
    bytes.splice(2..2, *b"\xff\xfe\0\x0f52.52N 13.40E");
    let picture = file(&rosa, "harbour.jpg", &bytes).await;
    assert_eq!(
        (&picture["width"], &picture["height"]),
        (&json!(1200), &json!(600))
    );
    assert_eq!(picture["color"].as_str().unwrap().len(), 7);
    let widths: Vec<&Value> = picture["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["width"])
        .collect();
    assert_eq!(widths, [320, 960]);
    let whole = rosa.get(address(&picture)).await;
    assert_eq!(header(&whole, "content-type"), "image/jpeg");
    let whole = whole.bytes().await.unwrap();
    assert_eq!(whole.len() as u64, picture["size"].as_u64().unwrap());
    assert!(
        !whole.windows(6).any(|part| part == b"13.40E"),
        "what it knew is gone"
    );
    let small = rosa.get(picture["variants"][0]["url"].as_str().unwrap()).await;
    assert_eq!(header(&small, "content-type"), "image/jpeg");
    let small = image::load_from_memory(&small.bytes().await.unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (320, 160));
    let none = rosa.get(&format!("{}?width=77", address(&picture))).await;
    assert_problem(none, 404, "file_not_found").await;
}

#[tokio::test]
async fn pictures_that_are_bombs_or_broken_are_refused() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    // The same picture, announced as one of 60,000 by 60,000; the check of the head is made right.
    let mut bomb = PNG.to_vec();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let sum = !bomb[12..29].iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    });
    bomb[29..33].copy_from_slice(&sum.to_be_bytes());
    for (bytes, reason) in [
        (&bomb[..], "too many pixels"),
        (&PNG[..40], "cannot be read"),
        (&[][..], "is empty"),
    ] {
        let problem = assert_problem(upload(&rosa, "a.png", bytes).await, 422, "invalid").await;
        assert!(problem["detail"].as_str().unwrap().contains(reason), "{problem}");
    }
    let huge = [&PNG[..8], &noise(20 * MIB)].concat();
    assert_problem(upload(&rosa, "a.png", &huge).await, 413, "too_large").await;
}
