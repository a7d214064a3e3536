//! What people do, and how often.

use rand::Rng;

/// Something that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Post,
    SwitchRoom,
    ScrollBack,
    CheckUnread,
    OpenDirect,
    ReadThread,
    FollowLink,
    Reconnect,
    React,
    Edit,
}

/// Each with its name and how often it happens for each post, as counted for Mattermost's load tests
/// (github.com/mattermost/performance-reports). Their searches, 0.022 a post, are left out: Natter has none yet.
const MIX: [(Action, &str, f64); 10] = [
    (Action::Post, "post", 1.0),
    (Action::SwitchRoom, "switch room", 6.52),
    (Action::ScrollBack, "scroll back", 1.99),
    (Action::CheckUnread, "check unread", 1.0),
    (Action::OpenDirect, "open direct", 0.98),
    (Action::ReadThread, "read thread", 0.60),
    (Action::FollowLink, "follow link", 0.30),
    (Action::Reconnect, "reconnect", 0.144),
    (Action::React, "react", 0.13),
    (Action::Edit, "edit", 0.04),
];

impl Action {
    /// The next one.
    pub(super) fn draw(random: &mut impl Rng) -> Self {
        let all: f64 = MIX.iter().map(|(_, _, share)| share).sum();
        let mut left = random.random_range(0.0..all);
        for (action, _, share) in MIX {
            left -= share;
            if left < 0.0 {
                return action;
            }
        }
        Self::SwitchRoom
    }

    /// What it is called in reports.
    pub(super) fn name(self) -> &'static str {
        MIX.iter()
            .find(|(action, _, _)| *action == self)
            .map_or("", |(_, name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn actions_come_as_often_as_they_should() {
        const DRAWS: usize = 100_000;
        let mut random = StdRng::seed_from_u64(1);
        let drawn: Vec<_> = (0..DRAWS).map(|_| Action::draw(&mut random)).collect();
        let all: f64 = MIX.iter().map(|(_, _, share)| share).sum();
        for (action, name, share) in MIX {
            let found = drawn.iter().filter(|drawn| **drawn == action).count() as f64;
            let wanted = DRAWS as f64 * share / all;
            assert!(
                (found - wanted).abs() < 5.0 * wanted.sqrt(),
                "{name}: {found} for {wanted}"
            );
        }
    }
}
