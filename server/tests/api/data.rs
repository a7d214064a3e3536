//! What people take along, and what is left of those who want to be forgotten.

use serde_json::{Value, json};

use crate::common::{Person, TestServer, assert_problem};

async fn lines(by: &Person, path: &str) -> Vec<Value> {
    let answer = by.get(path).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

async fn two_who_talk(server: &TestServer) -> (Person, Person, String) {
    let (rosa, mei) = (server.register("rosa").await, server.register("mei").await);
    let room = rosa.room_id("general").await;
    (rosa, mei, room)
}

fn erasing(by: &Person, password: &str, keep_messages: bool) -> reqwest::RequestBuilder {
    let body = json!({ "password": password, "keep_messages": keep_messages });
    by.by_cookie("POST", "/api/me/erase").json(&body)
}

/// A picture with a white pixel in its corner.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut picture = image::RgbImage::from_pixel(width, height, image::Rgb([0x33, 0x66, 0x99]));
    picture.put_pixel(0, 0, image::Rgb([255, 255, 255]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn people_take_along_what_is_theirs_and_nothing_else() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_who_talk(&server).await;
    let theirs = rosa.say(&room, "rosa's own words").await;
    mei.say(&room, "mei's own words").await;
    mei.change("PUT", &theirs, "/reactions/👍").await;
    let draft = json!({ "body": "half a reply" });
    let path = format!("/api/threads/{}/draft", theirs["id"].as_str().unwrap());
    let begun = mei.by_token("PUT", &path).json(&draft).send().await.unwrap();
    assert_eq!(begun.status(), 200);
    let taken = lines(&mei, "/api/me/export").await;
    assert_eq!(
        (&of(&taken, "draft")[0]["thread"], &of(&taken, "draft")[0]["body"]),
        (&theirs["id"], &draft["body"])
    );
    assert_eq!(
        (&taken[0]["type"], &taken[0]["format"]),
        (&json!("export"), &json!(1))
    );
    assert_eq!(of(&taken, "user").len(), 1);
    assert_eq!(of(&taken, "user")[0]["username"], "mei");
    assert_eq!(of(&taken, "message").len(), 1);
    assert_eq!(of(&taken, "message")[0]["body"], "mei's own words");
    assert_eq!(of(&taken, "reaction")[0]["message"], theirs["id"]);
    assert!(
        !taken.iter().any(|line| line.to_string().contains("rosa's")),
        "{taken:#?}"
    );
    // As browsers ask for it.
    let request = mei.by_token("GET", "/api/me/export");
    let squeezed = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(squeezed.headers()["content-encoding"], "gzip");
    assert!(!squeezed.bytes().await.expect("all of it comes").is_empty());
    assert_problem(mei.get("/api/export").await, 403, "forbidden").await;
    let whole = lines(&rosa, "/api/export").await;
    assert_eq!((of(&whole, "user").len(), of(&whole, "message").len()), (2, 2));
    assert_eq!(
        server.anonymous("GET", "/api/me/export", None).await.status(),
        401
    );
}

#[tokio::test]
async fn nothing_is_left_of_who_wants_to_be_forgotten_and_everyone_sees_it_at_once() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_who_talk(&server).await;
    let said = mei.say(&room, "never mind me").await;
    let reply = rosa.reply(&said, "I do").await;
    let mut watching = rosa.connect().await;
    watching.join(&room, None).await;
    assert_problem(
        erasing(&mei, "wrong password", false).send().await.unwrap(),
        422,
        "invalid",
    )
    .await;
    let by_token = mei.post("/api/me/erase", json!({ "password": PASSWORD })).await;
    assert_problem(by_token, 403, "forbidden").await;
    let answer = erasing(&mei, PASSWORD, false).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let changed = watching.expect("changed").await;
    assert_eq!(
        (&changed["message"]["id"], &changed["message"]["deleted"]),
        (&said["id"], &json!(true))
    );
    assert_eq!(changed["message"]["author"]["display_name"], "Erased user");
    assert_eq!(mei.get("/api/me").await.status(), 401, "the token is gone");
    assert_eq!(
        mei.by_cookie("GET", "/api/me").send().await.unwrap().status(),
        401
    );
    let history = rosa.history(&room).await;
    assert!(!json!(history).to_string().contains("mei"), "{history:#?}");
    let kept: Vec<&Value> = history.iter().map(|message| &message["id"]).collect();
    assert_eq!(kept, [&said["id"], &reply["id"]], "numbers stay");
    let profile = rosa.get_json(&format!("/api/users/{}", mei.id)).await;
    assert_eq!(
        (&profile["user"]["deactivated"], &profile["user"]["title"]),
        (&json!(true), &json!(""))
    );
    let found = rosa.get_json("/api/search?q=mind").await;
    assert_eq!(found["results"], json!([]));
    let login = json!({ "username": "mei", "password": PASSWORD });
    assert_eq!(
        server
            .anonymous("POST", "/api/auth/login", Some(login))
            .await
            .status(),
        401
    );
    server.register("mei").await;
}

#[tokio::test]
async fn messages_may_stay_without_the_name_and_the_last_owner_may_not_go() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_who_talk(&server).await;
    mei.say(&room, "good advice").await;
    assert_problem(
        erasing(&rosa, PASSWORD, true).send().await.unwrap(),
        409,
        "last_owner",
    )
    .await;
    let erase = |by: Person, user: String| async move {
        by.post(
            &format!("/api/users/{user}/erase"),
            json!({ "keep_messages": true }),
        )
        .await
    };
    let tom = server.register("tom").await;
    let refused = tom.post(&format!("/api/users/{}/erase", mei.id), json!({})).await;
    assert_problem(refused, 403, "forbidden").await;
    let own = rosa
        .post(&format!("/api/users/{}/erase", rosa.id), json!({}))
        .await;
    assert_problem(own, 403, "forbidden").await;
    let missing = rosa
        .post("/api/users/019a0000-0000-7000-8000-000000000000/erase", json!({}))
        .await;
    assert_problem(missing, 404, "user_not_found").await;
    let log_before = rosa.get_json("/api/audit").await["entries"]
        .as_array()
        .unwrap()
        .len();
    let room_before = rosa.room("general").await;
    assert_eq!(erase(rosa.clone(), mei.id.clone()).await.status(), 204);
    let history = rosa.history(&room).await;
    assert_eq!(history[0]["body"], "good advice");
    assert_eq!(history[0]["author"]["display_name"], "Erased user");
    assert_eq!(
        rosa.room("general").await["last_rev"],
        room_before["last_rev"],
        "no message changed"
    );
    let log = rosa.get_json("/api/audit").await;
    assert_eq!(log["entries"].as_array().unwrap().len(), log_before + 1);
    assert_eq!(log["entries"][0]["action"], "user_erased");
}

#[tokio::test]
async fn a_picture_is_cut_square_and_shown_to_everyone_until_it_is_taken_away() {
    let server = TestServer::start();
    let (rosa, mei, room) = two_who_talk(&server).await;
    mei.say(&room, "look at me").await;
    let before = rosa.room("general").await;
    let refused = mei.send_picture("/api/me/avatar", b"no picture").await;
    assert_problem(refused, 422, "invalid").await;
    let huge = mei
        .send_picture("/api/me/avatar", &vec![0; 5 * 1024 * 1024 + 1])
        .await;
    assert_problem(huge, 413, "too_large").await;
    let shown: Value = mei
        .send_picture("/api/me/avatar", &png(400, 200))
        .await
        .json()
        .await
        .unwrap();
    let address = shown["user"]["avatar_url"].as_str().unwrap();
    assert_eq!(rosa.history(&room).await[0]["author"]["avatar_url"], address);
    for (query, side) in [("", 96), ("?size=288", 288)] {
        let answer = rosa.get(&format!("{address}{query}")).await;
        assert_eq!(answer.status(), 200);
        let picture = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!((picture.width(), picture.height()), (side, side));
    }
    assert_problem(
        rosa.get(&format!("{address}?size=97")).await,
        404,
        "file_not_found",
    )
    .await;
    assert_eq!(server.anonymous("GET", address, None).await.status(), 401);
    let page = rosa
        .by_cookie("GET", "/rooms/general")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains(&format!("<img src=\"{address}\"")),
        "it is on the page"
    );
    assert_eq!(mei.ask("DELETE", "/api/me/avatar").await.status(), 204);
    assert_eq!(rosa.history(&room).await[0]["author"]["avatar_url"], Value::Null);
    let after = rosa.room("general").await;
    assert_eq!(after["last_rev"], before["last_rev"], "no message changed");
}

#[tokio::test]
async fn a_posted_file_is_no_picture_of_somebody() {
    let server = TestServer::start();
    let (rosa, ..) = two_who_talk(&server).await;
    let form = "--x\r\ncontent-disposition: form-data; name=file; filename=a.txt\r\n\r\nahoy\r\n--x--\r\n";
    let upload = rosa.by_token("POST", "/api/files").body(form);
    let upload = upload
        .header("content-type", "multipart/form-data; boundary=x")
        .send()
        .await
        .unwrap();
    let file: Value = upload.json().await.unwrap();
    let id = file["attachment"]["id"].as_str().unwrap();
    assert_problem(rosa.get(&format!("/avatars/{id}")).await, 404, "file_not_found").await;
}
