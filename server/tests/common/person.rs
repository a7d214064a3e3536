//! Someone who uses a server.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Socket, checked};

/// The password of everyone.
pub const PASSWORD: &str = "correct horse battery";

/// A user with a token, with which requests are made unless they are about cookies.
#[derive(Clone)]
pub struct Person {
    pub url: String,
    pub username: String,
    pub id: String,
    pub token: String,
    pub cookie: String,
    pub http: reqwest::Client,
}

impl Person {
    pub async fn register(url: &str, username: &str) -> Self {
        Self::enter(url, "register", 201, username, PASSWORD).await
    }

    /// Somebody who has an account already.
    pub async fn sign_in(url: &str, username: &str, password: &str) -> Self {
        Self::enter(url, "login", 200, username, password).await
    }

    async fn enter(url: &str, by: &str, status: u16, username: &str, password: &str) -> Self {
        // A connection each: one that was kept would be dead after a restart of the server.
        let http = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        let body = json!({ "username": username, "password": password });
        let answer = http
            .post(format!("{url}/api/auth/{by}"))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), status, "{username}: {by}");
        let cookie = answer.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let user: Value = answer.json().await.unwrap();
        let mut person = Self {
            url: url.to_owned(),
            username: username.to_owned(),
            id: user["user"]["id"].as_str().unwrap().to_owned(),
            token: String::new(),
            cookie,
            http,
        };
        person.token = person.new_token("tests").await;
        person
    }

    async fn new_token(&self, name: &str) -> String {
        let request = self
            .by_cookie("POST", "/api/tokens")
            .json(&json!({ "name": name }));
        let token: Value = request.send().await.unwrap().json().await.unwrap();
        token["token"].as_str().unwrap().to_owned()
    }

    /// A request as the page makes it: by cookie, from this site's origin.
    pub fn by_cookie(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path)
            .header("cookie", &self.cookie)
            .header("origin", &self.url)
    }

    /// A request as a program makes it.
    pub fn by_token(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    /// A request that proves nothing.
    pub fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        self.http
            .request(method.parse::<Method>().unwrap(), format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Response {
        checked(self.by_token("GET", path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        checked(self.by_token("POST", path).json(&body)).await
    }

    /// A request without a body.
    pub async fn ask(&self, method: &str, path: &str) -> Response {
        checked(self.by_token(method, path)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Response {
        checked(self.by_token("PATCH", path).json(&body)).await
    }

    pub async fn get_json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    /// The caller's view of the room with this slug.
    pub async fn room(&self, slug: &str) -> Value {
        let rooms = self.get_json("/api/rooms").await;
        let found = rooms["rooms"]
            .as_array()
            .unwrap()
            .iter()
            .find(|room| room["slug"] == slug)
            .cloned();
        found.unwrap_or_else(|| panic!("{} sees no room {slug}: {rooms}", self.username))
    }

    pub async fn room_id(&self, slug: &str) -> String {
        self.room(slug).await["id"].as_str().unwrap().to_owned()
    }

    /// Creates a channel and gives its id.
    pub async fn create_room(&self, name: &str, private: bool) -> String {
        let answer = self
            .post("/api/rooms", json!({ "name": name, "private": private }))
            .await;
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Posts and gives the stored message.
    pub async fn say(&self, room: &str, body: &str) -> Value {
        let answer = self
            .post("/api/messages", json!({ "room": room, "body": body }))
            .await;
        assert_eq!(answer.status(), 201, "{} posts", self.username);
        answer.json().await.unwrap()
    }

    /// Answers a message and gives the stored reply.
    pub async fn reply(&self, root: &Value, body: &str) -> Value {
        let reply = json!({ "room": root["room"], "body": body, "thread": root["id"] });
        let answer = self.post("/api/messages", reply).await;
        assert_eq!(answer.status(), 201, "{} replies", self.username);
        answer.json().await.unwrap()
    }

    /// Edits a message and gives it as it is then.
    pub async fn edit(&self, message: &Value, body: &str) -> Value {
        let answer = self.patch(&address(message, ""), json!({ "body": body })).await;
        assert_eq!(answer.status(), 200, "{} edits", self.username);
        answer.json().await.unwrap()
    }

    /// Changes a message in a way that has no answer: `DELETE ""`, `PUT "/pin"`.
    pub async fn change(&self, method: &str, message: &Value, what: &str) {
        let answer = self.ask(method, &address(message, what)).await;
        assert_eq!(answer.status(), 204, "{} does {method} {what}", self.username);
    }

    /// Puts a picture in a form.
    pub async fn send_picture(&self, path: &str, bytes: &[u8]) -> Response {
        let head = "--x\r\ncontent-disposition: form-data; name=file; filename=a.png\r\n\r\n";
        let form = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
        let request = self.by_token("PUT", path);
        let request = request.header("content-type", "multipart/form-data; boundary=x");
        checked(request.body(form)).await
    }

    /// Every message of a room, ascending.
    pub async fn history(&self, room: &str) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        let mut after = 0;
        loop {
            let page = self
                .get_json(&format!("/api/messages?room={room}&after={after}&limit=100"))
                .await;
            all.extend(page["messages"].as_array().unwrap().iter().cloned());
            if page["has_after"] == false {
                return all;
            }
            after = all.last().unwrap()["seq"].as_u64().unwrap();
        }
    }

    /// Opens a WebSocket and takes its `hello`.
    pub async fn connect(&self) -> Socket {
        let mut socket = Socket::by_token(&self.url, &self.token).await;
        socket.hello = socket.expect("hello").await;
        socket
    }
}

/// The address of a message, or of what belongs to it.
pub fn address(message: &Value, what: &str) -> String {
    format!("/api/messages/{}{what}", message["id"].as_str().unwrap())
}
