/// The promise that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Fault {
    /// None.
    Nothing,
    /// Every tenth delivery is left out.
    Lose,
    /// Every tenth delivery comes twice.
    Double,
    /// Every tenth delivery comes after the one behind it.
    Swap,
    /// Every tenth message takes two revs.
    SkipRev,
    /// Every tenth message takes two seqs.
    SkipSeq,
    /// Every tenth delivery names a room that is not open.
    Foreign,
    /// Every tenth delivery has the body of another message.
    Alter,
    /// Every tenth delivery is no JSON.
    Garble,
    /// Every tenth message is stored and delivered twice.
    Repeat,
    /// Every tenth message is refused.
    Refuse,
    /// Every tenth message is delivered, and not acknowledged.
    Mute,
    /// Every tenth message's sender is disconnected once it is stored, before it is told. No promise broken.
    HangUp,
    /// The same, and every snapshot is `limited`. No promise broken.
    Limit,
    /// The same as `HangUp`, and snapshots leave out their last message.
    Forget,
}

impl Fault {
    /// Whether it strikes at this count.
    pub(crate) fn strikes(self, what: Self, count: u64) -> bool {
        self == what && count % 10 == 9
    }

    /// Whether connections are cut at this count.
    pub(crate) fn cuts(self, count: u64) -> bool {
        matches!(self, Self::HangUp | Self::Limit | Self::Forget) && count % 10 == 9
    }
}
