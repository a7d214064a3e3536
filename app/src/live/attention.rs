//! Whether the user is looking.

use chat::Status;

use super::Ms;

/// So long after the page was left, its user is away.
const AWAY_AFTER: Ms = 120_000;

/// Turns the page's visibility into the user's status.
#[derive(Clone, Debug)]
pub struct Attention {
    hidden_since: Option<Ms>,
    status: Status,
}

impl Default for Attention {
    fn default() -> Self {
        Self {
            hidden_since: None,
            status: Status::Online,
        }
    }
}

impl Attention {
    /// The page came into view or went out of it. Gives the status where that changes it.
    pub fn look(&mut self, visible: bool, now: Ms) -> Option<Status> {
        self.hidden_since = (!visible).then(|| self.hidden_since.unwrap_or(now));
        let back = visible && self.status == Status::Away;
        back.then(|| self.set(Status::Online))
    }

    /// Time went by. Gives the status where that changes it.
    pub fn tick(&mut self, now: Ms) -> Option<Status> {
        self.due()
            .is_some_and(|due| now >= due)
            .then(|| self.set(Status::Away))
    }

    /// When the user becomes away.
    #[must_use]
    pub fn due(&self) -> Option<Ms> {
        self.hidden_since
            .filter(|_| self.status == Status::Online)
            .map(|since| since + AWAY_AFTER)
    }

    /// A new connection counts as online. Gives the status that it has to be told.
    #[must_use]
    pub fn to_tell(&self) -> Option<Status> {
        (self.status == Status::Away).then_some(Status::Away)
    }

    fn set(&mut self, status: Status) -> Status {
        self.status = status;
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_away_a_while_after_leaving_and_back_at_once() {
        let mut attention = Attention::default();
        assert_eq!(attention.look(false, 10), None);
        assert_eq!(attention.look(false, 500), None, "hidden before");
        assert_eq!(attention.tick(10 + AWAY_AFTER - 1), None);
        assert_eq!(attention.tick(10 + AWAY_AFTER), Some(Status::Away));
        assert_eq!((attention.due(), attention.to_tell()), (None, Some(Status::Away)));
        assert_eq!(attention.look(true, 900_000), Some(Status::Online));
        assert_eq!(attention.to_tell(), None);
    }

    #[test]
    fn a_short_look_elsewhere_is_not_told() {
        let mut attention = Attention::default();
        attention.look(false, 0);
        assert_eq!((attention.look(true, 5), attention.due()), (None, None));
    }
}
