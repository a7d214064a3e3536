//! Why a connection is closed: every close code that Natter sends, in one table.

macro_rules! closes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $reason:literal;)*) => {
        /// Why the server closes a connection.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Close { $($(#[$doc])* $name,)* }

        impl Close {
            /// Every close, for documentation and metrics.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The close code on the wire.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self { $(Self::$name => $code,)* }
            }

            /// The close reason on the wire.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$name => $reason,)* }
            }
        }
    };
}

closes! {
    /// The other side went away or fell silent.
    Gone = 1001, "gone";
    /// Binary data or something else that the protocol does not have.
    Policy = 1008, "policy";
    /// A frame was larger than allowed.
    TooBig = 1009, "too big";
    /// The server restarts: come back, nothing is lost.
    Restart = 1012, "restart";
    /// The reader did not keep up. It resumes after its last `rev` and loses nothing.
    TooSlow = 1013, "too slow";
    /// Nobody is signed in, or not any longer.
    NotSignedIn = 4401, "not signed in";
    /// Too many frames, or too many bad ones.
    TooFast = 4429, "too fast";
}
