//! Reading what the server rendered: from it the live part goes on.

use std::str::FromStr;

use chat::{
    Author, Message, Nonce, Reaction, Timestamp, UserId,
    view::{Mark, Start, View},
};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element};

use super::{all, document, one, within};
use crate::live::{Client, codec, outbox::Outbox};

/// The client for the room that the page shows; `None` where it shows none.
pub(super) fn adopt(outbox: Outbox) -> Option<Client> {
    let (view, is_member, start) = view(&document())?;
    let (room, me) = (view.room(), view.me());
    let here = Mark {
        room,
        last_seq: start.last_seq,
        read_seq: start.read_seq,
        read_turn: start.read_turn,
        mentions: 0,
        muted: is_muted(room),
    };
    let mut marks: Vec<_> = all(".room[data-room]")
        .iter()
        .filter_map(mark)
        .filter(|mark| mark.room != room)
        .collect();
    marks.extend(is_member.then_some(here));
    Some(Client::new(me, is_member, view, marks, outbox))
}

/// Whether the list of rooms shows a room as muted.
fn is_muted(room: chat::RoomId) -> bool {
    one::<Element>(&[".room.muted[data-room=\"", &room.to_string(), "\"]"].concat()).is_some()
}

/// The room that a page shows, and whether its reader is a member.
#[must_use]
pub fn view(page: &Document) -> Option<(View, bool, Start)> {
    let app = page.query_selector(".app[data-room]").ok()??;
    let (room, me): (_, UserId) = (read(&app, "data-room")?, read(&app, "data-user")?);
    let start = Start {
        last_seq: read(&app, "data-last-seq")?,
        last_rev: read(&app, "data-last-rev")?,
        read_seq: read(&app, "data-read-seq")?,
        // Pages that were kept before there were turns do not tell.
        read_turn: read(&app, "data-read-turn").unwrap_or(0),
    };
    let rows = page.query_selector_all(".inner .message[data-seq]").ok()?;
    let rows = (0..rows.length()).filter_map(|place| rows.item(place)?.dyn_into::<Element>().ok());
    let messages = rows.filter_map(|row| message(&row, room, me)).collect();
    let is_member = app.get_attribute("data-member").as_deref() == Some("true");
    Some((View::new(room, me, messages, start), is_member, start))
}

/// A message as far as the page shows it. Its next change brings the rest.
fn message(row: &Element, room: chat::RoomId, me: UserId) -> Option<Message> {
    let text = |selector: &str| row.query_selector(selector).ok()??.text_content();
    let marks = marks(row, me);
    let mentioned = row.class_list().contains("mentioned");
    let author = Author {
        id: read(row, "data-author")?,
        username: String::new(),
        display_name: text(".who").unwrap_or_default(),
        avatar_url: within::<Element>(row, ".avatar img").and_then(|face| face.get_attribute("src")),
    };
    Some(Message {
        id: read(row, "data-id")?,
        room,
        seq: read(row, "data-seq")?,
        rev: read(row, "data-rev")?,
        author,
        body: String::new(),
        html: row
            .query_selector(".body")
            .ok()?
            .map(|body| body.inner_html())
            .unwrap_or_default(),
        created_at: read::<Timestamp>(row, "data-created")?,
        edited_at: within::<Element>(row, ".edited").and_then(|time| read(&time, "datetime")),
        deleted: within::<Element>(row, ".body > .gone").is_some(),
        pinned: within::<Element>(row, ".pinned").is_some(),
        thread: within::<Element>(row, ".context").and_then(|link| read(&link, "data-thread")),
        reply_count: within::<Element>(row, ".under > .replies")
            .and_then(|link| read(&link, "data-count"))
            .unwrap_or(0),
        nonce: row
            .get_attribute("data-nonce")
            .and_then(|nonce| Nonce::new(nonce).ok()),
        reactions: marks,
        attachments: within::<Element>(row, ".files")
            .and_then(|files| files.get_attribute("data-files"))
            .map(|files| codec::files(&files))
            .unwrap_or_default(),
        mentions: if mentioned { vec![me] } else { Vec::new() },
        calls: None,
    })
}

/// The reactions under a message. Of those who gave them only the reader is known.
fn marks(row: &Element, me: UserId) -> Vec<Reaction> {
    let Ok(chips) = row.query_selector_all(".under > .chip") else {
        return Vec::new();
    };
    let chips = (0..chips.length()).filter_map(|place| chips.item(place)?.dyn_into::<Element>().ok());
    let reaction = |chip: Element| {
        let own = chip.get_attribute("aria-pressed").as_deref() == Some("true");
        Some(Reaction {
            emoji: chip.get_attribute("data-emoji")?,
            count: read(&chip, "data-count")?,
            users: if own { vec![me] } else { Vec::new() },
        })
    };
    chips.filter_map(reaction).collect()
}

fn mark(link: &Element) -> Option<Mark> {
    Some(Mark {
        room: read(link, "data-room")?,
        // Only the difference is known until the server's first word.
        last_seq: read(link, "data-unread")?,
        read_seq: 0,
        read_turn: 0,
        mentions: read(link, "data-mentions")?,
        muted: link.class_list().contains("muted"),
    })
}

fn read<T: FromStr>(element: &Element, attribute: &str) -> Option<T> {
    element.get_attribute(attribute)?.parse().ok()
}
