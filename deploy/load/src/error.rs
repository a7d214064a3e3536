//! What can stop a run. Faults of the server under test are not errors: they are counted.

use std::io;

/// Why a run could not be made or finished.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The options or the tokens file ask for something impossible.
    #[error("{0}")]
    Usage(String),
    /// The operating system refused something.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server did not open a WebSocket.
    #[error("the server answered {0} instead of opening a WebSocket")]
    Status(u16),
    /// An HTTP call failed below HTTP.
    #[error("http: {0}")]
    Http(#[from] reqwest::Error),
    /// The server ended a connection that was wanted.
    #[error("the server closed the connection: {0}")]
    Closed(String),
    /// A process of the bench failed.
    #[error("{0}")]
    Process(String),
    /// Something took longer than anyone should wait.
    #[error("{0} took too long")]
    Late(&'static str),
    /// A histogram, a report or an answer was not what it should be.
    #[error("{0}")]
    Malformed(String),
}

impl Error {
    /// Puts what was being done beside what the system said.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// Whether trying again cannot help: the server understood, and said no.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Usage(_) | Self::Status(400..=428 | 430..=499))
    }
}
