//! The time, and being called at one.

use chat::Timestamp;
use js_sys::Function;

use super::{act, callback, window};
use crate::live::Ms;

/// A clock that only goes forwards.
#[must_use]
pub fn now() -> Ms {
    window()
        .performance()
        .map_or(0.0, |performance| performance.now()) as Ms
}

/// The time as people have it.
#[must_use]
pub fn wall_clock() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// The one timer of the live part.
pub(super) struct Timer {
    ring: Function,
    set: Option<(Ms, i32)>,
}

impl Timer {
    pub(super) fn new() -> Self {
        let ring = callback(Box::new(|| {
            act(|client, now| client.tick(now, js_sys::Math::random()));
        }));
        Self { ring, set: None }
    }

    /// Ticks at this time and no longer at another.
    pub(super) fn set(&mut self, due: Option<Ms>) {
        if let Some((set, id)) = self.set {
            // One that has rung is no longer set, whatever it was set for.
            if Some(set) == due && now() < set {
                return;
            }
            window().clear_timeout_with_handle(id);
        }
        self.set = due.and_then(|due| {
            let wait = i32::try_from(due.saturating_sub(now())).unwrap_or(i32::MAX);
            let id = window()
                .set_timeout_with_callback_and_timeout_and_arguments_0(&self.ring, wait.saturating_add(1));
            id.ok().map(|id| (due, id))
        });
    }
}
