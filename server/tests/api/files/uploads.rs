//! Uploads that break off, and those that are none.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{MIB, address, file, form, header, noise, send, upload};
use crate::common::{Person, TestServer, assert_problem};

async fn begin(person: &Person, name: &str, size: usize) -> String {
    let answer = person
        .post("/api/files/uploads", json!({ "name": name, "size": size }))
        .await;
    assert_eq!(answer.status(), 201);
    let id = answer.json::<Value>().await.unwrap()["upload"]["id"].clone();
    format!("/api/files/uploads/{}", id.as_str().unwrap())
}

async fn resume(person: &Person, upload: &str, offset: usize, bytes: &[u8]) -> Response {
    let request = person.by_token("PATCH", upload).header("upload-offset", offset);
    request.body(bytes.to_vec()).send().await.unwrap()
}

/// How far an upload has come.
async fn offset(person: &Person, upload: &str) -> usize {
    let answer = person.ask("HEAD", upload).await;
    assert_eq!(answer.status(), 200);
    header(&answer, "upload-offset").parse().unwrap()
}

#[tokio::test]
async fn forms_that_are_none_are_refused() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let post = |kind: &'static str, body: Vec<u8>| {
        let request = rosa.by_token("POST", "/api/files").header("content-type", kind);
        async { request.body(body).send().await.unwrap() }
    };
    let form = "multipart/form-data; boundary=b";
    let field = |name: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\nx\r\n");
    assert_problem(
        post("application/json", b"{}".to_vec()).await,
        415,
        "unsupported_media_type",
    )
    .await;
    assert_problem(
        post("multipart/form-data", b"".to_vec()).await,
        415,
        "unsupported_media_type",
    )
    .await;
    assert_problem(post(form, b"--b--\r\n".to_vec()).await, 422, "invalid").await;
    assert_problem(
        post(form, (field("a") + "--b--\r\n").into_bytes()).await,
        422,
        "invalid",
    )
    .await;
    assert_problem(post(form, b"".to_vec()).await, 400, "malformed").await;
    assert_problem(post(form, noise(4_000)).await, 400, "malformed").await;
    let unfinished =
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf".to_vec();
    assert_problem(post(form, unfinished).await, 400, "malformed").await;
    // A million parts, and a head of megabytes: refused long before their end.
    let parts = field("a").repeat(1_000_000) + "--b--\r\n";
    assert_refused_early(&rosa, form, parts.as_bytes()).await;
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n",
        "x".repeat(8 * MIB)
    );
    assert_refused_early(&rosa, form, head.as_bytes()).await;
    assert_eq!(rosa.get("/api/me").await.status(), 200);
}

/// Writes a request whose answer may come before all of it was written.
async fn assert_refused_early(person: &Person, kind: &str, body: &[u8]) {
    let mut line = connection(person).await;
    let head = format!(
        "POST /api/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        person.token,
        body.len()
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = line.split();
    // The server may stop reading: what could not be written does not matter.
    let (_, answer) = tokio::join!(writing.write_all(body), async {
        let mut start = [0; 12];
        reading.read_exact(&mut start).await.unwrap();
        start
    });
    assert_eq!(&answer, b"HTTP/1.1 413");
}

async fn connection(person: &Person) -> TcpStream {
    TcpStream::connect(person.url.trim_start_matches("http://"))
        .await
        .unwrap()
}

#[tokio::test]
async fn an_upload_goes_on_where_a_connection_broke() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let bytes = noise(3 * MIB);
    let upload = begin(&rosa, "noise.bin", bytes.len()).await;
    assert_eq!(offset(&rosa, &upload).await, 0);
    // Half of it, and then the line is cut.
    let mut line = connection(&rosa).await;
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nupload-offset: 0\r\ncontent-length: {}\r\n\r\n",
        rosa.token,
        bytes.len()
    );
    line.write_all(head.as_bytes()).await.unwrap();
    line.write_all(&bytes[..MIB + MIB / 2]).await.unwrap();
    // Until the first part is put away; what came after it is kept when the line is gone.
    while offset(&rosa, &upload).await < MIB {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(line);
    // What had come is put away piece by piece: until it stays where it is.
    let stands = loop {
        let before = offset(&rosa, &upload).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        if before > MIB && offset(&rosa, &upload).await == before {
            break before;
        }
    };
    assert!(stands > MIB && stands <= MIB + MIB / 2, "{stands}");
    let elsewhere = resume(&rosa, &upload, 7, &bytes[7..]).await;
    assert_eq!(header(&elsewhere, "upload-offset"), stands.to_string());
    assert_problem(elsewhere, 409, "wrong_offset").await;
    let answer = resume(&rosa, &upload, stands, &bytes[stands..]).await;
    assert_eq!(answer.status(), 200);
    let finished: Value = answer.json().await.unwrap();
    assert_eq!(finished["upload"]["offset"], bytes.len());
    let file = &finished["attachment"];
    assert_eq!(
        (&file["name"], &file["size"]),
        (&json!("noise.bin"), &json!(bytes.len()))
    );
    assert_eq!(rosa.get(address(file)).await.bytes().await.unwrap(), bytes);
    let again = rosa.get_json(&upload).await;
    assert_eq!(&again["attachment"], file, "who missed the answer asks for it");
    let room = rosa.room_id("general").await;
    assert_eq!(send(&rosa, &room, "here", &[file]).await.status(), 201);
}

#[tokio::test]
async fn an_upload_survives_the_server() {
    let mut server = TestServer::start();
    let rosa = server.register("rosa").await;
    let bytes = noise(2 * MIB + 9);
    let upload = begin(&rosa, "noise", bytes.len()).await;
    assert_eq!(resume(&rosa, &upload, 0, &bytes[..MIB]).await.status(), 200);
    server.kill();
    server.restart();
    assert_eq!(offset(&rosa, &upload).await, MIB);
    let answer = resume(&rosa, &upload, MIB, &bytes[MIB..]).await;
    let file = answer.json::<Value>().await.unwrap()["attachment"].clone();
    server.kill();
    server.restart();
    assert_eq!(rosa.get(address(&file)).await.bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn uploads_are_held_to_what_they_announced_and_to_whose_they_are() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let upload = begin(&rosa, "a", 10).await;
    for method in ["HEAD", "DELETE"] {
        assert_eq!(mei.ask(method, &upload).await.status(), 404);
    }
    assert_problem(resume(&mei, &upload, 0, b"x").await, 404, "upload_not_found").await;
    let without = rosa.by_token("PATCH", &upload).body("x").send().await.unwrap();
    assert_problem(without, 400, "malformed").await;
    assert_problem(
        resume(&rosa, &upload, 0, b"more than ten bytes").await,
        413,
        "too_large",
    )
    .await;
    let stands = offset(&rosa, &upload).await;
    assert_eq!(stands, 0, "of what does not fit nothing is taken");
    assert_eq!(resume(&rosa, &upload, 0, b"12345").await.status(), 200);
    assert_eq!(rosa.ask("DELETE", &upload).await.status(), 204);
    assert_problem(resume(&rosa, &upload, 5, b"67890").await, 404, "upload_not_found").await;
    for (size, status, code) in [
        (json!(0), 422, "invalid"),
        (json!(-1), 422, "invalid"),
        (json!("big"), 422, "invalid"),
        (json!(100 * MIB + 1), 413, "too_large"),
        (json!(u64::MAX), 413, "too_large"),
    ] {
        let answer = rosa
            .post("/api/files/uploads", json!({ "name": "a", "size": size }))
            .await;
        assert_problem(answer, status, code).await;
    }
    assert_problem(
        rosa.get("/api/files/uploads/nothing").await,
        404,
        "upload_not_found",
    )
    .await;
}

#[tokio::test]
async fn uploads_are_limited_and_need_this_sites_origin() {
    let server = TestServer::setup().with("NATTER_LIMITS", "upload=2/1h").start();
    let rosa = server.register("rosa").await;
    for _ in 0..2 {
        file(&rosa, "a", b"a").await;
    }
    let refused = upload(&rosa, "a", b"a").await;
    assert!(refused.headers().contains_key("retry-after"));
    assert_problem(refused, 429, "too_fast").await;
    let foreign = rosa
        .bare("POST", "/api/files")
        .header("cookie", &rosa.cookie)
        .header("origin", "https://evil.example");
    assert_problem(
        form(foreign, "a", b"a").send().await.unwrap(),
        403,
        "foreign_origin",
    )
    .await;
    let nobody = form(rosa.bare("POST", "/api/files"), "a", b"a");
    assert_problem(nobody.send().await.unwrap(), 401, "not_signed_in").await;
}

#[tokio::test]
async fn a_file_larger_than_any_may_be_is_refused_and_nothing_of_it_is_left() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let answer = upload(&rosa, "big", &noise(100 * MIB + 1)).await;
    assert_problem(answer, 413, "too_large").await;
    assert_eq!(upload(&rosa, "whole", &noise(40 * MIB)).await.status(), 201);
    let left = std::fs::read_dir(server.files().join("parts")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "parts are left behind");
}
