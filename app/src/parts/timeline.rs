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
    // With scripts on, the island fetches what follows before anyone gets there.
    let newer = newer.map(|newest| {
        let link = turn("after", newest.seq, "Newer messages");
        view! { <noscript>{link}</noscript> }
    });
    let start = (!page.has_before).then(|| view! { <Opening places room/> });
    let beginning = view! { <Opening places room/> }.into_any();
    let label = format!("Messages in {}", places.name(room));
    let items = items(places.me.id, room, &page.messages, show, now);
    let newest = page.has_after.then(|| here.clone());
    view! {
        <div class="stage">
            <div
                class="list"
                data-testid="messages"
                data-has-before=page.has_before.to_string()
                data-has-after=page.has_after.to_string()
                tabindex="0"
                // Not a log: rows that come into being because one scrolls would be read out as news. What is
                // news is said by a live region of the island's own.
                role="feed"
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
            <template id="beginning-template">{beginning}</template>
            <Timeline/>
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
        let day = is_new_day.then(|| view! { <Day at=message.created_at now room=&*address/> });
        let new = is_new.then(|| view! { <New/> });
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
        items.push(
            view! { <div class="row">{day}{new}<Row message me place room=&*address/></div> }.into_any(),
        );
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
            (avatar, name.into_any(), text)
        }
        (RoomKind::Direct, None) if room.users.is_empty() => {
            let avatar = view! { <Avatar who=places.me.clone() size="l"/> }.into_any();
            (
                avatar,
                name.into_any(),
                "A place for notes that only you can read.".to_owned(),
            )
        }
        (kind, _) => {
            let badge = view! { <div class="badge"><Glyph kind private=room.private/></div> }.into_any();
            (
                badge,
                view! { "This is where "<bdi>{name}</bdi>" begins" }.into_any(),
                opening_words(room),
            )
        }
    };
    // A feed may hold nothing but articles.
    view! { <article class="beginning">{badge}<h2>{title}</h2><p>{text}</p></article> }
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

#[cfg(test)]
mod tests {
    use chat::{Author, MessageId, RoomId};

    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn user(n: u8) -> UserId {
        format!("00000000-0000-7000-8000-0000000000{n:02}")
            .parse()
            .unwrap()
    }

    fn message(seq: u64, author: u8, at_ms: i64) -> Message {
        let author = Author {
            id: user(author),
            username: format!("u{author}"),
            display_name: "<b>".into(),
            avatar_url: None,
        };
        Message {
            id: MessageId(author.id.0),
            room: RoomId(author.id.0),
            seq,
            rev: seq,
            author,
            body: String::new(),
            html: format!("<p>{seq}</p>"),
            created_at: Timestamp(20_000 * DAY_MS + at_ms),
            edited_at: None,
            deleted: false,
            pinned: false,
            thread: None,
            reply_count: 0,
            nonce: None,
            reactions: Vec::new(),
            attachments: Vec::new(),
            mentions: Vec::new(),
            calls: None,
        }
    }

    /// What is drawn for user 1, who has read up to `read_seq`: days, the line of new messages, and each message
    /// by its number, with a `+` where a group begins.
    fn drawn(messages: &[Message], read_seq: u64, show: Show) -> String {
        let room = Room {
            id: RoomId(user(9).0),
            kind: RoomKind::Channel,
            slug: "general".into(),
            name: "general".into(),
            topic: String::new(),
            private: false,
            description: String::new(),
            archived: false,
            slow_s: 0,
            created_by: None,
            member: true,
            last_seq: 9,
            last_rev: 9,
            read_seq,
            unread: 0,
            mentions: 0,
            read_turn: 0,
            level: None,
            muted: false,
            users: Vec::new(),
        };
        let items =
            Owner::new().with(|| items(user(1), &room, messages, show, Timestamp(20_000 * DAY_MS)).to_html());
        assert!(!items.contains("<b>"), "names are text: {items}");
        let mut seen = Vec::new();
        for piece in items.split_inclusive('>') {
            match piece {
                piece if piece.contains("day new") => seen.push("new".to_owned()),
                piece if piece.contains("data-day=") => seen.push("day".to_owned()),
                piece if piece.contains("data-seq=") => {
                    let seq = piece
                        .split("data-seq=\"")
                        .nth(1)
                        .and_then(|rest| rest.split('"').next())
                        .unwrap();
                    let first = if piece.contains("message first") { "+" } else { "" };
                    seen.push(format!("{first}{seq}"));
                }
                _ => {}
            }
        }
        seen.join(" ")
    }

    #[test]
    fn an_author_a_pause_and_a_day_begin_a_group() {
        let minute = 60_000;
        let messages = [
            message(1, 2, 0),
            message(2, 2, minute),
            message(3, 3, 2 * minute),
            message(4, 3, 8 * minute),
            message(5, 3, DAY_MS),
        ];
        assert_eq!(drawn(&messages, 9, Show::Newest), "day +1 2 +3 +4 day +5");
    }

    #[test]
    fn news_begin_with_the_first_unread_message_of_someone_else() {
        let messages = [message(1, 2, 0), message(2, 2, 1), message(3, 2, 2)];
        assert_eq!(drawn(&messages, 1, Show::Newest), "day +1 new +2 3");
        assert_eq!(drawn(&messages, 3, Show::Newest), "day +1 2 3");
        let own = [message(1, 2, 0), message(2, 1, 1)];
        assert_eq!(drawn(&own, 1, Show::Newest), "day +1 +2");
    }
}
