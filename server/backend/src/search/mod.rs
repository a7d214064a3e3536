//! Searching messages.
//!
//! The store keeps an index of tokens and finds the newest messages that match, whatever they are worth; a block of
//! them is ranked here. So the work is bounded by the block and not by how common a word is, and every engine gives
//! the same order.

mod cursor;
mod entry;
mod fold;
mod highlight;
mod page;
mod place;
mod rank;
mod sought;
mod token;

use chat::{
    Code, Problem, RoomId, RoomKind, UserId,
    near::Typed,
    quota::Quota,
    search::{Has, Is, Part, Query, RESULTS_MAX, moment},
};
pub use cursor::Cursor;
pub use highlight::HIGHLIGHT_CHARS_MAX;
pub use page::{BLOCK, Found, Results, page};
pub use sought::Sought;

pub(crate) use self::{
    entry::{Entry, Mark},
    sought::{Clause, Term},
};
use crate::{Backend, Caller, Result};

/// The most people or rooms that a name which is almost right stands for.
const NEAR_MAX: u64 = 5;
/// The most bytes of what says who, where and when.
const PARAMETER_BYTES_MAX: usize = 128;

/// A search as it came in.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Words and operators: see [`chat::search`].
    pub q: String,
    /// Whether `q` is still being typed: then its last word may be the beginning of one.
    pub typing: bool,
    /// Only in this room: its id or its address.
    pub room: Option<String>,
    /// Only by this user: id or username.
    pub from: Option<String>,
    /// Only earlier than this date or time.
    pub before: Option<String>,
    /// Only later than this date or time.
    pub after: Option<String>,
    /// How many results, at most [`RESULTS_MAX`].
    pub limit: u64,
    /// What the page before ended with.
    pub cursor: Option<String>,
}

/// What the parts of a query come to.
#[derive(Default)]
struct Conditions {
    sought: Sought,
    /// Those who were named, if anybody was.
    authors: Option<Clause>,
    /// The rooms that were named, if any were.
    rooms: Option<Clause>,
    /// Something was asked for that no message can be.
    impossible: bool,
}

impl Backend {
    /// Messages that the caller may read.
    ///
    /// # Errors
    /// `invalid` with the fields at fault, `room_not_found`, `not_a_member`, `too_fast`, `unavailable`.
    pub async fn search_messages(&self, caller: &Caller, asked: &Asked) -> Result<Results> {
        self.limiter
            .take(Quota::Search, &caller.id().to_string())
            .await
            .allowed()?;
        let conditions = self.conditions(caller, asked).await?;
        let reader = caller.id();
        let cursor = match &asked.cursor {
            None => None,
            Some(text) => Some(
                Cursor::read(text, reader, &conditions.sought)
                    .ok_or_else(|| Problem::invalid("cursor", "is none that this search has given"))?,
            ),
        };
        if conditions.impossible || conditions.sought.all.is_empty() {
            return Ok(Results::default());
        }
        let limit = usize::try_from(asked.limit.clamp(1, RESULTS_MAX)).unwrap_or(usize::MAX);
        Ok(page(&*self.store, reader, &conditions.sought, cursor, limit).await?)
    }

    /// What is asked for, with the people and rooms that it names.
    async fn conditions(&self, caller: &Caller, asked: &Asked) -> Result<Conditions> {
        let read = if asked.typing {
            chat::search::parse_typing(&asked.q)
        } else {
            chat::search::parse(&asked.q)
        };
        let query = read.map_err(|error| Problem::invalid("q", error.reason()))?;
        let mut conditions = Conditions::default();
        self.add_parameters(caller, asked, &mut conditions).await?;
        if asked.q.trim().is_empty() && !conditions.ask_anything() {
            return Err(Problem::invalid("q", "is empty"));
        }
        self.add_query(caller, query, &mut conditions).await?;
        conditions.settle();
        Ok(conditions)
    }

    /// Adds what was asked beside the query: what is wrong with it is said.
    async fn add_parameters(&self, caller: &Caller, asked: &Asked, to: &mut Conditions) -> Result<()> {
        if let Some(from) = given(asked.from.as_ref(), "from")? {
            let id = match from.parse::<UserId>() {
                Ok(id) => self.store.user(id).await?,
                Err(_) => self.store.user_by_username(from.trim_start_matches('@')).await?,
            };
            let user = id.ok_or_else(|| Problem::invalid("from", "is no user"))?;
            to.sought.all.push(vec![Term::Mark(Mark::Author(user.author.id))]);
        }
        if let Some(room) = given(asked.room.as_ref(), "room")? {
            let id = match room.parse::<RoomId>() {
                Ok(id) => id,
                Err(_) => {
                    let found = self.store.room_by_slug(room.trim_start_matches('#')).await?;
                    found.ok_or(Code::RoomNotFound)?.id
                }
            };
            let seen = self.view_room(caller.id(), id).await?;
            self.may_read(caller, &seen).await?;
            to.sought.all.push(vec![Term::Mark(Mark::Room(id))]);
        }
        let no_moment =
            |field| Problem::invalid(field, "is neither a date like 2026-11-23 nor a time in UTC");
        if let Some(before) = given(asked.before.as_ref(), "before")? {
            let (begins, _) = moment(before).ok_or_else(|| no_moment("before"))?;
            to.add(Part::Before(begins), false);
        }
        if let Some(after) = given(asked.after.as_ref(), "after")? {
            let (_, over) = moment(after).ok_or_else(|| no_moment("after"))?;
            to.add(Part::After(over), false);
        }
        Ok(())
    }

    /// Adds the parts of a query. Where nobody and nothing has a name, those do that are almost called so; a name that
    /// not even those have finds nothing, which is no error while typing.
    async fn add_query(&self, caller: &Caller, query: Query, to: &mut Conditions) -> Result<()> {
        for (not, part) in parts(query) {
            let marks = match &part {
                Part::From(name) if name == "me" => vec![Mark::Author(caller.id())],
                Part::From(name) => self.authors_called(name, not).await?,
                Part::In(slug) => self.rooms_called(caller, slug, not).await?,
                _ => {
                    to.add(part, not);
                    continue;
                }
            };
            to.add_named(&part, marks.into_iter().map(Term::Mark), not);
        }
        Ok(())
    }

    /// The user of this name, or those with almost that name. What is to be left out has to be named exactly.
    async fn authors_called(&self, name: &str, exactly: bool) -> Result<Vec<Mark>> {
        let near = match self.store.user_by_username(name).await? {
            Some(user) => vec![user.author.id],
            None if exactly => Vec::new(),
            None => self.near_people(name, NEAR_MAX).await?,
        };
        Ok(near.into_iter().map(Mark::Author).collect())
    }

    /// The room of this address, or those of the caller's with almost that one.
    async fn rooms_called(&self, caller: &Caller, slug: &str, exactly: bool) -> Result<Vec<Mark>> {
        if let Some(room) = self.store.room_by_slug(slug).await? {
            return Ok(vec![Mark::Room(room.id)]);
        }
        if exactly {
            return Ok(Vec::new());
        }
        let typed = Typed::new(slug);
        let mut rooms = self.store.rooms_of(caller.id()).await?;
        rooms.extend(self.store.rooms_open_to(caller.id()).await?);
        let channels = rooms.into_iter().filter(|room| room.kind == RoomKind::Channel);
        let mut near: Vec<(usize, RoomId)> = channels
            .filter_map(|room| Some((typed.typos(&room.slug)?, room.id)))
            .collect();
        near.sort();
        let most = usize::try_from(NEAR_MAX).unwrap_or(usize::MAX);
        Ok(near
            .into_iter()
            .take(most)
            .map(|(_, room)| Mark::Room(room))
            .collect())
    }
}

/// A parameter that says something.
fn given<'a>(text: Option<&'a String>, field: &str) -> Result<Option<&'a str>> {
    let text = text.map(|text| text.trim()).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.len() > PARAMETER_BYTES_MAX) {
        return Err(Problem::invalid(field, "is too long"));
    }
    Ok(text)
}

impl Sought {
    /// What a query looks for that names nobody and no room; `None`: nothing could be found.
    #[must_use]
    pub fn of(query: Query) -> Option<Self> {
        let mut conditions = Conditions::default();
        for (not, part) in parts(query) {
            conditions.add(part, not);
        }
        conditions.settle();
        let nothing = conditions.impossible || conditions.sought.all.is_empty();
        (!nothing).then_some(conditions.sought)
    }

    /// The same by this user alone.
    #[must_use]
    pub fn by(mut self, author: UserId) -> Self {
        self.all.push(vec![Term::Mark(Mark::Author(author))]);
        self
    }

    /// The same in this room alone.
    #[must_use]
    pub fn within(mut self, room: RoomId) -> Self {
        self.all.push(vec![Term::Mark(Mark::Room(room))]);
        self
    }
}

/// The parts of a query, and whether each must not be there.
fn parts(query: Query) -> impl Iterator<Item = (bool, Part)> {
    let all = query.all.into_iter().map(|part| (false, part));
    all.chain(query.none.into_iter().map(|part| (true, part)))
}

impl Conditions {
    fn ask_anything(&self) -> bool {
        !self.sought.all.is_empty() || self.sought.from.is_some() || self.sought.below.is_some()
    }

    fn add(&mut self, part: Part, not: bool) {
        let sought = &mut self.sought;
        match part {
            Part::Before(time) => sought.below = Some(sought.below.map_or(time, |below| below.min(time))),
            Part::After(time) => sought.from = Some(sought.from.map_or(time, |from| from.max(time))),
            other => {
                let clauses = if not { &mut sought.none } else { &mut sought.all };
                clauses.extend(term(&other).map(|term| vec![term]));
            }
        }
    }

    /// Adds someone or a room that was named: of several, any will do.
    fn add_named(&mut self, part: &Part, marks: impl Iterator<Item = Term>, not: bool) {
        let named = match part {
            _ if not => return self.sought.none.extend(marks.map(|mark| vec![mark])),
            Part::From(_) => &mut self.authors,
            _ => &mut self.rooms,
        };
        named.get_or_insert_default().extend(marks);
    }

    /// Adds what was collected, and makes sure that the index is asked for something.
    fn settle(&mut self) {
        for any in [self.authors.take(), self.rooms.take()].into_iter().flatten() {
            self.impossible |= any.is_empty();
            self.sought.all.push(any);
        }
        let sought = &mut self.sought;
        if sought.from.is_some() || sought.below.is_some() {
            let first = sought.from.map_or(0, |from| from.day());
            let last = sought.below.map_or(DAYS_MAX, |below| below.plus_ms(-1).day());
            let days = entry::days(first, last.min(DAYS_MAX));
            self.impossible |= days.is_empty();
            sought.all.push(days.into_iter().map(Term::Mark).collect());
        }
        if sought.all.is_empty() && !sought.none.is_empty() {
            sought.all.push(vec![Term::Mark(Mark::Any)]);
        }
    }
}

/// The last day that the index is asked for, counted from 1970: in the year 2189.
const DAYS_MAX: i64 = 79_999;

/// What a part means that names nobody; `None`: there is nothing to look for in it.
fn term(part: &Part) -> Option<Term> {
    match part {
        Part::Word(text) | Part::Phrase(text) => Term::of_words(text),
        Part::Prefix(text) => Term::of_prefix(text),
        Part::Has(has) => Some(Term::Mark(match has {
            Has::Link => Mark::Link,
            Has::Mention => Mark::Mention,
            Has::Reaction => Mark::Reaction,
            Has::File => Mark::File,
            Has::Image => Mark::Image,
        })),
        Part::Is(is) => Some(Term::Mark(match is {
            Is::Pinned => Mark::Pinned,
            Is::Thread => Mark::Thread,
            Is::Edited => Mark::Edited,
        })),
        Part::From(_) | Part::In(_) | Part::Before(_) | Part::After(_) => None,
    }
}
