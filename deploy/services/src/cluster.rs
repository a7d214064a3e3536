//! Several instances of Natter with all that they need, behind nginx.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    Certificate, Nginx, Postgres, Redis,
    port::Port,
    server::{Server, folder},
};

/// How nginx is set up in earnest.
const CONFIG: &str = include_str!("../../nginx/natter.conf");

/// How long one look at whether an instance is ready may take.
const GLANCE: Duration = Duration::from_secs(1);

/// Where it keeps what it caches, in earnest; a private one has a folder of its own.
const CACHE: &str = "/var/cache/nginx/natter";

/// What a cluster is to be like.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// How many instances; none is three.
    pub instances: Option<usize>,
    /// Settings of every instance: `NAME=VALUE`.
    pub settings: &'a [&'a str],
    /// With it, people come in over TLS and HTTP/2.
    pub certificate: Option<&'a Certificate>,
    /// What is replaced in nginx's configuration.
    pub replaced: &'a [(&'a str, &'a str)],
}

/// Instances that act as one. All of it ends when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    /// What people talk to.
    pub nginx: Nginx,
    /// Who does the work.
    pub instances: Vec<Instance>,
    /// What they share.
    pub redis: Redis,
    /// What they store.
    pub postgres: Postgres,
    binary: PathBuf,
    settings: Vec<String>,
    /// nginx's configuration, but for the instances.
    config: String,
    /// Where all of them have their files.
    _files: TempDir,
}

/// A process of Natter.
#[derive(Debug)]
pub struct Instance {
    server: Server,
    port: Port,
}

impl Cluster {
    /// Starts so many instances of this binary with these built assets.
    ///
    /// # Errors
    ///
    /// When a part does not start; with the end of its log.
    pub fn start(binary: &Path, site: &Path, instances: usize) -> io::Result<Self> {
        let plan = Plan {
            instances: Some(instances),
            ..Plan::default()
        };
        Self::with(binary, site, &plan)
    }

    /// The same by a plan.
    ///
    /// # Errors
    ///
    /// As for [`Cluster::start`].
    pub fn with(binary: &Path, site: &Path, plan: &Plan<'_>) -> io::Result<Self> {
        let (postgres, redis) = (Postgres::start()?, Redis::start()?);
        let count = plan.instances.unwrap_or(3);
        let ports = (0..count)
            .map(|_| Port::reserve())
            .collect::<io::Result<Vec<_>>>()?;
        let config = configure(plan);
        // First: the instances need to know under which name people see them.
        let nginx = Nginx::start(&with_servers(&config, ports.iter().map(Port::number)))?;
        let url = match plan.certificate {
            Some(_) => nginx.url().replace("http://", "https://"),
            None => nginx.url(),
        };
        let files = folder("files")?;
        let mut settings = vec![
            format!("NATTER_FILES={}", files.path().display()),
            format!("DATABASE_URL={}", postgres.url()),
            format!("REDIS_URL={}", redis.url()),
            format!("NATTER_URL={url}"),
            format!("NATTER_SITE_ROOT={}", site.display()),
            "NATTER_TRUSTED_PROXIES=127.0.0.1".to_owned(),
        ];
        settings.extend(plan.settings.iter().map(|setting| (*setting).to_owned()));
        let mut cluster = Self {
            nginx,
            instances: Vec::new(),
            redis,
            postgres,
            binary: binary.canonicalize()?,
            settings,
            config,
            _files: files,
        };
        for port in ports {
            cluster.begin(port)?;
        }
        Ok(cluster)
    }

    /// Where people come in.
    #[must_use]
    pub fn url(&self) -> String {
        let url = self
            .settings
            .iter()
            .find_map(|setting| setting.strip_prefix("NATTER_URL="));
        url.unwrap_or_default().to_owned()
    }

    /// Starts one instance more and has nginx send it people.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn add(&mut self) -> io::Result<()> {
        self.begin(Port::reserve()?)?;
        self.route()
    }

    /// Takes an instance out: nginx sends it nobody more, and it ends in order.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn remove(&mut self, number: usize) -> io::Result<()> {
        let instance = self.instances.remove(number);
        self.route()?;
        instance.end()
    }

    fn begin(&mut self, port: Port) -> io::Result<()> {
        let instance = Instance::start(&self.binary, &self.settings, port)?;
        self.instances.push(instance);
        Ok(())
    }

    fn route(&self) -> io::Result<()> {
        let ports = self.instances.iter().map(|instance| instance.port.number());
        self.nginx.reload(&with_servers(&self.config, ports))
    }
}

fn configure(plan: &Plan<'_>) -> String {
    let mut config = CONFIG.replace(CACHE, "cache");
    if let Some(certificate) = plan.certificate {
        let (file, key) = (certificate.file(), certificate.key());
        let listen = format!(
            "listen ${{LISTEN}} ssl http2; ssl_certificate {}; ssl_certificate_key {};",
            file.display(),
            key.display()
        );
        config = config.replace("listen ${LISTEN};", &listen);
    }
    plan.replaced
        .iter()
        .fold(config, |config, (from, to)| config.replace(from, to))
}

fn with_servers(config: &str, ports: impl Iterator<Item = u16> + Clone) -> String {
    let lines = |settings: &str| {
        let server = |port| format!("server 127.0.0.1:{port} {settings};");
        ports.clone().map(server).collect::<Vec<_>>().join("\n    ")
    };
    config
        .replace("${SERVERS}", &lines("max_fails=1 fail_timeout=2s"))
        .replace("${SOCKETS}", &lines("max_fails=0"))
}

impl Instance {
    fn start(binary: &Path, settings: &[String], port: Port) -> io::Result<Self> {
        let folder = folder("instance")?;
        let binary = binary.display().to_string();
        let address = format!("NATTER_ADDR=127.0.0.1:{}", port.number());
        let mut command = vec!["env", &address];
        command.extend(settings.iter().map(String::as_str));
        command.push(&binary);
        let instance = Self {
            server: Server::new(folder, "KILL", &command)?,
            port,
        };
        instance.start_again()?;
        Ok(instance)
    }

    /// Ends it as an administrator does: those who are connected are told, requests are finished.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn end(&self) -> io::Result<()> {
        self.server.end_by(Signal::TERM)
    }

    /// Where it answers, past nginx.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// The id of its process.
    ///
    /// # Errors
    ///
    /// When it never started.
    pub fn pid(&self) -> io::Result<u32> {
        self.server.pid()
    }

    /// `kill -9`.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn kill(&self) -> io::Result<()> {
        self.server.kill()
    }

    /// Starts it on the same port after [`Instance::kill`] or [`Instance::end`].
    ///
    /// # Errors
    ///
    /// When it runs or does not start.
    pub fn start_again(&self) -> io::Result<()> {
        self.server
            .start(|_| is_ready(self.port.number()).unwrap_or_default())
    }
}

fn is_ready(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(GLANCE))?;
    write!(
        stream,
        "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
