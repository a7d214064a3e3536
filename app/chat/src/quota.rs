//! Every limit on how often something may be done. `NATTER_LIMITS` overrides them by name.

use std::{fmt, str::FromStr, time::Duration};

/// How often something may be done: `burst` at once, and as many again over each `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// The time in which the burst is earned again.
    pub period: Duration,
}

macro_rules! quotas {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $burst:literal / $seconds:literal s;)*) => {
        /// What is limited. Each counts per subject: a user, an address or a connection.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Quota { $($(#[$doc])* $name,)* }

        impl Quota {
            /// Every quota, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in `NATTER_LIMITS`, in metrics and in Redis keys.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The built-in rate.
            #[must_use]
            pub const fn rate(self) -> Rate {
                match self { $(Self::$name => Rate { burst: $burst, period: Duration::from_secs($seconds) },)* }
            }
        }
    };
}

quotas! {
    /// Registrations from one address.
    Register = "register", 10 / 60 s;
    /// Sign-ins from one address.
    SignIn = "sign_in", 20 / 60 s;
    /// Failed sign-ins for one username from one address.
    SignInFailure = "sign_in_failure", 10 / 60 s;
    /// API requests of one user; of one address where nobody is signed in.
    Api = "api", 100 / 10 s;
    /// Messages that one user posts, over any door.
    Post = "post", 30 / 10 s;
    /// Messages that one user edits, deletes, reacts to or pins.
    Change = "change", 60 / 10 s;
    /// Rooms that one user creates.
    Room = "room", 30 / 60 s;
    /// Invitations that one user makes.
    Invite = "invite", 30 / 60 s;
    /// Messages that one user reports.
    Report = "report", 20 / 600 s;
    /// Searches of one user.
    Search = "search", 30 / 10 s;
    /// Uploads that one user begins.
    Upload = "upload", 60 / 60 s;
    /// Sockets that one user opens.
    Socket = "socket", 20 / 60 s;
    /// Frames that one connection sends.
    Frame = "frame", 200 / 10 s;
}

/// The rates in force: the built-in table with the operator's overrides, or none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    off: bool,
    overrides: Vec<(Quota, Rate)>,
}

impl Limits {
    /// The built-in table.
    #[must_use]
    pub const fn built_in() -> Self {
        Self {
            off: false,
            overrides: Vec::new(),
        }
    }

    /// The rate of `quota`; `None`: not limited.
    #[must_use]
    pub fn rate(&self, quota: Quota) -> Option<Rate> {
        let overridden = self
            .overrides
            .iter()
            .find(|(named, _)| *named == quota)
            .map(|(_, rate)| *rate);
        (!self.off).then(|| overridden.unwrap_or_else(|| quota.rate()))
    }
}

/// What is wrong with a `NATTER_LIMITS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLimits(String);

impl fmt::Display for NotLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Quota::ALL.iter().map(|quota| quota.key()).collect();
        write!(
            f,
            "cannot read the limit {:?}: expected `off` or a list like register=1000/1m,post=50/10s of {}",
            self.0,
            names.join(", ")
        )
    }
}

impl std::error::Error for NotLimits {}

impl FromStr for Limits {
    type Err = NotLimits;

    fn from_str(text: &str) -> Result<Self, NotLimits> {
        if text.trim() == "off" {
            return Ok(Self {
                off: true,
                overrides: Vec::new(),
            });
        }
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let overrides = parts
            .map(|part| entry(part).ok_or_else(|| NotLimits(part.to_owned())))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            off: false,
            overrides,
        })
    }
}

/// Reads one `name=burst/period`.
fn entry(text: &str) -> Option<(Quota, Rate)> {
    let (name, rate) = text.split_once('=')?;
    let (burst, period) = rate.split_once('/')?;
    let quota = *Quota::ALL.iter().find(|quota| quota.key() == name.trim())?;
    let burst = burst.trim().parse().ok().filter(|burst| *burst > 0)?;
    Some((
        quota,
        Rate {
            burst,
            period: period_of(period.trim())?,
        },
    ))
}

/// Reads `10s`, `1m`, `2h` or a bare unit such as `m`.
fn period_of(text: &str) -> Option<Duration> {
    let (count, unit) = text.split_at(text.len().checked_sub(1)?);
    let count: u64 = if count.is_empty() { 1 } else { count.parse().ok()? };
    let seconds = match unit {
        "s" => count,
        "m" => count.checked_mul(60)?,
        "h" => count.checked_mul(3600)?,
        _ => return None,
    };
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_replace_single_rows_and_off_removes_all() {
        let limits: Limits = "register=1000/1m, post=50/10s".parse().unwrap();
        assert_eq!(
            limits.rate(Quota::Register),
            Some(Rate {
                burst: 1000,
                period: Duration::from_secs(60)
            })
        );
        assert_eq!(limits.rate(Quota::Api), Some(Quota::Api.rate()));
        assert_eq!("off".parse::<Limits>().unwrap().rate(Quota::Api), None);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for bad in [
            "post",
            "post=0/1m",
            "nope=1/1m",
            "post=5/",
            "post=5/0s",
            "post=5/1d",
        ] {
            let error = format!("post=1/1s,{bad}").parse::<Limits>().unwrap_err();
            assert!(error.to_string().contains(bad), "{bad}: {error}");
        }
    }
}
