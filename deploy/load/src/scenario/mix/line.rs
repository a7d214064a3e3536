//! A person's live connection: it keeps a room open, takes what comes and answers pings.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::{JoinHandle, spawn_local},
    time::timeout,
};
use tungstenite::handshake::client::generate_key;

use crate::{
    error::Error,
    upgrade,
    wire::{self, Assembly, Heard},
};

const HANDSHAKE: Duration = Duration::from_secs(10);
const READ: usize = 16 * 1024;

/// An open connection; it ends when this is dropped.
pub(super) struct Line(JoinHandle<Result<(), Error>>);

impl Line {
    /// Opens one and joins a room, after a revision where one was seen.
    pub(super) async fn open(url: &str, token: &str, room: &str, after: Option<u64>) -> Result<Self, Error> {
        let opening = timeout(HANDSHAKE, shake_hands(url, token));
        let (mut stream, rest) = opening.await.map_err(|_| Error::Late("the handshake"))??;
        let mut join = json!({"type": "join", "room": room});
        if let Some(after) = after {
            join["after"] = after.into();
        }
        let mut frame = Vec::new();
        wire::put_text(&mut frame, join.to_string());
        stream.write_all(&frame).await.map_err(Error::io("a socket"))?;
        Ok(Self(spawn_local(listen(stream, rest))))
    }

    /// Whether the server has ended it.
    pub(super) fn is_broken(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn shake_hands(url: &str, token: &str) -> Result<(TcpStream, Vec<u8>), Error> {
    let authority = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(authority)
        .await
        .map_err(Error::io("connect"))?;
    let key = generate_key();
    let request = upgrade::request(authority, token, &key);
    stream
        .write_all(request.as_bytes())
        .await
        .map_err(Error::io("upgrade"))?;
    let mut bytes = Vec::new();
    loop {
        if let Some(length) = upgrade::accepted(&bytes, &key)? {
            return Ok((stream, bytes.split_off(length)));
        }
        if stream.read_buf(&mut bytes).await.map_err(Error::io("upgrade"))? == 0 {
            return Err(Error::Closed("during the handshake".into()));
        }
    }
}

async fn listen(mut stream: TcpStream, mut bytes: Vec<u8>) -> Result<(), Error> {
    let mut assembly = Assembly::default();
    loop {
        let (mut used, mut answer) = (0, Vec::new());
        while let Some((heard, length)) = assembly.take(&bytes[used..])? {
            used += length;
            match heard {
                Heard::Ping(payload) => wire::put_pong(&mut answer, payload),
                Heard::Close(why) => return Err(Error::Closed(why)),
                Heard::Text(_) | Heard::Binary | Heard::Nothing => {}
            }
        }
        bytes.drain(..used);
        stream.write_all(&answer).await.map_err(Error::io("a socket"))?;
        bytes.reserve(READ);
        if stream.read_buf(&mut bytes).await.map_err(Error::io("a socket"))? == 0 {
            return Err(Error::Closed("end of stream".into()));
        }
    }
}
