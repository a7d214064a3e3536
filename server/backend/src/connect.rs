//! From configuration to implementations: the only place that chooses.

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
};

use chat::quota::Limits;
use thiserror::Error;
use tokio::sync::Notify;
use url::Url;

use crate::{
    Backend, Signup,
    bus::{Bus, memory::MemoryBus, redis::RedisBus},
    cache::{Cached, layered::LayeredCache, memory::MemoryCache},
    export::Exporting,
    files::{Files, FilesError, object::ObjectFiles},
    import::Importing,
    limit::{Limiter, memory::MemoryLimiter, redis::RedisLimiter},
    markdown::Site,
    near::Names,
    outside::{Outside, Rules},
    password::Passwords,
    picture::queue::Pictures,
    presence::{Presence, memory::MemoryPresence, redis::RedisPresence},
    preview::Previews,
    push::Push,
    receiving::Receiving,
    redis::{BadUrl, Redis},
    session::{Sessions, memory::StoredSessions, redis::SharedSessions},
    stamp,
    store::{Store, StoreError, Upkeep as _, postgres::PostgresStore, sqlite::SqliteStore},
    token::held::HeldTokens,
    webhook::target::Targets,
};

/// What has to be known to connect.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub database_url: String,
    /// Where a streaming replica of it is that old messages may be read from.
    pub database_replica_url: Option<String>,
    /// Where files are: a folder, or `s3://BUCKET/PREFIX`.
    pub files: String,
    /// Where Redis is; `None`: bus, cache, sessions, presence and limits stay in process.
    pub redis_url: Option<String>,
    /// The rates in force.
    pub limits: Limits,
    /// Who may create an account.
    pub signup: Signup,
    /// The public origin, such as `https://chat.example.org`, where it is known.
    pub site: Option<String>,
    /// Whether links are followed for previews.
    pub previews: bool,
    /// Private addresses that may be called all the same.
    pub outside: Vec<SocketAddr>,
}

/// Why there is no backend.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The address names no engine that this version has.
    #[error("DATABASE_URL: expected sqlite://PATH or postgres://USER@HOST/DATABASE, found {0:?}")]
    Engine(String),
    /// Only PostgreSQL has replicas.
    #[error(
        "DATABASE_REPLICA_URL: expected postgres://USER@HOST/DATABASE beside a DATABASE_URL of that kind, found {0:?}"
    )]
    Replica(String),
    /// Files can neither be read nor written there.
    #[error("NATTER_FILES: {0}")]
    Files(#[from] FilesError),
    /// The address names nothing that files can be in.
    #[error("NATTER_FILES: expected a folder or s3://BUCKET/PREFIX, found {0:?}")]
    FilesUrl(String),
    /// The address names no Redis.
    #[error("REDIS_URL: {0}")]
    Redis(#[from] BadUrl),
    /// Redis does not answer. Said only to whoever asks: the server starts without it.
    #[error("REDIS_URL: Redis does not answer")]
    RedisAway,
    /// There is no database yet.
    #[error("DATABASE_URL: there is no database at {0}")]
    Missing(PathBuf),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens every dependency, bringing the database's schema up to date.
///
/// # Errors
/// [`ConnectError`] says which dependency it is and what to do.
pub async fn connect(config: &Config) -> Result<Arc<Backend>, ConnectError> {
    let redis = config.redis_url.as_deref().map(Redis::open).transpose()?;
    let files = open_files(&config.files)?;
    let store = open_store(&config.database_url, config.database_replica_url.as_deref()).await?;
    let ports = match redis {
        None => Ports::of_one_process(config, &store),
        Some(redis) => Ports::of_many(&redis, config, &store).await,
    };
    let outside = Arc::new(Outside::new(Rules {
        allow: config.outside.clone(),
    }));
    Ok(Arc::new(Backend {
        bus: ports.bus,
        cache: ports.cache,
        presence: ports.presence,
        sessions: ports.sessions,
        tokens: HeldTokens::default(),
        limiter: ports.limiter,
        files,
        pictures: Pictures::new(),
        receiving: Receiving::default(),
        exporting: Exporting::default(),
        importing: Importing::default(),
        passwords: Passwords::new(std::thread::available_parallelism().map_or(1, NonZeroUsize::get)),
        signup: config.signup,
        push: Push::new(
            config.site.as_deref(),
            Arc::clone(&outside),
            !config.outside.is_empty(),
        ),
        site: config.site.clone().map(Site::new),
        names: Names::default(),
        previews: Previews::new(Arc::clone(&outside), config.previews),
        targets: Targets::new(outside),
        webhooks_changed: Notify::new(),
        store,
    }))
}

/// Asks the Redis at `url` whether it is there.
///
/// # Errors
/// [`ConnectError::Redis`] for an address that is none, [`ConnectError::RedisAway`] where nothing answers.
pub async fn reach_redis(url: &str) -> Result<(), ConnectError> {
    let redis = Redis::open(url)?;
    redis.ping().await.map_err(|_| ConnectError::RedisAway)
}

/// Asks the replica at `replica_url` whether it is there.
///
/// # Errors
/// [`ConnectError::Replica`] where there can be none, [`ConnectError::Store`] where nothing answers.
pub async fn reach_replica(url: &str, replica_url: &str) -> Result<(), ConnectError> {
    let engines = (Engine::of(url), Engine::of(replica_url));
    if engines != (Some(Engine::Postgres), Some(Engine::Postgres)) {
        return Err(ConnectError::Replica(redact(replica_url)));
    }
    PostgresStore::open_as_is(replica_url).await?.close().await;
    Ok(())
}

/// Opens what `place` names for files: a folder, which is made where there is none, or a bucket, which is not asked yet.
///
/// # Errors
/// [`ConnectError::FilesUrl`] for an address of anything else, [`ConnectError::Files`] for a folder that cannot be used
/// and a bucket that the environment says too little of.
pub fn open_files(place: &str) -> Result<Arc<dyn Files>, ConnectError> {
    match Url::parse(place) {
        Ok(url) if url.scheme() == "s3" && url.has_host() => Ok(Arc::new(ObjectFiles::in_bucket(&url)?)),
        Ok(_) if place.contains("://") => Err(ConnectError::FilesUrl(redact(place))),
        _ => Ok(Arc::new(ObjectFiles::in_folder(Path::new(place))?)),
    }
}

/// What several instances share, or what one process does in their place.
struct Ports {
    bus: Arc<dyn Bus>,
    cache: Cached,
    presence: Arc<dyn Presence>,
    sessions: Arc<dyn Sessions>,
    limiter: Arc<dyn Limiter>,
}

impl Ports {
    fn of_one_process(config: &Config, store: &Arc<dyn Store>) -> Self {
        Self {
            bus: Arc::new(MemoryBus::new()),
            cache: Cached::new(Arc::new(MemoryCache::new())),
            presence: Arc::new(MemoryPresence::new()),
            sessions: Arc::new(StoredSessions::new(Arc::clone(store), stamp::now)),
            limiter: Arc::new(MemoryLimiter::new(&config.limits)),
        }
    }

    /// Over Redis. Where it is away they do what they can alone, and connect when it comes.
    async fn of_many(redis: &Arc<Redis>, config: &Config, store: &Arc<dyn Store>) -> Self {
        if redis.ping().await.is_err() {
            tracing::warn!("Redis does not answer: starting without it, and connecting as soon as it does");
        }
        let bus: Arc<dyn Bus> = Arc::new(RedisBus::new(redis));
        let cache = Cached::new(Arc::new(LayeredCache::new(redis, Arc::clone(&bus))));
        let (following, events) = (cache.follower(), bus.subscribe());
        tokio::spawn(following.follow(events));
        let sessions = StoredSessions::new(Arc::clone(store), stamp::now);
        Self {
            cache,
            presence: RedisPresence::new(redis, Arc::clone(&bus)),
            sessions: Arc::new(sessions.with_shared(SharedSessions::new(redis))),
            limiter: Arc::new(RedisLimiter::new(redis, config.limits.clone())),
            bus,
        }
    }
}

/// Opens the database that `url` names, which must be there: a copy of nothing would look like a backup. Its schema
/// stays as it is: who looks at a database, or copies it before an upgrade, must not upgrade it.
///
/// # Errors
/// [`ConnectError::Engine`], [`ConnectError::Missing`], or [`ConnectError::Store`] where it cannot be opened.
pub async fn open_existing_store(url: &str) -> Result<Arc<dyn Store>, ConnectError> {
    match Engine::of(url) {
        None => Err(ConnectError::Engine(redact(url))),
        Some(Engine::Sqlite(path)) if !path.exists() => Err(ConnectError::Missing(path)),
        Some(Engine::Sqlite(path)) => Ok(Arc::new(SqliteStore::open_as_is(&path).await?)),
        Some(Engine::Postgres) => Ok(Arc::new(PostgresStore::open_as_is(url).await?)),
    }
}

/// Opens the database that `url` names, with a replica where there is one.
///
/// # Errors
/// [`ConnectError::Engine`] or [`ConnectError::Replica`] for an address of no known engine, [`ConnectError::Store`]
/// where the database cannot be opened. A replica need not be there.
pub async fn open_store(url: &str, replica_url: Option<&str>) -> Result<Arc<dyn Store>, ConnectError> {
    let engine = |url: &str| Engine::of(url).ok_or_else(|| ConnectError::Engine(redact(url)));
    match (engine(url)?, replica_url) {
        (Engine::Sqlite(path), None) => Ok(Arc::new(SqliteStore::open(&path).await?)),
        (Engine::Postgres, None) => Ok(Arc::new(PostgresStore::open(url, None).await?)),
        (Engine::Postgres, Some(replica)) if Engine::of(replica) == Some(Engine::Postgres) => {
            Ok(Arc::new(PostgresStore::open(url, Some(replica)).await?))
        }
        (_, Some(replica)) => Err(ConnectError::Replica(redact(replica))),
    }
}

/// The folder with the data, for a database in a file.
#[must_use]
pub fn data_folder(url: &str) -> Option<PathBuf> {
    let Some(Engine::Sqlite(path)) = Engine::of(url) else {
        return None;
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Some(folder.map_or_else(|| PathBuf::from("."), PathBuf::from))
}

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
enum Engine {
    Sqlite(PathBuf),
    Postgres,
}

impl Engine {
    fn of(url: &str) -> Option<Self> {
        match url.split_once(':')? {
            ("sqlite", path) => Some(Self::Sqlite(sqlite_path(path))),
            ("postgres" | "postgresql", rest) if rest.starts_with("//") => Some(Self::Postgres),
            _ => None,
        }
    }
}

/// `sqlite://data/natter.db` and `sqlite:data/natter.db` are the same file; `sqlite:///data/natter.db` is absolute.
fn sqlite_path(rest: &str) -> PathBuf {
    PathBuf::from(rest.strip_prefix("//").unwrap_or(rest))
}

/// The address without what stands between `//` and `@`, where passwords are.
fn redact(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start + 2 < end => format!("{}…{}", &url[..start + 2], &url[end..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_path_are_understood() {
        assert_eq!(sqlite_path("//data/natter.db"), PathBuf::from("data/natter.db"));
        assert_eq!(sqlite_path("data/natter.db"), PathBuf::from("data/natter.db"));
        assert_eq!(sqlite_path("///var/natter.db"), PathBuf::from("/var/natter.db"));
    }

    #[test]
    fn an_address_names_an_engine() {
        assert_eq!(Engine::of("sqlite:a.db"), Some(Engine::Sqlite("a.db".into())));
        for url in [
            "postgres://host/natter",
            "postgresql://me:secret@host:5433/natter?sslmode=require",
        ] {
            assert_eq!(Engine::of(url), Some(Engine::Postgres));
        }
        for other in ["mysql://host/natter", "postgres:natter", "natter.db", ""] {
            assert_eq!(Engine::of(other), None, "{other}");
        }
    }

    #[tokio::test]
    async fn only_postgres_has_replicas() {
        for (url, replica) in [
            ("sqlite:unused.db", "postgres://host/natter"),
            ("postgres://host/natter", "sqlite:unused.db"),
        ] {
            let refused = open_store(url, Some(replica)).await.err();
            assert!(matches!(refused, Some(ConnectError::Replica(_))), "{refused:?}");
        }
    }

    #[test]
    fn files_are_in_a_folder_or_in_a_bucket() {
        for other in ["https://host/files", "gs://bucket", "s3://"] {
            let refused = open_files(other).err();
            assert!(
                matches!(refused, Some(ConnectError::FilesUrl(_))),
                "{other}: {refused:?}"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let files = open_files(folder.path().join("a/b").to_str().unwrap()).unwrap();
        assert_eq!(files.name(), "folder");
    }

    #[test]
    fn a_password_does_not_reach_the_error() {
        assert_eq!(redact("mysql://me:secret@host/db"), "mysql://…@host/db");
    }
}
