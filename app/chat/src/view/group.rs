//! Which messages are drawn under one name.

use crate::{id::UserId, time::Timestamp};

/// How far apart two messages of one author may be to stand under one name, in milliseconds.
pub const GROUP_MS: i64 = 5 * 60 * 1000;

/// Whether a message goes on under the name above it. A new day or the line of new messages between the two, which
/// depend on who reads and where, begin a new group as well.
#[must_use]
pub fn continues(above: (UserId, Timestamp), below: (UserId, Timestamp)) -> bool {
    above.0 == below.0 && below.1.0 - above.1.0 < GROUP_MS
}
