//! What a database's errors mean: which are worth another try and which are not.

use sqlx::migrate::MigrateError;

use super::StoreError;

impl StoreError {
    /// The database is away or overloaded, in words.
    pub(crate) fn unavailable(reason: &'static str) -> Self {
        Self::Unavailable(reason.into())
    }

    /// The database did something that should not happen.
    pub(crate) fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let passes = match &error {
            sqlx::Error::Io(_)
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

/// Whether the condition that a result code of SQLite stands for may pass by itself or by an operator's hand.
/// The lowest byte is the kind: 5 busy, 6 locked, 7 no memory, 10 input or output, 13 disk full.
fn code_passes(code: &str) -> bool {
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 10 | 13))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_or_full_disk_passes_and_a_broken_rule_does_not() {
        for code in ["5", "261", "6", "10", "778", "13"] {
            assert!(code_passes(code), "{code}");
        }
        for code in ["1", "19", "2067", "11", "26", "40001"] {
            assert!(!code_passes(code), "{code}");
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
