//! Numbers, as columns hold them.

/// A number for a database, whose integers end at `i64::MAX`.
pub(in crate::store) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What [`integer`] made of a number, as a number again.
pub(in crate::store) fn unsigned(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or(0)
}

/// A number of things that are few.
pub(super) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Seconds of slow mode, as a column holds them: nothing where there is none.
pub(super) fn slow_s(seconds: Option<i64>) -> u32 {
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .unwrap_or(0)
}
