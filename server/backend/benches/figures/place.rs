//! Where is measured: stores with a long room in them, and a Redis.

use std::{env, error::Error, path::Path, sync::Arc};

use backend::{
    seed::{Plan, seed},
    stamp,
    store::{NewChannel, NewMessage, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use chat::{Author, MessageId, Nonce, RoomId, User};
use services::Postgres;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many members the rooms have.
pub(crate) const MEMBERS: usize = 100;

/// PostgreSQL as in earnest: what it acknowledges is on the disk.
const SETTINGS: [(&str, &str); 5] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "256MB"),
    ("max_wal_size", "1GB"),
];

/// A store, and what is in it.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    /// The room with all the messages.
    pub(crate) long: RoomId,
    /// A room for those that are written.
    pub(crate) fresh: RoomId,
    pub(crate) members: Vec<User>,
    _server: Option<Postgres>,
}

/// How many messages the long room gets.
pub(crate) fn messages() -> Outcome<usize> {
    match env::var("NATTER_BENCH_MESSAGES") {
        Ok(number) => Ok(number.parse()?),
        Err(_) => Ok(1_000_000),
    }
}

impl Place {
    pub(crate) async fn sqlite(folder: &Path) -> Outcome<Self> {
        let store = Arc::new(SqliteStore::open(&folder.join("natter.db")).await?);
        Self::fill("SQLite", store, None).await
    }

    pub(crate) async fn postgres() -> Outcome<Self> {
        let server = Postgres::with(&SETTINGS)?;
        let store = Arc::new(PostgresStore::open(&server.url(), None).await?);
        Self::fill("PostgreSQL", store, Some(server)).await
    }

    async fn fill(name: &'static str, store: Arc<dyn Store>, server: Option<Postgres>) -> Outcome<Self> {
        let plan = Plan {
            users: MEMBERS,
            rooms: 1,
            members: MEMBERS,
            messages: messages()?,
            // Nobody signs in with it.
            password_hash: "none".to_owned(),
        };
        let seeded = seed(store.as_ref(), &plan).await?;
        let long = *seeded
            .first()
            .and_then(|user| user.rooms.first())
            .ok_or("nothing was seeded")?;
        let members = store.page_members(long, None, MEMBERS as u64).await?;
        let fresh = RoomId(stamp::new_id());
        let channel = NewChannel {
            id: fresh,
            slug: "fresh".to_owned(),
            name: "fresh".to_owned(),
            topic: String::new(),
            private: false,
            creator: members[0].author.id,
            created_at: stamp::now(),
        };
        store.create_channel(channel).await?;
        let everyone: Vec<_> = members.iter().map(|user| user.author.id).collect();
        store.add_members(fresh, &everyone, stamp::now()).await?;
        store.tune().await?;
        Ok(Self {
            name,
            store,
            long,
            fresh,
            members,
            _server: server,
        })
    }

    /// A message by this member that nobody has sent yet.
    pub(crate) fn message(&self, member: usize) -> NewMessage {
        message(self.fresh, &self.members[member % self.members.len()].author)
    }
}

pub(crate) fn message(room: RoomId, author: &Author) -> NewMessage {
    let id = stamp::new_id();
    let body = "Could someone have a look at the harbour lights before the ferry comes in? They were out last night, too.";
    NewMessage {
        id: MessageId(id),
        room,
        author: author.clone(),
        html: format!("<p>{body}</p>"),
        body: body.to_owned(),
        nonce: Nonce::new(id.to_string()).ok(),
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
        here: Vec::new(),
        created_at: stamp::now(),
        exempt: false,
    }
}
