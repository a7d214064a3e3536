//! How a part of a list is asked for: one rule for all lists.

use chat::message::PAGE_LIMIT;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::openapi::{Call, schema::any_number};

/// How many of a list: `DEFAULT` unless told, and `MAX` at most. A number beyond either end is the nearest that is not;
/// what is no number of 64 bits is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit<const MAX: u64, const DEFAULT: u64 = PAGE_LIMIT>(u64);

impl<const MAX: u64, const DEFAULT: u64> Limit<MAX, DEFAULT> {
    pub(super) const fn get(self) -> u64 {
        self.0
    }

    /// Tells of it as of a parameter of `call`.
    pub(super) fn describe(call: Call) -> Call {
        let mut schema = any_number();
        schema["default"] = DEFAULT.into();
        let meaning = format!("At most so many: 1 to {MAX}, and what is less or more counts as the nearest");
        call.query("limit", schema, &meaning)
    }
}

impl<const MAX: u64, const DEFAULT: u64> Default for Limit<MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<'de, const MAX: u64, const DEFAULT: u64> Deserialize<'de> for Limit<MAX, DEFAULT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(|number| Self(number.clamp(1, MAX)))
    }
}

/// How many of a list, and what they come after.
#[derive(Deserialize)]
pub(super) struct Listing<const MAX: u64, C = String> {
    #[serde(default)]
    pub(super) limit: Limit<MAX>,
    pub(super) cursor: Option<C>,
}

impl<const MAX: u64, C> Listing<MAX, C> {
    /// Tells of both as of parameters of `call`, where cursors look like this.
    pub(super) fn describe(call: Call, cursor: Value) -> Call {
        Limit::<MAX>::describe(call).query("cursor", cursor, "The `next_cursor` of the page before")
    }
}
