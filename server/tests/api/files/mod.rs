//! Files: upload, resume, send, read; and what bad input does.

mod pictures;
mod sharing;
mod uploads;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::common::Person;

const MIB: usize = 1024 * 1024;

/// One pixel, red. Made by hand: head, palette of none, one row, end.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\
                     \x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

/// A form with one file, as browsers send it.
fn form(request: RequestBuilder, name: &str, bytes: &[u8]) -> RequestBuilder {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--b--\r\n"].concat();
    request
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
}

async fn upload(person: &Person, name: &str, bytes: &[u8]) -> Response {
    form(person.by_token("POST", "/api/files"), name, bytes)
        .send()
        .await
        .unwrap()
}

/// Uploads what has to be taken.
async fn file(person: &Person, name: &str, bytes: &[u8]) -> Value {
    let answer = upload(person, name, bytes).await;
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{body}");
    body["attachment"].clone()
}

async fn send(person: &Person, room: &str, body: &str, files: &[&Value]) -> Response {
    let ids: Vec<&Value> = files.iter().map(|file| &file["id"]).collect();
    person
        .post(
            "/api/messages",
            json!({ "room": room, "body": body, "attachments": ids }),
        )
        .await
}

fn address(file: &Value) -> &str {
    file["url"].as_str().unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// Bytes that are like no file.
fn noise(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 7 % 251) as u8 | 1).collect()
}
