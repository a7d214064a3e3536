//! A private nginx.

use std::{fs, io, net::TcpStream};

use rustix::process::Signal;

use crate::{
    port::Port,
    process::wait_until,
    server::{Server, folder, on_a_free_port},
};

/// What surrounds a configuration of the kind that one puts into `conf.d`.
const FRAME: &str = "daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include /etc/nginx/mime.types;
    include site.conf;
}
";

/// What a worker that accepts nobody any more calls itself.
const LEAVING: &str = "is shutting down";

/// An nginx that ends when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    server: Server,
    port: Port,
}

impl Nginx {
    /// Starts one with this content of its `http` block, in which `${LISTEN}` becomes its address.
    ///
    /// # Errors
    ///
    /// When it is not installed, or refuses the configuration.
    pub fn start(config: &str) -> io::Result<Self> {
        on_a_free_port(|port| {
            let folder = folder("nginx")?;
            let listen = format!("127.0.0.1:{}", port.number());
            fs::write(
                folder.path().join("site.conf"),
                config.replace("${LISTEN}", &listen),
            )?;
            // Without "user" a root's nginx works as nobody, who may not write where root does.
            let user = if rustix::process::geteuid().is_root() {
                "user root;\n"
            } else {
                ""
            };
            fs::write(folder.path().join("nginx.conf"), format!("{user}{FRAME}"))?;
            let place = folder.path().display().to_string();
            let command = [
                "/usr/sbin/nginx",
                "-p",
                &place,
                "-c",
                "nginx.conf",
                "-e",
                "stderr",
            ];
            let nginx = Self {
                server: Server::new(folder, "TERM", &command)?,
                port,
            };
            nginx.start_again()?;
            Ok(nginx)
        })
    }

    /// Has it read another content of its `http` block, as an administrator does, and waits until whoever comes is
    /// served by that. What is under way goes on as it was.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or it refuses the configuration.
    pub fn reload(&self, config: &str) -> io::Result<()> {
        let listen = format!("127.0.0.1:{}", self.port());
        let file = self.server.folder().join("site.conf");
        fs::write(file, config.replace("${LISTEN}", &listen))?;
        let old = self.server.children()?;
        self.server.signal(Signal::HUP)?;
        // The old workers go on accepting until they are told to stop, a moment after the new ones were started.
        wait_until("take its new configuration", || {
            old.iter()
                .all(|worker| worker.has_ended() || worker.title().ends_with(LEAVING))
        })
    }

    /// `kill -9` to all of its processes: every connection through it breaks.
    ///
    /// # Errors
    ///
    /// When it does not end.
    pub fn kill(&self) -> io::Result<()> {
        self.server.kill()
    }

    /// Starts it at the same place after [`Nginx::kill`].
    ///
    /// # Errors
    ///
    /// When it runs or does not start.
    pub fn start_again(&self) -> io::Result<()> {
        let address = ("127.0.0.1", self.port());
        self.server.start(|_| TcpStream::connect(address).is_ok())
    }

    /// Where it answers, in clear.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Its port on the loopback address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.number()
    }
}
