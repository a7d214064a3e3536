//! A private Prometheus, and a private Alertmanager.

use std::{
    fs, io,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use crate::{
    port::Port,
    server::{Server, folder, on_a_free_port},
};

/// How long one look at whether it answers may take.
const GLANCE: Duration = Duration::from_secs(5);

/// A Prometheus that ends when this is dropped.
#[derive(Debug)]
pub struct Prometheus {
    server: Server,
    port: Port,
}

impl Prometheus {
    /// Starts one with this configuration. Files beside it are named as they are called.
    ///
    /// # Errors
    ///
    /// When it is not installed, or refuses the configuration.
    pub fn start(config: &str, files: &[(&str, &str)]) -> io::Result<Self> {
        on_a_free_port(|port| {
            let folder = folder("prometheus")?;
            write(folder.path(), &[&[("prometheus.yml", config)], files].concat())?;
            let listen = format!("--web.listen-address=127.0.0.1:{}", port.number());
            let server = Server::new(
                folder,
                "TERM",
                &[
                    "prometheus",
                    "--config.file=prometheus.yml",
                    "--storage.tsdb.path=data",
                    "--web.enable-lifecycle",
                    "--log.level=warn",
                    &listen,
                ],
            )?;
            let prometheus = Self { server, port };
            prometheus.server.start(|_| prometheus.get("/-/ready").is_ok())?;
            Ok(prometheus)
        })
    }

    /// Writes the file again that is called so, and has Prometheus read everything anew.
    ///
    /// # Errors
    ///
    /// When it refuses.
    pub fn replace(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.server.folder().join(file), text)?;
        ask(self.port.number(), "POST", "/-/reload").map(drop)
    }

    /// The answer to a GET of this path.
    ///
    /// # Errors
    ///
    /// When it is not 200.
    pub fn get(&self, path: &str) -> io::Result<String> {
        ask(self.port.number(), "GET", path)
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }
}

/// An Alertmanager that ends when this is dropped.
#[derive(Debug)]
pub struct Alertmanager {
    server: Server,
    port: Port,
}

impl Alertmanager {
    /// Starts one with this configuration.
    ///
    /// # Errors
    ///
    /// When it is not installed, or refuses the configuration.
    pub fn start(config: &str) -> io::Result<Self> {
        on_a_free_port(|port| {
            let folder = folder("alertmanager")?;
            write(folder.path(), &[("alertmanager.yml", config)])?;
            let listen = format!("--web.listen-address=127.0.0.1:{}", port.number());
            let server = Server::new(
                folder,
                "TERM",
                &[
                    "prometheus-alertmanager",
                    "--config.file=alertmanager.yml",
                    "--storage.path=data",
                    // On its own: no other one is looked for.
                    "--cluster.listen-address=",
                    "--log.level=warn",
                    &listen,
                ],
            )?;
            let alertmanager = Self { server, port };
            alertmanager
                .server
                .start(|_| alertmanager.get("/-/ready").is_ok())?;
            Ok(alertmanager)
        })
    }

    /// The answer to a GET of this path.
    ///
    /// # Errors
    ///
    /// When it is not 200.
    pub fn get(&self, path: &str) -> io::Result<String> {
        ask(self.port.number(), "GET", path)
    }

    /// Its port on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }
}

fn write(folder: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    files
        .iter()
        .try_for_each(|(name, text)| fs::write(folder.join(name), text))
}

/// The body of an answer with 200. HTTP/1.0, so that it comes in one piece.
fn ask(port: u16, method: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(GLANCE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains(" 200 ") => Ok(body.to_owned()),
        _ => Err(io::Error::other(answer)),
    }
}
