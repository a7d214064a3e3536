//! People by names that were almost typed right.
//!
//! Where nobody's name begins with what was typed, all names are compared with it, in memory: names of 100,000
//! people are a few megabytes, and their letters tell nearly all of them apart at a glance (`chat::near`). Reading them
//! is what costs; where there are many they are read again once a minute at most, behind whoever asks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chat::{
    User, UserId,
    near::{Typed, folded, letters},
};
use parking_lot::Mutex;

use crate::{
    Backend, Result,
    store::{Store, Stored},
};

/// The most people whose names are compared.
pub const NAMES_MAX: usize = 200_000;
/// How many are read at once.
const PAGE: u64 = 1_000;
/// So few are read again whenever they are asked for.
const FEW: usize = 2_000;
/// How old the names of many may be.
const FRESH: Duration = Duration::from_secs(60);

struct Name {
    id: UserId,
    username: Box<str>,
    /// Username and display name, ready to be compared.
    folded: Box<[char]>,
    letters: u64,
}

/// The names of everyone, as they were when they were last read.
#[derive(Default)]
pub struct Names {
    known: Mutex<Option<(Instant, Arc<Vec<Name>>)>>,
    /// One reads at a time.
    reading: tokio::sync::Mutex<()>,
}

impl Names {
    async fn all(&self, store: &Arc<dyn Store>) -> Stored<Arc<Vec<Name>>> {
        if let Some(names) = self.fresh() {
            return Ok(names);
        }
        let _reading = self.reading.lock().await;
        // Whoever was before has just read them.
        if let Some(names) = self.fresh() {
            return Ok(names);
        }
        let names = Arc::new(read(store).await?);
        *self.known.lock() = Some((Instant::now(), Arc::clone(&names)));
        Ok(names)
    }

    fn fresh(&self) -> Option<Arc<Vec<Name>>> {
        let known = self.known.lock();
        let (at, names) = known.as_ref()?;
        (names.len() > FEW && at.elapsed() < FRESH).then(|| Arc::clone(names))
    }
}

async fn read(store: &Arc<dyn Store>) -> Stored<Vec<Name>> {
    let mut names: Vec<Name> = Vec::new();
    loop {
        let after = names.last().map(|name| &*name.username);
        let page = store.page_users("", after, PAGE).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        names.extend(page.into_iter().map(Name::of));
        if is_last || names.len() >= NAMES_MAX {
            return Ok(names);
        }
    }
}

impl Name {
    fn of(user: User) -> Self {
        let names = [&*user.author.username, "\n", &*user.author.display_name].concat();
        Self {
            id: user.author.id,
            letters: letters(&names),
            folded: folded(&names).into(),
            username: user.author.username.into(),
        }
    }
}

impl Backend {
    /// The people whose names come nearest to what was typed, with at most two typos; the best first, at most `limit`.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn near_people(&self, typed: &str, limit: u64) -> Result<Vec<UserId>> {
        let typed = Typed::new(typed.trim_start_matches('@'));
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let names = self.names.all(&self.store).await?;
        let compare = move || -> Vec<UserId> {
            let fits = |name: &&Name| typed.could_be(name.letters);
            let found = names.iter().filter(fits);
            let mut found: Vec<(usize, &Name)> = found
                .filter_map(|name| Some((typed.typos_in(&name.folded)?, name)))
                .collect();
            found.sort_by(|a, b| (a.0, &a.1.username).cmp(&(b.0, &b.1.username)));
            found.into_iter().take(limit).map(|(_, name)| name.id).collect()
        };
        // Milliseconds for many names: too long for a thread that others wait for.
        Ok(tokio::task::spawn_blocking(compare).await.unwrap_or_default())
    }
}
