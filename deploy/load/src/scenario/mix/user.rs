//! One person in a browser: what is shown, what is kept, and what each action asks of the server.

use std::collections::HashMap;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{action::Action, line::Line};
use crate::{error::Error, roster::Person};

/// A browser keeps more; whoever comes back to a page has it or loads it.
const KEPT_PAGES: usize = 500;
/// With how many people somebody talks alone.
const PARTNERS: usize = 5;
/// How far back links lead.
const LINKED: u64 = 200;
/// Reactions go to what is new.
const REACTED: usize = 10;
const PAGE: u64 = 50;

/// What is looked at of a page.
#[derive(Clone, Debug, Default, Deserialize)]
struct Page {
    messages: Vec<Message>,
    last_rev: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Message {
    id: String,
    seq: u64,
    author: Author,
}

#[derive(Clone, Debug, Deserialize)]
struct Author {
    id: String,
    username: String,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// What an answer was, for the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    /// All of them.
    pub(super) all: u64,
    /// To requests for what was kept from before.
    pub(super) asked_again: u64,
    /// Of these, 304.
    pub(super) unchanged: u64,
}

/// Somebody.
pub(super) struct User {
    person: Person,
    url: String,
    http: reqwest::Client,
    random: StdRng,
    /// Answers to GETs by path, with their tags.
    kept: HashMap<String, (String, Page)>,
    room: String,
    shown: Page,
    partners: Vec<String>,
    last_post: Option<String>,
    line: Option<Line>,
    pub(super) answers: Answers,
}

impl User {
    pub(super) fn new(index: usize, person: Person, url: String, http: reqwest::Client) -> Self {
        Self {
            room: person.rooms.first().cloned().unwrap_or_default(),
            person,
            url,
            http,
            random: StdRng::seed_from_u64(index as u64),
            kept: HashMap::new(),
            shown: Page::default(),
            partners: Vec::new(),
            last_post: None,
            line: None,
            answers: Answers::default(),
        }
    }

    /// Opens the first room, and the live connection.
    pub(super) async fn arrive(&mut self) -> Result<(), Error> {
        self.switch_room().await?;
        self.connect().await
    }

    pub(super) fn draw(&mut self) -> Action {
        Action::draw(&mut self.random)
    }

    pub(super) async fn act(&mut self, action: Action, turn: usize) -> Result<(), Error> {
        match action {
            Action::Post => self.post(turn).await,
            Action::SwitchRoom => self.switch_room().await,
            Action::ScrollBack => self.scroll_back().await,
            Action::CheckUnread => self.get("/api/rooms".into()).await.map(drop),
            Action::OpenDirect => self.open_direct().await,
            Action::ReadThread => self.read_thread().await,
            Action::FollowLink => self.follow_link().await,
            Action::Reconnect => self.connect().await,
            Action::React => self.react().await,
            Action::Edit => self.edit(turn).await,
        }
    }

    async fn post(&mut self, turn: usize) -> Result<(), Error> {
        let message = json!({"room": self.room, "body": body(turn), "nonce": format!("mix-{turn}")});
        let posted: Named = self.send(Method::POST, "/api/messages", Some(message)).await?;
        self.last_post = Some(posted.id);
        Ok(())
    }

    async fn switch_room(&mut self) -> Result<(), Error> {
        if let Some(room) = self.person.rooms.choose(&mut self.random) {
            self.room.clone_from(room);
        }
        self.open_room().await
    }

    /// Loads the newest page of the room and marks it as read.
    async fn open_room(&mut self) -> Result<(), Error> {
        self.shown = self.page("").await?;
        let Some(last) = self.shown.messages.last().map(|message| message.seq) else {
            return Ok(());
        };
        let path = format!("/api/rooms/{}/read", self.room);
        self.tell(Method::POST, &path, Some(json!({"seq": last}))).await
    }

    /// Loads what comes before the oldest message shown.
    async fn scroll_back(&mut self) -> Result<(), Error> {
        let first = self.shown.messages.first().map_or(0, |message| message.seq);
        if first <= 1 {
            return self.open_room().await;
        }
        self.shown = self.page(&format!("&before={first}")).await?;
        Ok(())
    }

    async fn open_direct(&mut self) -> Result<(), Error> {
        let me = &self.person.username;
        let others = self.shown.messages.iter().map(|message| &message.author);
        let other = others
            .filter(|author| author.username != *me && !self.partners.contains(&author.id))
            .map(|author| author.id.clone())
            .next();
        if self.partners.len() < PARTNERS {
            self.partners.extend(other);
        }
        let Some(partner) = self.partners.choose(&mut self.random) else {
            return self.open_room().await;
        };
        let users = json!({"users": [partner]});
        let direct: Named = self.send(Method::POST, "/api/rooms/direct", Some(users)).await?;
        self.room = direct.id;
        self.open_room().await
    }

    async fn read_thread(&mut self) -> Result<(), Error> {
        let Some(message) = self.shown.messages.choose(&mut self.random) else {
            return self.switch_room().await;
        };
        self.get(format!("/api/threads/{}", message.id)).await.map(drop)
    }

    async fn follow_link(&mut self) -> Result<(), Error> {
        let Some(last) = self.shown.messages.last().map(|message| message.seq) else {
            return self.switch_room().await;
        };
        let target = last.saturating_sub(self.random.random_range(0..LINKED)).max(1);
        self.shown = self.page(&format!("&around={target}")).await?;
        Ok(())
    }

    async fn react(&mut self) -> Result<(), Error> {
        let newest = self.shown.messages.iter().rev().take(REACTED).collect::<Vec<_>>();
        let Some(message) = newest.choose(&mut self.random) else {
            return self.switch_room().await;
        };
        let path = format!("/api/messages/{}/reactions/%F0%9F%91%8D", message.id);
        self.tell(Method::PUT, &path, None).await
    }

    async fn edit(&mut self, turn: usize) -> Result<(), Error> {
        let Some(id) = &self.last_post else {
            return self.post(turn).await;
        };
        let path = format!("/api/messages/{id}");
        let edited = json!({"body": format!("{} (edited)", body(turn))});
        self.tell(Method::PATCH, &path, Some(edited)).await
    }

    /// Opens the live connection anew, where the room was left.
    pub(super) async fn connect(&mut self) -> Result<(), Error> {
        self.line = None;
        let after = (self.shown.last_rev > 0).then_some(self.shown.last_rev);
        let line = Line::open(&self.url, &self.person.token, &self.room, after);
        self.line = Some(line.await?);
        Ok(())
    }

    /// Whether the server ended the live connection.
    pub(super) fn is_cut_off(&self) -> bool {
        self.line.as_ref().is_none_or(Line::is_broken)
    }

    async fn page(&mut self, bound: &str) -> Result<Page, Error> {
        self.get(format!("/api/messages?room={}&limit={PAGE}{bound}", self.room))
            .await
    }

    /// What is there, as a browser asks for it: with the tag of what it has.
    async fn get(&mut self, path: String) -> Result<Page, Error> {
        let mut request = self.request(Method::GET, &path);
        let kept = self.kept.get(&path);
        if let Some((tag, _)) = kept {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let answer = request.send().await?;
        self.answers.all += 1;
        self.answers.asked_again += u64::from(kept.is_some());
        if let (StatusCode::NOT_MODIFIED, Some((_, page))) = (answer.status(), kept) {
            self.answers.unchanged += 1;
            return Ok(page.clone());
        }
        let answer = good(answer)?;
        let tag = answer
            .headers()
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok());
        let tag = tag.map(str::to_owned);
        let body = answer.bytes().await?;
        // Rooms and threads are kept too; only pages are looked into.
        let page: Page = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(tag) = tag {
            if self.kept.len() >= KEPT_PAGES {
                self.kept.clear();
            }
            self.kept.insert(path, (tag, page.clone()));
        }
        Ok(page)
    }

    async fn send<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, Error> {
        Ok(good(self.ask(method, path, body).await?)?.json().await?)
    }

    async fn tell(&mut self, method: Method, path: &str, body: Option<Value>) -> Result<(), Error> {
        good(self.ask(method, path, body).await?)?.bytes().await?;
        Ok(())
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<reqwest::Response, Error> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        self.answers.all += 1;
        Ok(answer)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.person.token)
    }
}

fn good(answer: reqwest::Response) -> Result<reqwest::Response, Error> {
    Ok(answer.error_for_status()?)
}

fn body(turn: usize) -> String {
    format!(
        "{turn}: does anyone know when the ferry comes in today? The board says noon, the harbour says one."
    )
}
