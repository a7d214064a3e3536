//! Realistic people, rooms and messages, quickly, in any engine: through the port alone.
//!
//! The same plan gives the same names, texts and spread each time; ids and secrets are new. On a database with
//! people and rooms in it, names that are taken are passed over.

mod people;
mod prose;
mod words;

use std::collections::HashMap;

use chat::{Author, MessageId, RoomId, Timestamp, TokenId, UserId, mention::MENTIONS_MAX};
use futures::{StreamExt, TryStreamExt, stream};
use people::Person;
use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::{Builder, Uuid};

use crate::{
    markdown,
    session::secret::Secret,
    stamp,
    store::{ChannelCreated, NewChannel, NewMessage, NewUser, Registered, Store, Stored, TokenRecord},
};

/// What all that looks random grows from.
const SEED: u64 = 0x6e61_7474_6572;
/// Over how long messages spread, in milliseconds: six weeks, up to now.
const SPAN_MS: i64 = 6 * 7 * 24 * 60 * 60 * 1000;
/// How many users, tokens or messages are written at once.
const BATCH: usize = 1_000;
/// How many small writes are on their way at once; they share commits.
const WRITES_AT_ONCE: usize = 64;
/// How many rooms are filled at once: enough to make the next batch while one is written.
const ROOMS_AT_ONCE: usize = 3;

/// How much to seed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many users. Everyone is also in the channel that everybody is in.
    pub users: usize,
    /// How many rooms.
    pub rooms: usize,
    /// How many members each room gets. Users are in as equal a number of rooms as possible.
    pub members: usize,
    /// How many messages, spread evenly over the rooms; without rooms, in the channel that everybody is in.
    pub messages: usize,
    /// The hash of the password that all of them get.
    pub password_hash: String,
}

/// A user who was seeded.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// The name to sign in with.
    pub username: String,
    /// A personal access token.
    pub token: String,
    /// The seeded rooms that the user is in.
    pub rooms: Vec<RoomId>,
}

/// Seeds what `plan` says.
///
/// # Errors
/// The store's; what was written until then stays.
pub async fn seed(store: &dyn Store, plan: &Plan) -> Stored<Vec<Seeded>> {
    let now = stamp::now();
    let start = now.plus_ms(-SPAN_MS);
    let users = create_people(store, plan, start).await?;
    let rooms = create_rooms(store, plan, &users, start).await?;
    let places = rooms.iter().enumerate();
    let circles: Vec<Circle<'_>> = places
        .map(|(n, room)| Circle::new(*room, n, plan, &users))
        .collect();
    let general = store.room_by_slug(chat::room::GENERAL).await?;
    let everyone = general.map(|room| Circle {
        room: room.id,
        members: users.iter().collect(),
    });
    let filled = if circles.is_empty() {
        everyone.as_slice()
    } else {
        &circles
    };
    fill(store, plan.messages, filled, now).await?;
    let joining = circles
        .iter()
        .chain(&everyone)
        .map(|circle| circle.join(store, start));
    stream::iter(joining)
        .buffer_unordered(WRITES_AT_ONCE)
        .try_collect::<()>()
        .await?;
    give_tokens(store, &users, &circles, now).await
}

/// A room and who is in it.
struct Circle<'a> {
    room: RoomId,
    members: Vec<&'a Author>,
}

impl<'a> Circle<'a> {
    /// The room at `place` gets the next users in a ring, so nobody is in two more rooms than anyone else.
    fn new(room: RoomId, place: usize, plan: &Plan, users: &'a [Author]) -> Self {
        let size = plan.members.min(users.len());
        let members = users
            .iter()
            .cycle()
            .skip(place * size % users.len().max(1))
            .take(size);
        Self {
            room,
            members: members.collect(),
        }
    }

    /// Brings the members in, who have read what is there.
    async fn join(&self, store: &dyn Store, at: Timestamp) -> Stored<()> {
        let members: Vec<UserId> = self.members.iter().map(|author| author.id).collect();
        for some in members.chunks(BATCH) {
            store.add_members(self.room, some, at).await?;
        }
        // The room's creator was in it before there was anything to read.
        if let Some(creator) = members.first() {
            store.mark_read(self.room, *creator, u64::MAX, None).await?;
        }
        Ok(())
    }
}

/// Creates the users. The first goes through registration: in an empty database that makes the owner and the
/// channel that everybody is in.
async fn create_people(store: &dyn Store, plan: &Plan, at: Timestamp) -> Stored<Vec<Author>> {
    let mut users: Vec<Author> = Vec::with_capacity(plan.users);
    let mut numbers = 0..;
    while users.len() < plan.users {
        let wanted = if users.is_empty() {
            1
        } else {
            (plan.users - users.len()).min(BATCH)
        };
        let people = free_people(store, &mut numbers, wanted).await?;
        let new: Vec<NewUser> = people
            .iter()
            .map(|person| new_user(person, &plan.password_hash, at))
            .collect();
        let created = if !users.is_empty() && store.create_users(new.clone()).await.is_ok() {
            new
        } else {
            // Also where a name looks like one that is taken, which only registration can tell.
            register(store, new).await?
        };
        users.extend(created.into_iter().map(author));
    }
    Ok(users)
}

/// The next `count` people whose usernames are free.
async fn free_people(
    store: &dyn Store,
    numbers: &mut (impl Iterator<Item = usize> + Send),
    count: usize,
) -> Stored<Vec<Person>> {
    let mut free = Vec::with_capacity(count);
    while free.len() < count {
        let some: Vec<Person> = numbers
            .take(MENTIONS_MAX.min(count - free.len()))
            .map(Person::new)
            .collect();
        let names: Vec<&str> = some.iter().map(|person| person.username.as_str()).collect();
        let taken = store.users_by_usernames(&names).await?;
        let is_free = |person: &Person| {
            !taken
                .iter()
                .any(|user| user.username.eq_ignore_ascii_case(&person.username))
        };
        free.extend(some.into_iter().filter(is_free));
    }
    Ok(free)
}

/// Registers `users` one by one; gives those whose names were free.
async fn register(store: &dyn Store, users: Vec<NewUser>) -> Stored<Vec<NewUser>> {
    let mut created = Vec::new();
    for user in users {
        if let Registered::Created { .. } = store.create_user(user.clone(), false).await? {
            created.push(user);
        }
    }
    Ok(created)
}

fn new_user(person: &Person, password_hash: &str, at: Timestamp) -> NewUser {
    NewUser {
        id: UserId(stamp::new_id()),
        username: person.username.clone(),
        display_name: person.display_name.clone(),
        password_hash: password_hash.to_owned(),
        created_at: at,
        general: RoomId(stamp::new_id()),
    }
}

fn author(user: NewUser) -> Author {
    Author {
        id: user.id,
        username: user.username,
        display_name: user.display_name,
        avatar_url: None,
    }
}

/// Creates the rooms, each by the user who will be its first member. Without users there is nobody to create one.
async fn create_rooms(
    store: &dyn Store,
    plan: &Plan,
    users: &[Author],
    at: Timestamp,
) -> Stored<Vec<RoomId>> {
    let mut rooms = Vec::with_capacity(plan.rooms);
    let mut numbers = 0..;
    while rooms.len() < plan.rooms && !users.is_empty() {
        let missing = plan.rooms - rooms.len();
        let size = plan.members.min(users.len());
        let next = numbers.by_ref().take(missing).enumerate().map(|(ahead, number)| {
            let creator = users[(rooms.len() + ahead) * size % users.len()].id;
            create_room(store, number, creator, at)
        });
        let created: Vec<Option<RoomId>> = stream::iter(next).buffered(WRITES_AT_ONCE).try_collect().await?;
        rooms.extend(created.into_iter().flatten());
    }
    Ok(rooms)
}

/// The channel of this number; `None`: its address is taken.
async fn create_room(
    store: &dyn Store,
    number: usize,
    creator: UserId,
    at: Timestamp,
) -> Stored<Option<RoomId>> {
    let (name, topic) = prose::room(number);
    let slug = chat::room::slug(&name).unwrap_or_else(|| format!("room-{number}"));
    // Asking first spares a write for each name that an earlier seeding took.
    if store.room_by_slug(&slug).await?.is_some() {
        return Ok(None);
    }
    let id = RoomId(stamp::new_id());
    let channel = NewChannel {
        id,
        slug,
        name,
        topic,
        private: false,
        creator,
        created_at: at,
    };
    Ok((store.create_channel(channel).await? == ChannelCreated::Created).then_some(id))
}

/// Writes `count` messages, several rooms at once.
async fn fill(store: &dyn Store, count: usize, circles: &[Circle<'_>], now: Timestamp) -> Stored<()> {
    let (each, more) = (count / circles.len().max(1), count % circles.len().max(1));
    let rooms = circles.iter().enumerate().map(|(place, circle)| {
        let count = each + usize::from(place < more);
        fill_room(store, circle, place, count, now)
    });
    stream::iter(rooms)
        .buffer_unordered(ROOMS_AT_ONCE)
        .try_collect()
        .await
}

async fn fill_room(
    store: &dyn Store,
    circle: &Circle<'_>,
    place: usize,
    count: usize,
    now: Timestamp,
) -> Stored<()> {
    if circle.members.is_empty() {
        return Ok(());
    }
    // Each room has random numbers of its own, so its content does not depend on what else is written.
    let mut rng = StdRng::seed_from_u64(SEED.wrapping_add(place as u64));
    let times = prose::times(&mut rng, count, now.plus_ms(-SPAN_MS), now);
    for some in times.chunks(BATCH) {
        let messages = some.iter().map(|at| new_message(circle, *at, &mut rng)).collect();
        store.append_batch(circle.room, messages).await?;
    }
    Ok(())
}

fn new_message(circle: &Circle<'_>, at: Timestamp, rng: &mut StdRng) -> NewMessage {
    let body = prose::body(rng);
    NewMessage {
        id: MessageId(id_at(at)),
        room: circle.room,
        author: circle.members[rng.random_range(0..circle.members.len())].clone(),
        html: markdown::render(&body, markdown::Setting::default()),
        body,
        nonce: None,
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
        here: Vec::new(),
        created_at: at,
        exempt: true,
    }
}

/// A new UUIDv7 as it would have been made at `at`.
fn id_at(at: Timestamp) -> Uuid {
    Builder::from_unix_timestamp_millis(at.0.unsigned_abs(), &rand::random()).into_uuid()
}

/// Gives every user a token. Tokens are secrets, also on a machine that only tries things out: they are drawn anew
/// each time and grow from no seed.
async fn give_tokens(
    store: &dyn Store,
    users: &[Author],
    circles: &[Circle<'_>],
    now: Timestamp,
) -> Stored<Vec<Seeded>> {
    let mut rooms: HashMap<UserId, Vec<RoomId>> = HashMap::new();
    for circle in circles {
        for member in &circle.members {
            rooms.entry(member.id).or_default().push(circle.room);
        }
    }
    let mut seeded = Vec::with_capacity(users.len());
    for some in users.chunks(BATCH) {
        let mut tokens = Vec::with_capacity(some.len());
        for user in some {
            let secret = Secret::draw();
            let (id, name) = (TokenId(stamp::new_id()), "seeded".to_owned());
            tokens.push(TokenRecord {
                id,
                hash: secret.hash(),
                user: user.id,
                name,
                created_at: now,
            });
            seeded.push(Seeded {
                username: user.username.clone(),
                token: secret.token_text(),
                rooms: rooms.remove(&user.id).unwrap_or_default(),
            });
        }
        store.insert_tokens(tokens).await?;
    }
    Ok(seeded)
}

#[cfg(test)]
mod tests;
