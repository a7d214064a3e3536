//! Files: upload, resume, send, read; and what bad input does.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::{Person, TestServer, assert_problem};

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
async fn a_file_is_uploaded_sent_and_read_by_who_may_read_the_message() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let bytes = b"Dear diary".to_vec();
    let file = file(&rosa, "notes.txt", &bytes).await;
    assert_eq!(
        file,
        json!({
            "id": file["id"], "name": "notes.txt", "content_type": "text/plain", "size": 10,
            "url": format!("/files/{}/notes.txt", file["id"].as_str().unwrap()),
            "width": null, "height": null, "color": null, "variants": []
        })
    );
    assert_eq!(rosa.get(address(&file)).await.bytes().await.unwrap(), bytes);
    assert_problem(mei.get(address(&file)).await, 404, "file_not_found").await;
    let mut socket = mei.connect().await;
    socket.join(&room, None).await;
    let answer = send(&rosa, &room, "", &[&file]).await;
    assert_eq!(answer.status(), 201);
    let message: Value = answer.json().await.unwrap();
    assert_eq!(
        (&message["body"], &message["attachments"]),
        (&json!(""), &json!([file]))
    );
    assert_eq!(socket.expect("message").await["message"], message);
    assert_eq!(mei.history(&room).await, [message]);
    let read = mei.get(address(&file)).await;
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-length", "10"),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, no-cache"),
        ("x-content-type-options", "nosniff"),
        (
            "content-disposition",
            "attachment; filename=\"notes.txt\"; filename*=UTF-8''notes.txt",
        ),
    ] {
        assert_eq!(header(&read, name), value, "{name}");
    }
    assert!(header(&read, "content-security-policy").contains("sandbox"));
    assert_eq!(read.bytes().await.unwrap(), bytes);
    let unsigned = server.anonymous("GET", address(&file), None).await;
    assert_problem(unsigned, 401, "not_signed_in").await;
}

#[tokio::test]
async fn a_file_of_a_private_room_is_not_there_for_strangers_and_goes_with_its_message() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.create_room("secret", true).await;
    let file = file(&rosa, "plan.png", PNG).await;
    let message: Value = send(&rosa, &room, "the plan", &[&file])
        .await
        .json()
        .await
        .unwrap();
    assert_problem(mei.get(address(&file)).await, 404, "file_not_found").await;
    assert_eq!(rosa.get(address(&file)).await.status(), 200);
    rosa.edit(&message, "the new plan").await;
    assert_eq!(rosa.get(address(&file)).await.status(), 200);
    rosa.change("DELETE", &message, "").await;
    assert_problem(rosa.get(address(&file)).await, 404, "file_not_found").await;
    assert_eq!(rosa.history(&room).await[0]["attachments"], json!([]));
}

#[tokio::test]
async fn what_a_file_is_its_bytes_say_and_nothing_active_is_served_as_what_it_is() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (name, bytes, found, served) in [
        (
            "drawing.svg",
            &svg[..],
            "image/svg+xml",
            "application/octet-stream",
        ),
        (
            "photo.png",
            b"<!DOCTYPE html><script>alert(1)</script>",
            "text/html",
            "application/octet-stream",
        ),
        ("page.html", PNG, "image/png", "image/png"),
        ("song.mp3", b"ID3\x04\0\0\0\0\0\0", "audio/mpeg", "audio/mpeg"),
        (
            "paper",
            b"%PDF-1.7 ...",
            "application/pdf",
            "application/octet-stream",
        ),
        (
            "x.gif",
            b"\0\x01\x02\x03",
            "application/octet-stream",
            "application/octet-stream",
        ),
    ] {
        let file = file(&rosa, name, bytes).await;
        assert_eq!(file["content_type"], found, "{name}");
        let read = rosa.get(address(&file)).await;
        assert_eq!(header(&read, "content-type"), served, "{name}");
        let saved = header(&read, "content-disposition").starts_with("attachment");
        assert_eq!(saved, served == "application/octet-stream", "{name}");
        assert!(
            header(&read, "content-security-policy").contains("default-src 'none'"),
            "{name}"
        );
    }
}

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

#[tokio::test]
async fn a_name_is_only_a_name() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    for (name, kept) in [
        ("../../../etc/passwd", "passwd"),
        ("..\\\\..\\\\boot.ini", "boot.ini"),
        ("a%0d%0aSet-Cookie: x=1.txt", "a_0d_0aSet-Cookie_ x=1.txt"),
        ("..", "file"),
    ] {
        let file = file(&rosa, name, b"text").await;
        let found = file["name"].as_str().unwrap();
        // How a form writes a percent sign is its own affair.
        assert_eq!(found.replace('%', "_"), kept, "{name}");
        assert_eq!(rosa.get(address(&file)).await.status(), 200, "{name}");
    }
    let nothing = rosa.get("/files/../../etc/passwd").await;
    assert_eq!(nothing.status(), 404);
    for odd in [
        "/files/nothing/x",
        "/files/01890a5d-ac96-774b-bcce-b302099a8057/x",
    ] {
        assert_problem(rosa.get(odd).await, 404, "file_not_found").await;
    }
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
async fn ranges_are_answered_and_what_a_browser_has_is_not_sent_again() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let bytes = noise(3 * MIB + 5);
    let file = file(&rosa, "noise", &bytes).await;
    let ask = |name: &'static str, value: String| {
        let request = rosa.by_token("GET", address(&file)).header(name, value);
        async { request.send().await.unwrap() }
    };
    for (range, from, to) in [
        ("bytes=0-9", 0, 10),
        (&*format!("bytes={}-{}", MIB - 1, MIB + 1), MIB - 1, MIB + 2),
        ("bytes=-7", bytes.len() - 7, bytes.len()),
        ("bytes=3145728-", 3 * MIB, bytes.len()),
    ] {
        let part = ask("range", range.to_owned()).await;
        assert_eq!(part.status(), 206, "{range}");
        let span = format!("bytes {from}-{}/{}", to - 1, bytes.len());
        assert_eq!(header(&part, "content-range"), span);
        assert_eq!(part.bytes().await.unwrap(), bytes[from..to], "{range}");
    }
    let beyond = ask("range", "bytes=99999999-".to_owned()).await;
    assert_eq!(
        header(&beyond, "content-range"),
        format!("bytes */{}", bytes.len())
    );
    assert_problem(beyond, 416, "range_not_satisfiable").await;
    let several = ask("range", "bytes=0-1,5-6".to_owned()).await;
    assert_eq!(
        (several.status().as_u16(), several.bytes().await.unwrap().len()),
        (200, bytes.len())
    );
    let whole = rosa.get(address(&file)).await;
    assert_eq!(
        header(&whole, "content-encoding"),
        "",
        "files are passed on as they are"
    );
    let tag = header(&whole, "etag").to_owned();
    let known = ask("if-none-match", tag).await;
    assert_eq!(
        (known.status().as_u16(), known.bytes().await.unwrap().len()),
        (304, 0)
    );
    let head = rosa.ask("HEAD", address(&file)).await;
    assert_eq!(header(&head, "content-length"), bytes.len().to_string());
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
async fn a_file_that_is_not_sent_can_be_taken_away() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let (gone, sent) = (file(&rosa, "a", b"a").await, file(&rosa, "b", b"b").await);
    let cancel = |file: &Value| format!("/api/files/uploads/{}", file["id"].as_str().unwrap());
    assert_eq!(rosa.ask("DELETE", &cancel(&gone)).await.status(), 204);
    assert_problem(rosa.get(address(&gone)).await, 404, "file_not_found").await;
    assert_eq!(send(&rosa, &room, "x", &[&sent]).await.status(), 201);
    assert_eq!(rosa.ask("DELETE", &cancel(&sent)).await.status(), 404);
    assert_eq!(rosa.get(address(&sent)).await.status(), 200);
}

#[tokio::test]
async fn a_file_is_sent_once_by_who_uploaded_it() {
    let server = TestServer::start();
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    let mine = file(&rosa, "a", b"a").await;
    let ghost = json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8057" });
    for files in [vec![&mine, &mine], vec![&ghost], vec![&mine, &ghost]] {
        let problem = assert_problem(send(&rosa, &room, "x", &files).await, 422, "invalid").await;
        assert_eq!(problem["errors"][0]["field"], "attachments");
    }
    assert_problem(send(&mei, &room, "x", &[&mine]).await, 422, "invalid").await;
    let mut many: Vec<Value> = Vec::new();
    for _ in 0..11 {
        many.push(file(&rosa, "m", b"m").await);
    }
    let many: Vec<&Value> = many.iter().collect();
    assert_problem(send(&rosa, &room, "x", &many).await, 422, "invalid").await;
    assert_problem(send(&rosa, &room, " ", &[]).await, 422, "invalid").await;
    let message: Value = send(&rosa, &room, " ", &many[..10]).await.json().await.unwrap();
    assert_eq!(message["attachments"].as_array().unwrap().len(), 10);
    assert_problem(send(&rosa, &room, "again", &many[..1]).await, 422, "invalid").await;
    let body = json!({ "room": room, "body": "n", "nonce": "n1", "attachments": [mine["id"]] });
    let first = rosa.post("/api/messages", body.clone()).await;
    assert_eq!(first.status(), 201);
    let again = rosa.post("/api/messages", body).await;
    assert_eq!(again.status(), 200);
    assert_eq!(
        again.json::<Value>().await.unwrap(),
        first.json::<Value>().await.unwrap()
    );
    let mut emptied = rosa.edit(&message, "words").await;
    emptied = rosa.edit(&emptied, "").await;
    assert_eq!(
        (&emptied["body"], &emptied["attachments"]),
        (&json!(""), &message["attachments"])
    );
    let plain = rosa.say(&room, "plain").await;
    let path = crate::common::address(&plain, "");
    assert_problem(rosa.patch(&path, json!({ "body": "" })).await, 422, "invalid").await;
}

#[tokio::test]
async fn the_socket_sends_files_too() {
    let server = TestServer::start();
    let rosa = server.register("rosa").await;
    let room = rosa.room_id("general").await;
    let file = file(&rosa, "a.png", PNG).await;
    let mut socket = rosa.connect().await;
    let frame =
        json!({ "type": "send", "room": room, "nonce": "n", "body": "", "attachments": [file["id"]] });
    socket.send(frame.clone()).await;
    let sent = socket.expect("sent").await;
    assert_eq!(sent["message"]["attachments"], json!([file]));
    socket.send(frame).await;
    assert_eq!(socket.expect("sent").await["message"], sent["message"]);
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
