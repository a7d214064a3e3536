//! What all connections of a run share.

use crate::{error::Error, ledger::Ledger, roster::Room, socket::Server};

/// A run.
#[derive(Debug)]
pub struct Run {
    /// The server under test.
    pub server: Server,
    /// The rooms that take part.
    pub rooms: Vec<Room>,
    /// The book.
    pub ledger: Ledger,
    /// Connections whose rooms are all open, for the first time.
    pub ready: usize,
    /// Connections given up, and why.
    pub failed: Vec<String>,
    /// Whether an acknowledgement calls for the next send (the saturating scenario).
    pub pumping: bool,
}

impl Run {
    /// A run that has not begun.
    pub fn new(server: Server, rooms: Vec<Room>, body_bytes: usize) -> Result<Self, Error> {
        let ledger = Ledger::new(&rooms, body_bytes)?;
        Ok(Self {
            server,
            rooms,
            ledger,
            ready: 0,
            failed: Vec::new(),
            pumping: false,
        })
    }
}
