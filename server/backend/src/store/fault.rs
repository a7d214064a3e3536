//! What a database's errors mean: which are worth another try and which are not.

use sqlx::migrate::MigrateError;

use super::StoreError;
use crate::breaker::Fault;

/// What Postgres says when it ends a transaction to let another one go on: serialisation failure, deadlock.
const ROLLED_BACK: [&str; 2] = ["40001", "40P01"];
/// What Postgres says when one statement has taken too long, by itself or for a lock.
const OWN: [&str; 2] = ["57014", "55P03"];
/// What Postgres says when it ends a connection or takes none: shut down by an operator, crashed, starting up.
const SERVER_AWAY: [&str; 3] = ["57P01", "57P02", "57P03"];

impl StoreError {
    /// The database is away or overloaded, in words.
    pub(crate) fn unavailable(reason: &'static str) -> Self {
        Self::Unavailable(reason.into())
    }

    /// The database did something that should not happen.
    pub(crate) fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }

    /// Whether the connection is of no use any longer. What was under way may or may not have been kept.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self.cause() {
            Some(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => true,
            Some(sqlx::Error::Database(error)) => error
                .code()
                .is_some_and(|code| code.starts_with("08") || SERVER_AWAY.contains(&&*code)),
            _ => false,
        }
    }

    /// Whether the database undid the transaction for the sake of another one.
    pub(crate) fn is_rolled_back(&self) -> bool {
        matches!(self.cause(), Some(sqlx::Error::Database(error))
            if error.code().is_some_and(|code| ROLLED_BACK.contains(&&*code)))
    }

    /// The unique constraint or index that was violated, if that is what went wrong.
    pub(crate) fn taken(&self) -> Option<&str> {
        match self.cause() {
            Some(sqlx::Error::Database(error)) if error.is_unique_violation() => error.constraint(),
            _ => None,
        }
    }

    fn cause(&self) -> Option<&sqlx::Error> {
        match self {
            Self::Unavailable(error) | Self::Failed(error) => error.downcast_ref(),
            Self::Newer { .. } => None,
        }
    }
}

impl Fault for StoreError {
    /// A statement that was cancelled, or a lock that someone holds, says nothing of the database as a whole.
    fn is_outage(&self) -> bool {
        let own = matches!(self.cause(), Some(sqlx::Error::Database(error))
            if error.code().is_some_and(|code| OWN.contains(&&*code)));
        matches!(self, Self::Unavailable(_)) && !own && !self.is_rolled_back()
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let passes = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| code_passes(&code)),
            _ => false,
        };
        if passes {
            Self::Unavailable(error.into())
        } else {
            Self::Failed(error.into())
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => error.into(),
            other => Self::failed(other),
        }
    }
}

/// Whether the condition that a code stands for may pass by itself or by an operator's hand. A code of Postgres has
/// five characters, of SQLite four digits at most.
fn code_passes(code: &str) -> bool {
    if code.len() == 5 {
        sqlstate_passes(code)
    } else {
        code.parse().is_ok_and(result_code_passes)
    }
}

/// SQLite: the lowest byte is the kind: 5 busy, 6 locked, 7 no memory, 10 input or output, 13 disk full.
fn result_code_passes(code: u32) -> bool {
    matches!(code & 0xff, 5 | 6 | 7 | 10 | 13)
}

/// Postgres: the first two characters are the class: 08 connection, 53 resources. 25006: the server has become a
/// standby; 25P03: idle in a transaction for too long; 55P03: a lock not available in time; 57014: cancelled, as by
/// a time limit; 58030: input or output.
fn sqlstate_passes(code: &str) -> bool {
    ["08", "53"].iter().any(|class| code.starts_with(class))
        || matches!(code, "25006" | "25P03" | "55P03" | "57014" | "58030")
        || SERVER_AWAY.contains(&code)
        || ROLLED_BACK.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_or_full_disk_passes_and_a_broken_rule_does_not() {
        for code in ["5", "261", "6", "10", "778", "13"] {
            assert!(code_passes(code), "{code}");
        }
        for code in ["1", "19", "2067", "11", "26"] {
            assert!(!code_passes(code), "{code}");
        }
    }

    #[test]
    fn a_server_that_is_away_passes_and_a_broken_constraint_does_not() {
        for code in [
            "08006", "08P01", "53300", "53100", "57P01", "57P03", "57014", "55P03", "40001", "40P01", "25006",
        ] {
            assert!(code_passes(code), "{code}");
        }
        for code in [
            "23505", "23503", "22021", "42P01", "42601", "28P01", "3D000", "XX001",
        ] {
            assert!(!code_passes(code), "{code}");
        }
    }

    #[test]
    fn a_lost_connection_is_told_from_a_lock_that_is_held() {
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(StoreError::from(sqlx::Error::Io(broken)).is_lost_connection());
        for error in [StoreError::unavailable("slow"), sqlx::Error::PoolTimedOut.into()] {
            assert!(!error.is_lost_connection(), "{error}");
        }
    }

    #[test]
    fn an_exhausted_pool_is_unavailable() {
        assert!(matches!(
            StoreError::from(sqlx::Error::PoolTimedOut),
            StoreError::Unavailable(_)
        ));
        assert!(matches!(
            StoreError::from(sqlx::Error::RowNotFound),
            StoreError::Failed(_)
        ));
    }
}
