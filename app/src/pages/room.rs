//! `/rooms/{slug}` and `/rooms/{slug}/{seq}`: a room, and one of its messages; `?date=` a day of it.

use std::sync::Arc;

use backend::{Backend, Caller, Problem, marker::Reading, room::MayRead, stamp};
use chat::{
    Author, Code, Message, Room, RoomKind,
    message::{Bound, PAGE_LIMIT, Page, Thread},
};
use http::header;
use leptos::prelude::*;
use tokio::try_join;

use super::{
    day::show_day,
    load::{Halt, Loaded, load, part, signed_in},
};
use crate::{
    address::{self, Query},
    parts::{Frame, Log, PageTitle, Panel, Pins, Places, Recipient, RoomBar, Said, Show, Write},
    visit::{answer_header, backend, here, query, remember},
};

/// The cookie that holds the id of the room opened last in this browser.
pub(super) const LAST: &str = "natter_room";
/// How many faces the bar shows.
const FACES: u64 = 3;

/// What a page shows beside a room.
#[derive(Debug)]
pub(super) enum Beside {
    Nothing,
    Thread(Box<Thread>),
    Pins(Vec<Message>),
}

#[component]
pub(crate) fn RoomPage() -> impl IntoView {
    let slug = part("slug");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let ((room, may_read), places) =
            try_join!(backend.find_room(&caller, &slug), Places::load(&backend, &caller))?;
        let address = address::of_room(&room);
        // A conversation between two is called by the other's name.
        if address != address::of_slug(&room.slug) {
            let query = here()
                .split_once('?')
                .map_or_else(String::new, |(_, query)| format!("?{query}"));
            return Err(Halt::Go(address + &query));
        }
        let show = shown(&backend, &room, may_read, &query).await?;
        draw(
            &backend,
            &caller,
            places,
            (room, may_read),
            show,
            Beside::Nothing,
            &query,
        )
        .await
    })
}

#[component]
pub(crate) fn Permalink() -> impl IntoView {
    let (slug, seq) = (part("slug"), part("seq"));
    load(async move {
        let (backend, caller) = (backend(), signed_in()?);
        let seq: u64 = seq.parse().map_err(|_| Code::NotFound)?;
        let ((room, may_read), places) =
            try_join!(backend.find_room(&caller, &slug), Places::load(&backend, &caller))?;
        if !(1..=room.last_seq).contains(&seq) {
            return Err(Code::MessageNotFound.into());
        }
        draw(
            &backend,
            &caller,
            places,
            (room, may_read),
            Show::Around(seq),
            Beside::Nothing,
            &query(),
        )
        .await
    })
}

/// Which part of the room the address asks for.
pub(super) async fn shown(
    backend: &Backend,
    room: &Room,
    may_read: MayRead,
    query: &Query,
) -> Result<Show, Problem> {
    let seq = |key| query.get(key).parse().ok();
    if let Some(show) = show_day(backend, room, may_read, query.get("date")).await? {
        return Ok(show);
    }
    Ok(seq("before")
        .map(Show::Before)
        .or_else(|| seq("after").map(Show::After))
        .unwrap_or(Show::Newest))
}

/// Why the last message was not posted, if there is a reason to show.
pub(super) fn refusal(query: &Query) -> Option<String> {
    let said = Said::read(query);
    let body = || {
        said.fault(
            "body",
            "A message has 1 to 8,000 characters, and no control characters.",
        )
    };
    said.words().or_else(|| body().map(ToOwned::to_owned))
}

/// A room that the caller may read, and what is beside it.
pub(super) async fn draw(
    backend: &Arc<Backend>,
    caller: &Caller,
    mut places: Places,
    (room, may_read): (Room, MayRead),
    show: Show,
    beside: Beside,
    query: &Query,
) -> Loaded {
    let bound = match show {
        Show::Newest => Bound::Newest,
        Show::Before(seq) => Bound::Before(seq),
        Show::After(seq) => Bound::After(seq),
        Show::Around(seq) => Bound::Around(seq),
    };
    let (page, (faces, members)) = try_join!(
        backend.page_messages(may_read, bound, PAGE_LIMIT),
        people(backend, &room, may_read),
    )?;
    if show == Show::Newest {
        mark_read(backend, caller, &room, &page);
        places.read(&room);
    }
    answer_header(header::SET_COOKIE, &remember(LAST, &room.id.to_string()));
    let room = as_of(room, &page);
    let refusal = refusal(query);
    let draft = query.get("draft").to_owned();
    // What was not sent goes back to where it was written.
    let (refusal, draft, panel) = match beside {
        Beside::Thread(thread) => {
            let following = read_thread(backend, caller, &thread).await?;
            let panel = view! { <Panel places=&places room=&room thread=*thread following refusal draft/> };
            (None, String::new(), Some(panel.into_any()))
        }
        Beside::Pins(messages) => {
            let panel = view! { <Pins places=&places room=&room messages/> };
            (refusal, draft, Some(panel.into_any()))
        }
        Beside::Nothing => (refusal, draft, None),
    };
    let title = match room.kind {
        RoomKind::Channel => format!("#{}", room.name),
        RoomKind::Direct => places.name(&room),
    };
    Ok(view! {
        <PageTitle text=title/>
        <Frame places=places.clone() room=Some(room.clone())>
            <RoomBar places=&places room=&room members faces/>
            <Log places=&places room=&room page show now=stamp::now()/>
            <Write places=&places recipient=Recipient::Room(room) refusal draft/>
            {panel}
        </Frame>
    }
    .into_any())
}

/// Who is in a channel: some of them, and how many.
async fn people(backend: &Backend, room: &Room, may_read: MayRead) -> Result<(Vec<Author>, u64), Problem> {
    match room.kind {
        RoomKind::Direct => Ok((Vec::new(), 0)),
        RoomKind::Channel => {
            let some = backend.page_members(may_read, FACES, None);
            let (some, members) = try_join!(some, backend.count_members(may_read))?;
            Ok((some.users.into_iter().map(|user| user.author).collect(), members))
        }
    }
}

/// Whoever opens a room has its newest messages before them; with scripts off nothing else could tell.
/// The page does not wait for the write, nor fail with it.
fn mark_read(backend: &Arc<Backend>, caller: &Caller, room: &Room, page: &Page) {
    let newest = page.messages.last().map_or(0, |message| message.seq);
    if !room.member || newest <= room.read_seq {
        return;
    }
    let (backend, caller, room) = (Arc::clone(backend), caller.clone(), room.id);
    tokio::spawn(async move {
        if let Err(problem) = backend.mark_read(&caller, Reading::of(room, newest)).await {
            tracing::warn!(%room, code = problem.code.as_str(), "a room was opened and could not be marked as read");
        }
    });
}

/// Whoever opens a thread has its replies before them. Gives whether the thread is followed.
async fn read_thread(backend: &Arc<Backend>, caller: &Caller, thread: &Thread) -> Result<bool, Problem> {
    let root = thread.root.id;
    let following = backend.follows_thread(caller, root).await?;
    let newest = thread.page.messages.last().filter(|_| !thread.page.has_after);
    if let Some(seq) = newest.map(|reply| reply.seq).filter(|_| following) {
        backend.read_thread(caller, root, seq).await?;
    }
    Ok(following)
}

/// Where the room stood when the page was read: whoever goes on from there misses nothing, even if someone wrote
/// between the two looks.
fn as_of(mut room: Room, page: &Page) -> Room {
    room.last_rev = page.last_rev;
    let newest = page
        .messages
        .last()
        .filter(|_| !page.has_after)
        .map(|message| message.seq);
    room.last_seq = newest.unwrap_or(room.last_seq);
    room
}
