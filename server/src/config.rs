//! Configuration: flags and environment variables, read once at the start.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

use backend::{Signup, connect};
use chat::quota::Limits;
use clap::{Args, Parser, Subcommand, ValueEnum};
use http::{HeaderMap, header};
use url::Url;

use crate::middleware::client::Proxies;

/// Self-hosted team chat in one binary.
#[derive(Debug, Parser)]
#[command(name = "natter", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub config: Config,
}

/// What the binary can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve the chat (the default)
    Serve,
    /// Bring the database's schema up to date and stop
    Migrate,
    /// Fill the database with realistic people, rooms and messages
    Seed(SeedArgs),
    /// Check the configuration and reach every dependency
    Check,
    /// Report what an operator should know about the database: sizes, damage, slow queries, settings
    Doctor,
    /// Write a consistent copy of the database to a new file
    Backup {
        /// The file to write; must not exist
        file: PathBuf,
    },
    /// Bring in what another program has written out
    Import {
        /// Which program
        #[command(subcommand)]
        from: ImportFrom,
    },
    /// Write everything into a new folder: a file of JSON Lines a kind, and the files beside them
    Export {
        /// The folder to make; must not exist
        folder: PathBuf,
    },
    /// Give a person a new password and print it: for who forgot it, or was imported
    Password {
        /// Whose
        username: String,
    },
}

/// The programs whose archives can be imported.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportFrom {
    /// An export of a Slack workspace; what came before does not come again
    Slack(SlackArgs),
}

/// How to import an export of Slack.
#[derive(Clone, Debug, Args)]
pub struct SlackArgs {
    /// The archive, a zip file
    pub archive: PathBuf,
    /// Say what is in it, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take people of the archive for those who have the same usernames here
    #[arg(long)]
    pub match_usernames: bool,
}

/// How much to seed.
#[derive(Clone, Debug, Args)]
pub struct SeedArgs {
    /// How many users to create
    #[arg(long, default_value_t = 20)]
    pub users: usize,
    /// How many rooms to create
    #[arg(long, default_value_t = 5)]
    pub rooms: usize,
    /// How many members each room gets
    #[arg(long, default_value_t = 8)]
    pub members: usize,
    /// How many messages to write, spread over the rooms
    #[arg(long, default_value_t = 1_000)]
    pub messages: usize,
    /// Where to write one `username<TAB>token<TAB>room-ids` line a user
    #[arg(long)]
    pub tokens: Option<PathBuf>,
}

/// The settings of every command.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen; port 0 picks one and prints it
    #[arg(long, env = "NATTER_ADDR", default_value = "127.0.0.1:3000", global = true)]
    pub addr: SocketAddr,
    /// A listener of its own for /metrics and health
    #[arg(long, env = "NATTER_OPS_ADDR", global = true)]
    pub ops_addr: Option<SocketAddr>,
    /// The public origin: cookies, allowed Origin, links [default: http://<addr>]
    #[arg(long, env = "NATTER_URL", global = true)]
    pub url: Option<Origin>,
    /// Where the data is: sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://data/natter.db",
        hide_env_values = true,
        global = true
    )]
    pub database_url: String,
    /// A streaming replica of a Postgres database, which old messages are read from
    #[arg(long, env = "DATABASE_REPLICA_URL", hide_env_values = true, global = true)]
    pub database_replica_url: Option<String>,
    /// Where uploads are: a folder, or s3://BUCKET/PREFIX with the AWS_… variables
    #[arg(long, env = "NATTER_FILES", default_value = "data/files", global = true)]
    pub files: String,
    /// Where Redis is; unset: everything stays in process
    #[arg(long, env = "REDIS_URL", hide_env_values = true, global = true)]
    pub redis_url: Option<String>,
    /// The built assets
    #[arg(long, env = "NATTER_SITE_ROOT", default_value = "target/site", global = true)]
    pub site_root: PathBuf,
    /// `off`, or overrides such as register=1000/1m,post=50/10s
    #[arg(
        long,
        env = "NATTER_LIMITS",
        default_value = "",
        hide_default_value = true,
        global = true
    )]
    pub limits: Limits,
    /// Who may create an account; the first one is the owner
    #[arg(
        long,
        env = "NATTER_SIGNUP",
        value_enum,
        default_value = "open",
        global = true
    )]
    pub signup: SignupArg,
    /// The proxies whose word about their clients is taken: addresses and networks such as 10.0.0.0/8, with commas
    #[arg(
        long,
        env = "NATTER_TRUSTED_PROXIES",
        default_value = "",
        hide_default_value = true,
        global = true
    )]
    pub trusted_proxies: Proxies,
    /// For how many seconds readiness says no before anything else ends, so that balancers notice
    #[arg(long, env = "NATTER_DRAIN_DELAY", default_value_t = 0, global = true)]
    pub drain_delay: u16,
    /// Whether the server follows the links that people post, to show what they lead to
    #[arg(
        long,
        env = "NATTER_PREVIEWS",
        value_enum,
        default_value = "on",
        global = true
    )]
    pub previews: Switch,
    /// Private addresses with their ports that the server may call outside all the same, separated by commas
    #[arg(long, env = "NATTER_OUTSIDE", value_delimiter = ',', global = true)]
    pub outside: Vec<SocketAddr>,
    /// How to write the log
    #[arg(
        long,
        env = "NATTER_LOG_FORMAT",
        value_enum,
        default_value = "pretty",
        global = true
    )]
    pub log_format: LogFormat,
    /// Where traces go: an OpenTelemetry collector that speaks OTLP over HTTP, such as http://127.0.0.1:4318
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", global = true)]
    pub otlp_endpoint: Option<CollectorUrl>,
    /// What the collector knows this as
    #[arg(long, env = "OTEL_SERVICE_NAME", default_value = "natter", global = true)]
    pub service_name: String,
    /// What share of the requests is traced, from 0 to 1; a proxy that says so decides by itself
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", default_value_t = 1.0, global = true)]
    pub trace_share: f64,
}

/// The address of a collector of traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorUrl(pub Url);

impl FromStr for CollectorUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Url::parse(text) {
            Ok(url) if url.scheme() == "http" && url.has_host() => Ok(Self(url)),
            _ => Err(
                "expected http://HOST:PORT: the collector stands beside this, and passes on over TLS"
                    .to_owned(),
            ),
        }
    }
}

/// Who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignupArg {
    /// Anyone
    Open,
    /// Only who is invited
    Invite,
    /// Nobody but the first
    Closed,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Pretty,
    /// For programs
    Json,
}

impl Config {
    /// What the backend has to know.
    #[must_use]
    pub fn backend(&self) -> connect::Config {
        connect::Config {
            database_url: self.database_url.clone(),
            database_replica_url: self.database_replica_url.clone().filter(|url| !url.is_empty()),
            files: self.files.clone(),
            redis_url: self.redis_url.clone().filter(|url| !url.is_empty()),
            limits: self.limits.clone(),
            signup: match self.signup {
                SignupArg::Open => Signup::Open,
                SignupArg::Invite => Signup::Invite,
                SignupArg::Closed => Signup::Closed,
            },
            // Without it, people come by whatever name they know.
            site: self.url.as_ref().map(ToString::to_string),
            previews: self.previews == Switch::On,
            outside: self.outside.clone(),
        }
    }
}

/// A public origin such as `https://chat.example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    secure: bool,
}

impl Origin {
    /// The origin of a plain HTTP server at `addr`.
    #[must_use]
    pub fn of(addr: SocketAddr) -> Self {
        Self {
            text: format!("http://{addr}"),
            secure: false,
        }
    }

    /// Whether people come over HTTPS.
    #[must_use]
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// Whether a browser's request comes from a page of this site: its `Origin` is the configured one or, on a site
    /// without HTTPS, names the very host that the request went to. A forged page can have neither: browsers set
    /// both headers, and a cookie never goes to another host.
    #[must_use]
    pub fn allows(&self, headers: &HeaderMap) -> bool {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &http::HeaderValue| value.to_str().ok())
        };
        let Some(origin) = text(header::ORIGIN) else {
            return false;
        };
        let host = origin.split_once("://").map(|(_, host)| host);
        let same_host = !self.secure && host.is_some() && host == text(header::HOST);
        origin.eq_ignore_ascii_case(&self.text) || same_host
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text)
            .map_err(|error| format!("{error}; expected an origin like https://chat.example.org"))?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !bare {
            return Err("expected an origin like https://chat.example.org, without a path".to_owned());
        }
        Ok(Self {
            text: url.origin().ascii_serialization(),
            secure: url.scheme() == "https",
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn from(origin: &'static str, host: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        headers.insert(header::HOST, HeaderValue::from_static(host));
        headers
    }

    #[test]
    fn only_pages_of_this_site_are_allowed() {
        let ours: Origin = "https://chat.example.org/".parse().unwrap();
        assert!(ours.allows(&from("https://chat.example.org", "10.0.0.1:3000")));
        assert!(
            !ours.allows(&from("http://chat.example.org", "chat.example.org")),
            "not in clear"
        );
        let plain: Origin = "http://127.0.0.1:3000".parse().unwrap();
        assert!(plain.allows(&from("http://localhost:3000", "localhost:3000")));
        assert!(!plain.allows(&from("http://evil.example", "localhost:3000")));
        for foreign in [
            "https://evil.example",
            "null",
            "https://chat.example.org.evil.example",
            "http://chat.example.org",
        ] {
            assert!(!ours.allows(&from(foreign, "10.0.0.1:3000")), "{foreign}");
        }
        assert!(!ours.allows(&HeaderMap::new()));
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!("https://example.org/chat".parse::<Origin>().is_err());
        assert!("ftp://example.org".parse::<Origin>().is_err());
        assert!("example.org".parse::<Origin>().is_err());
    }
}
