//! How many have a room open, roughly: whoever reads it last waits for all the others to be written to.

/// A class of rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Crowd {
    /// A handful.
    Few,
    /// As many as a team.
    Some,
    /// As many as everybody.
    Many,
}

impl Crowd {
    /// The classes as the label `readers` names them, in their order.
    pub(super) const NAMES: [&str; 3] = ["1-9", "10-99", "100+"];

    /// The class of a room that so many have open.
    pub(super) const fn of(readers: usize) -> Self {
        match readers {
            ..10 => Self::Few,
            10..100 => Self::Some,
            100.. => Self::Many,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_the_class_whose_name_spans_it() {
        let named = |readers| Crowd::NAMES[Crowd::of(readers) as usize];
        assert_eq!([1, 9].map(named), ["1-9"; 2]);
        assert_eq!([10, 99].map(named), ["10-99"; 2]);
        assert_eq!([100, 5_000].map(named), ["100+"; 2]);
    }
}
