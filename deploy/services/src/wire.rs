//! A stretch of network between one client and one service, to be cut.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// How many bytes are under way in each direction of a connection.
const BUFFER: usize = 64 * 1024;

/// Carries TCP connections to a port of this machine.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// let redis = services::Redis::start()?;
/// let wire = services::Wire::to(redis.port())?;
/// println!("redis://127.0.0.1:{}", wire.port());
/// wire.cut();
/// wire.mend();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Wire {
    port: u16,
    line: Arc<Line>,
}

#[derive(Debug, Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_cut: bool,
    is_gone: bool,
    connections: HashMap<u64, [TcpStream; 2]>,
    carried: u64,
}

impl Wire {
    /// A wire from a free port to this one, in order.
    ///
    /// # Errors
    ///
    /// When it cannot listen.
    pub fn to(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let wire = Self {
            port: listener.local_addr()?.port(),
            line: Arc::default(),
        };
        let line = Arc::clone(&wire.line);
        thread::Builder::new().spawn(move || accept(&listener, port, &line))?;
        Ok(wire)
    }

    /// The port at this end.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Nothing gets through any more, in neither direction, not even that a connection was closed or opened, and
    /// nobody is told. As TCP sends again what was lost, it arrives after [`Wire::mend`] if both sides still wait.
    pub fn cut(&self) {
        self.line.state().is_cut = true;
    }

    /// In order again.
    pub fn mend(&self) {
        self.line.state().is_cut = false;
        self.line.changed.notify_all();
    }

    /// Ends all connections; what is under way is lost. New ones are carried.
    pub fn sever(&self) {
        for end in self.line.state().connections.drain().flat_map(|(_, ends)| ends) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.line.state().is_gone = true;
        self.mend();
        self.sever();
        // Wakes whoever waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the wire is cut.
    fn pass(&self) -> MutexGuard<'_, State> {
        self.changed
            .wait_while(self.state(), |state| state.is_cut)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, ends: [TcpStream; 2]) -> u64 {
        self.carried += 1;
        self.connections.insert(self.carried, ends);
        self.carried
    }
}

fn accept(listener: &TcpListener, port: u16, line: &Arc<Line>) {
    for near in listener.incoming() {
        if line.state().is_gone {
            return;
        }
        let Ok(near) = near else { continue };
        let line = Arc::clone(line);
        thread::spawn(move || {
            // Dropped on failure: a service that is not there refuses, and so does the wire.
            let _ = carry(near, port, &line);
        });
    }
}

/// Carries one connection to its end.
fn carry(near: TcpStream, port: u16, line: &Arc<Line>) -> io::Result<()> {
    drop(line.pass());
    let far = TcpStream::connect(("127.0.0.1", port))?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let number = line.state().add([near.try_clone()?, far.try_clone()?]);
    let back = (far.try_clone()?, near.try_clone()?, Arc::clone(line));
    let backward = thread::spawn(move || pump(back.0, back.1, &back.2));
    pump(near, far, line);
    let _ = backward.join();
    line.state().connections.remove(&number);
    Ok(())
}

/// Carries bytes one way until their end, which it passes on.
fn pump(mut from: TcpStream, mut to: TcpStream, line: &Line) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).unwrap_or_default();
        drop(line.pass());
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            let _ = from.shutdown(Shutdown::Read);
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, time::Duration};

    use super::*;

    /// Sends back what it gets, on each connection.
    fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || io::copy(&mut stream.try_clone().unwrap(), &mut &stream));
            }
        });
        port
    }

    fn connect(wire: &Wire) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", wire.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        stream
    }

    /// What comes back, which may be an end or nothing.
    fn heard(stream: &mut TcpStream) -> io::Result<u8> {
        let mut byte = [0];
        stream.read_exact(&mut byte).map(|()| byte[0])
    }

    /// What comes back, however long it takes.
    fn awaited(stream: &mut TcpStream) -> u8 {
        stream.set_read_timeout(None).unwrap();
        heard(stream).unwrap()
    }

    #[test]
    fn bytes_go_through_and_so_does_an_end() {
        let wire = Wire::to(echo()).unwrap();
        let mut stream = connect(&wire);
        stream.write_all(b"ab").unwrap();
        assert_eq!((awaited(&mut stream), awaited(&mut stream)), (b'a', b'b'));
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(heard(&mut stream).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_cut_is_silence_and_connections_go_on_after_it() {
        let wire = Wire::to(echo()).unwrap();
        let mut old = connect(&wire);
        old.write_all(b"a").unwrap();
        assert_eq!(awaited(&mut old), b'a');
        wire.cut();
        let mut new = connect(&wire);
        for stream in [&mut old, &mut new] {
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            stream.write_all(b"b").unwrap();
            assert_eq!(heard(stream).unwrap_err().kind(), ErrorKind::WouldBlock);
        }
        wire.mend();
        assert_eq!((awaited(&mut old), awaited(&mut new)), (b'b', b'b'));
    }

    #[test]
    fn severed_connections_end_and_new_ones_are_carried() {
        let wire = Wire::to(echo()).unwrap();
        let mut old = connect(&wire);
        old.write_all(b"a").unwrap();
        assert_eq!(awaited(&mut old), b'a');
        wire.sever();
        old.set_read_timeout(None).unwrap();
        heard(&mut old).unwrap_err();
        let mut new = connect(&wire);
        new.write_all(b"b").unwrap();
        assert_eq!(awaited(&mut new), b'b');
    }

    #[test]
    fn a_service_that_is_not_there_ends_the_connection() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let wire = Wire::to(nobody.port()).unwrap();
        let mut stream = connect(&wire);
        stream.set_read_timeout(None).unwrap();
        heard(&mut stream).unwrap_err();
        drop(wire);
    }
}
