//! Places on this site that a link leads to: a room, a message, a thread, a day.

use url::form_urlencoded;
use uuid::Uuid;

/// Where this site is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    origin: String,
}

impl Site {
    /// The site at an origin such as `https://chat.example.org`.
    #[must_use]
    pub fn new(origin: impl Into<String>) -> Self {
        Self {
            origin: origin.into(),
        }
    }

    /// The place that an address in its normal form leads to, if it is one of this site.
    pub(super) fn place<'a>(&self, address: &'a str) -> Option<Place<'a>> {
        let path = address.strip_prefix(self.origin.as_str())?;
        if !path.starts_with('/') || path.contains('#') {
            return None;
        }
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        let mut parts = plain.split('/').skip(1);
        let (kind, of) = (parts.next()?, decode(parts.next()?)?);
        let whose = match kind {
            "rooms" if of.parse::<Uuid>().is_ok() => "Conversation".to_owned(),
            "rooms" => format!("#{of}"),
            "direct" => format!("@{of}"),
            _ => return None,
        };
        let what = match (parts.next(), parts.next()) {
            (None, None) => day(query)?,
            (Some("pins"), None) => Some("pinned".to_owned()),
            (Some("threads"), Some(root)) if root.parse::<Uuid>().is_ok() => Some("thread".to_owned()),
            (Some(seq), None) => Some(format!("message {}", seq.parse::<u64>().ok()?)),
            _ => return None,
        };
        (parts.next().is_none() && (query.is_empty() || query.starts_with("date="))).then_some(Place {
            path,
            whose,
            what,
        })
    }
}

/// The day in a query, or that there is none; `None`: there is something else.
fn day(query: &str) -> Option<Option<String>> {
    let Some(day) = query.strip_prefix("date=") else {
        return query.is_empty().then_some(None);
    };
    let is_day = day.len() == 10 && day.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    is_day.then(|| Some(day.to_owned()))
}

fn decode(part: &str) -> Option<String> {
    let (name, _) = form_urlencoded::parse(part.as_bytes()).next()?;
    (!name.is_empty() && !name.contains(char::is_control)).then(|| name.into_owned())
}

/// A place on this site.
pub(super) struct Place<'a> {
    path: &'a str,
    whose: String,
    what: Option<String>,
}

impl Place<'_> {
    /// How it is reached from any page.
    pub(super) const fn path(&self) -> &str {
        self.path
    }

    /// What to call it: as much as its address tells.
    pub(super) fn name(&self) -> String {
        match &self.what {
            Some(what) => format!("{} › {what}", self.whose),
            None => self.whose.clone(),
        }
    }
}
