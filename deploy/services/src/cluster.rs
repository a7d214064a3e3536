//! Several instances of Natter with all that they need, behind nginx.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    Nginx, Postgres, Redis,
    port::Port,
    server::{Server, folder},
};

/// How nginx is set up in earnest.
const CONFIG: &str = include_str!("../../nginx/natter.conf");

/// How long one look at whether an instance is ready may take.
const GLANCE: Duration = Duration::from_secs(1);

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
        let (postgres, redis) = (Postgres::start()?, Redis::start()?);
        let ports = (0..instances)
            .map(|_| Port::reserve())
            .collect::<io::Result<Vec<_>>>()?;
        let servers: Vec<String> = ports
            .iter()
            .map(|port| format!("server 127.0.0.1:{} max_fails=1 fail_timeout=2s;", port.number()))
            .collect();
        // First: the instances need to know under which name people see them.
        let nginx = Nginx::start(&CONFIG.replace("${SERVERS}", &servers.join("\n    ")))?;
        let files = folder("files")?;
        let settings = [
            format!("NATTER_FILES={}", files.path().display()),
            format!("DATABASE_URL={}", postgres.url()),
            format!("REDIS_URL={}", redis.url()),
            format!("NATTER_URL={}", nginx.url()),
            format!("NATTER_SITE_ROOT={}", site.display()),
        ];
        let instances = ports
            .into_iter()
            .map(|port| Instance::start(binary, &settings, port));
        Ok(Self {
            instances: instances.collect::<io::Result<_>>()?,
            nginx,
            redis,
            postgres,
            _files: files,
        })
    }
}

impl Instance {
    fn start(binary: &Path, settings: &[String], port: Port) -> io::Result<Self> {
        let folder = folder("instance")?;
        let binary = binary.canonicalize()?.display().to_string();
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

    /// Starts it on the same port after [`Instance::kill`].
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
