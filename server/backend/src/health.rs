//! How a part that talks to something outside is doing.

/// Whether a port does all that it promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Ok,
    /// What it talks to is away: it does what the process can do alone.
    Degraded,
}

impl Health {
    /// The word for logs and readiness.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
        }
    }
}
