//! Invitations: links with which people register, and which bring them into rooms.

use serde::{Deserialize, Serialize};

use crate::{
    id::{InviteId, RoomId},
    time::Timestamp,
    user::{Author, Role},
};

/// The most invitations that are open at a time.
pub const INVITES_MAX: u64 = 200;
/// The most rooms that one invitation brings people into.
pub const ROOMS_MAX: usize = 20;
/// The most people that one invitation lets in, unless it names no number.
pub const USES_MAX: u32 = 10_000;
/// The longest time that an invitation is valid, in seconds, unless it names none: a year.
pub const EXPIRES_IN_S_MAX: u64 = 365 * 24 * 60 * 60;
/// The most characters of a code; what is longer is none.
pub const CODE_CHARS_MAX: usize = 64;

/// An invitation as those see it who may make one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The invitation's id.
    pub id: InviteId,
    /// What its link ends with: `/invite/{code}`. Whoever has it may use it.
    pub code: String,
    /// What those become who use it: `member` or `guest`.
    pub role: Role,
    /// The rooms that they come into.
    pub rooms: Vec<RoomId>,
    /// Who made it.
    pub created_by: Author,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is valid; `None`: until it is taken back.
    pub expires_at: Option<Timestamp>,
    /// How often it was used.
    pub uses: u32,
    /// How often it can be used; `None`: as often as anyone likes.
    pub uses_max: Option<u32>,
}

impl Invite {
    /// Whether it can be used at `now`.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end) && self.uses_max.is_none_or(|max| self.uses < max)
    }
}
