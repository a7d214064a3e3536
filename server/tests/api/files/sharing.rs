//! Who sends a file, who reads it, and as what it is served.

use serde_json::{Value, json};

use super::{MIB, PNG, address, file, header, noise, send};
use crate::common::{TestServer, assert_problem};

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
