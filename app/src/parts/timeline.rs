//! What was said in a room.

use chat::{Message, Room, RoomKind, Timestamp, UserId, message::Page, view::continues};
use leptos::prelude::*;

use super::{
    Avatar, Icon, Places, Row, Shape,
    message::{Day, New, Place, Templates},
    places::other,
    side::Glyph,
};
use crate::{
    address::{self, Address},
    islands::timeline::Timeline,
};

/// Which part of a room a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// The newest messages.
    Newest,
    /// Those before this one.
    Before(u64),
    /// Those after this one.
    After(u64),
    /// This one and what is around it.
    Around(u64),
}

/// A page of a room as it is drawn: the messages with what stands between them.
#[component]
pub(crate) fn Log<'a>(
    places: &'a Places,
    room: &'a Room,
    page: Page,
    show: Show,
    now: Timestamp,
) -> impl IntoView + use<> {
    let here = address::of_room(room);
    let turn = |key: &str, seq: u64, words: &'static str| {
        let href = Address::new(&*here).with(key, &seq.to_string()).into_string();
        view! { <p class="turn"><a class="button" href=href>{words}</a></p> }.into_any()
    };
    let older = page.messages.first().filter(|_| page.has_before);
    let older = older.map(|oldest| turn("before", oldest.seq, "Older messages"));
    let newer = page.messages.last().filter(|_| page.has_after);
    let newer = newer.map(|newest| turn("after", newest.seq, "Newer messages"));
    let start = (!page.has_before).then(|| view! { <Opening places room/> });
    let label = format!("Messages in {}", places.name(room));
    let items = items(places.me.id, room, &page.messages, show, now);
    let newest = page.has_after.then(|| here.clone());
    view! {
        <div class="stage">
            <Timeline>
                <div
                    class="list"
                    data-testid="messages"
                    data-has-before=page.has_before.to_string()
                    data-has-after=page.has_after.to_string()
                    tabindex="0"
                    role="log"
                    aria-label=label
                >
                    <div class="inner">
                        {older}
                        {start}
                        {items}
                        {newer}
                    </div>
                </div>
                <Templates/>
            </Timeline>
            {newest.map(|href| view! { <a class="jump" href=href><Icon is=Shape::Down/>"Jump to the newest"</a> })}
        </div>
    }
    .into_any()
}

fn items(me: UserId, room: &Room, messages: &[Message], show: Show, now: Timestamp) -> Vec<AnyView> {
    let address = address::of_slug(&room.slug);
    let mut items = Vec::with_capacity(messages.len() + 4);
    let mut above: Option<&Message> = None;
    for message in messages {
        let is_new_day = above.is_none_or(|above| above.created_at.day() != message.created_at.day());
        // The first of the unread; what one wrote oneself is not news.
        let is_new = room.member
            && message.seq > room.read_seq
            && message.author.id != me
            && above.is_some_and(|above| above.seq <= room.read_seq);
        if is_new_day {
            items.push(view! { <Day at=message.created_at now/> }.into_any());
        }
        if is_new {
            items.push(view! { <New/> }.into_any());
        }
        let goes_on = above.is_some_and(|above| {
            continues(
                (above.author.id, above.created_at),
                (message.author.id, message.created_at),
            )
        });
        let place = Place {
            first: is_new_day || is_new || !goes_on,
            mentioned: message.mentions.contains(&me) && message.author.id != me,
            target: show == Show::Around(message.seq),
        };
        items.push(view! { <Row message place room=&*address/> }.into_any());
        above = Some(message);
    }
    items
}

/// What stands above a room's first message.
#[component]
pub(crate) fn Opening<'a>(places: &'a Places, room: &'a Room) -> impl IntoView + use<> {
    let name = places.name(room);
    let (badge, title, text) = match (room.kind, other(room)) {
        (RoomKind::Direct, Some(other)) => {
            let avatar = view! { <Avatar who=other.clone() size="l"/> }.into_any();
            let text = format!("Only you and @{} can read this conversation.", other.username);
            (avatar, name, text)
        }
        (RoomKind::Direct, None) if room.users.is_empty() => {
            let avatar = view! { <Avatar who=places.me.clone() size="l"/> }.into_any();
            (
                avatar,
                name,
                "A place for notes that only you can read.".to_owned(),
            )
        }
        (kind, _) => {
            let badge = view! { <div class="badge"><Glyph kind private=room.private/></div> }.into_any();
            (badge, format!("This is where {name} begins"), opening_words(room))
        }
    };
    view! { <div class="beginning">{badge}<h2>{title}</h2><p>{text}</p></div> }
}

fn opening_words(room: &Room) -> String {
    match (room.kind, room.last_seq) {
        (RoomKind::Channel, 0) if room.topic.is_empty() => {
            "Nothing has been said here yet. Say the first thing.".to_owned()
        }
        (RoomKind::Channel, _) if room.topic.is_empty() => {
            "Everything that was said here is below.".to_owned()
        }
        (RoomKind::Channel, _) => room.topic.clone(),
        (RoomKind::Direct, _) => "Only the people in this conversation can read it.".to_owned(),
    }
}
