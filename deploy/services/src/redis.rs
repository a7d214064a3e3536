//! A private Redis.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::{
    port::Port,
    server::{Server, folder, on_a_free_port},
};

/// What it needs to know. It keeps nothing on disk, so it comes back empty.
const CONFIG: &str = "bind 127.0.0.1\nsave \"\"\nappendonly no\nlogfile \"\"\n";

/// How long one look at whether it answers may take.
const GLANCE: Duration = Duration::from_millis(500);

/// A Redis that ends when this is dropped.
#[derive(Debug)]
pub struct Redis {
    server: Server,
    port: Port,
}

impl Redis {
    /// Starts one; it answers when this returns.
    ///
    /// # Errors
    ///
    /// When it is not installed or does not start.
    pub fn start() -> io::Result<Self> {
        on_a_free_port(|port| {
            let folder = folder("redis")?;
            let config = folder.path().join("redis.conf");
            let place = folder.path().display();
            fs::write(&config, format!("{CONFIG}port {}\ndir {place}\n", port.number()))?;
            let command = ["redis-server", &config.display().to_string()];
            let redis = Self {
                server: Server::new(folder, "KILL", &command)?,
                port,
            };
            redis.start_again()?;
            Ok(redis)
        })
    }

    /// Where it is, for `REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Its port on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }

    /// Halts it: connections stay, and nothing answers.
    ///
    /// # Errors
    ///
    /// When it does not come to a halt.
    pub fn pause(&self) -> io::Result<()> {
        self.server.pause()
    }

    /// Lets it go on after [`Redis::pause`].
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn resume(&self) -> io::Result<()> {
        self.server.resume()
    }

    /// `kill -9`. What it held is lost.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn kill(&self) -> io::Result<()> {
        self.server.kill()
    }

    /// Starts it on the same port, empty, after [`Redis::kill`].
    ///
    /// # Errors
    ///
    /// When it runs or does not start.
    pub fn start_again(&self) -> io::Result<()> {
        self.server.start(|_| answers(self.port()).is_ok())
    }
}

fn answers(port: u16) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(GLANCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    if &answer == b"+PONG\r\n" {
        Ok(())
    } else {
        Err(io::Error::other("not a Redis"))
    }
}
