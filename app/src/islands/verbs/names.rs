//! Who reacted, by name: asked for when somebody points at a message with reactions.

use std::cell::RefCell;

use chat::{Message, RoomId, UserId, message::REACTION_USERS_MAX};
use web_sys::Element;

use super::tools::Target;
use crate::live::{
    browser::{get, set, spawn, with, within},
    codec,
};

/// People and what they are called.
type People = Vec<(UserId, String)>;

/// So many are named; the others are counted.
const NAMED_MAX: usize = 8;

thread_local! {
    /// The people of a room whose names are known.
    static KNOWN: RefCell<Option<(RoomId, People)>> = const { RefCell::new(None) };
}

/// Puts names on the reactions of this row.
pub(super) fn tell(target: Target) {
    spawn(async move {
        let (Some(room), Some(message)) = (with(|client| client.view().room()), message(&target).await)
        else {
            return;
        };
        let people = people(room).await;
        let Some((me, row)) = with(|client| client.me()).zip(target.row()) else {
            return;
        };
        for reaction in &message.reactions {
            let selector = [".chip[data-emoji=\"", &reaction.emoji, "\"]"].concat();
            let Some(chip) = within::<Element>(&row, &selector) else {
                continue;
            };
            let name = |user: &UserId| {
                let known = people.iter().find(|(known, _)| known == user);
                known.map(|(_, name)| name.clone())
            };
            let mut names: Vec<String> = reaction
                .users
                .contains(&me)
                .then(|| "You".to_owned())
                .into_iter()
                .collect();
            names.extend(
                reaction
                    .users
                    .iter()
                    .filter(|user| **user != me)
                    .filter_map(name)
                    .take(NAMED_MAX),
            );
            let words = sentence(&names, reaction.count);
            set(&chip, "title", &words);
            set(&chip, "aria-label", &[&reaction.emoji, " ", &words].concat());
        }
    });
}

fn sentence(names: &[String], count: u64) -> String {
    let others = count.saturating_sub(names.len() as u64);
    let rest = match others {
        0 => None,
        1 => Some("1 other".to_owned()),
        _ => Some([&*others.to_string(), " others"].concat()),
    };
    let all: Vec<_> = names.iter().cloned().chain(rest).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => [&*first.join(", "), " and ", last].concat(),
        None => String::new(),
    }
}

/// The message with the people of its reactions, which pages do not carry.
async fn message(target: &Target) -> Option<Message> {
    let is_whole = |message: &&Message| {
        let whole = |count: u64, users: usize| users as u64 == count || users == REACTION_USERS_MAX;
        let mut reactions = message.reactions.iter();
        reactions.all(|reaction| whole(reaction.count, reaction.users.len()))
    };
    let held = with(|client| client.view().message(target.seq).filter(is_whole).cloned()).flatten();
    if held.is_some() {
        return held;
    }
    let room = with(|client| client.view().room().to_string())?;
    let before = target.seq.saturating_sub(1).to_string();
    let path = ["/api/messages?room=", &room, "&after=", &before, "&limit=1"].concat();
    get(&path, codec::page).await?.messages.into_iter().next()
}

async fn people(room: RoomId) -> People {
    let known = KNOWN.with_borrow(|known| known.clone().filter(|(of, _)| *of == room));
    if let Some((_, people)) = known {
        return people;
    }
    let path = ["/api/rooms/", &room.to_string(), "/members?limit=100"].concat();
    let Some(people) = get(&path, codec::people).await else {
        return Vec::new();
    };
    let people: People = people
        .into_iter()
        .map(|author| (author.id, author.display_name))
        .collect();
    KNOWN.set(Some((room, people.clone())));
    people
}
