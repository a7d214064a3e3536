//! The list of rooms beside every page.

use chat::{Level, Room, RoomId, RoomKind};
use leptos::prelude::*;

use super::{Avatar, Dot, Icon, Places, Says, Shape, places::other};
use crate::address;

/// The rooms of the one who looks. On a narrow page it is a popover that the bar's menu button opens.
#[component]
pub(crate) fn Side(places: Places, here: Option<RoomId>) -> impl IntoView {
    let me = places.me.clone();
    let link = |room: &Room| view! { <RoomLink places=&places room here/> }.into_any();
    let channels: Vec<AnyView> = places.channels().map(link).collect();
    let direct: Vec<AnyView> = places.direct().map(link).collect();
    let unheard = direct
        .is_empty()
        .then(|| view! { <p class="none-yet">"No conversations yet"</p> });
    // Only pages of rooms have the scripts that answer.
    let to_palette = here.map(|_| {
        view! {
            <button class="to-palette icon-button" type="button" aria-label="Go to" aria-keyshortcuts="Control+K Meta+K" title="Go to (Ctrl K)">
                <Icon is=Shape::Bolt/>
            </button>
        }
    });
    view! {
        <nav class="side" id="side" popover="auto" aria-label="Rooms">
            <div class="top">
                <a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a>
                {to_palette}
            </div>
            <div class="rooms">
                <a class="more" href="/unread"><span class="glyph"><Icon is=Shape::Inbox/></span>"Unread"</a>
                <ThreadsLink unread=places.unread_threads()/>
                <a class="more" href="/saved"><span class="glyph"><Icon is=Shape::Bookmark/></span>"Saved"</a>
                <h2>"Channels"</h2>
                {channels}
                <a class="more" href="/rooms"><span class="glyph"><Icon is=Shape::Compass/></span>"Browse channels"</a>
                <h2>"Direct messages"</h2>
                {direct}
                {unheard}
                <a class="more" href="/people"><span class="glyph"><Icon is=Shape::People/></span>"Find people"</a>
            </div>
            <a class="me" href="/settings">
                <Avatar who=me.clone()/>
                <span><b>{me.display_name}</b><small>"@"{me.username}</small></span>
                <Icon is=Shape::Sliders/>
                <span class="unseen">"Settings"</span>
            </a>
        </nav>
    }
    .into_any()
}

/// Leads to the followed threads, and counts those with unread replies.
#[component]
fn ThreadsLink(unread: usize) -> impl IntoView {
    let class = if unread > 0 {
        "more threads unread"
    } else {
        "more threads"
    };
    view! {
        <a class=class href="/threads">
            <span class="glyph"><Icon is=Shape::Thread/></span>
            <span class="name">"Threads"</span>
            <span class="count" hidden=unread == 0>{unread}</span>
        </a>
    }
    .into_any()
}

#[component]
fn RoomLink<'a>(places: &'a Places, room: &'a Room, here: Option<RoomId>) -> impl IntoView + use<> {
    let is_here = here == Some(room.id);
    let mut class = String::from("room");
    for (holds, name) in [
        (room.kind == RoomKind::Direct, "direct"),
        (is_here, "here"),
        (room.unread > 0, "unread"),
        (room.muted, "muted"),
    ] {
        if holds {
            class = class + " " + name;
        }
    }
    let glyph = match other(room) {
        Some(other) => view! { <Dot user=other.id status=places.status(other.id)/> }.into_any(),
        None => view! { <Glyph kind=room.kind private=room.private/> }.into_any(),
    };
    let says = other(room).map(|other| view! { <Says user=other.id custom=places.custom(other.id)/> });
    view! {
        <a
            class=class
            href=address::of_room(room)
            data-room=room.id.to_string()
            data-unread=room.unread
            data-mentions=room.mentions
            data-level=room.level.unwrap_or(Level::of_kind(room.kind)).name()
            aria-current=is_here.then_some("page")
        >
            {glyph}
            <span class="name">{places.name(room)}</span>
            {says}
            <span class="count" hidden=room.unread == 0>{room.unread}</span>
        </a>
    }
    .into_any()
}

/// What stands before a room's name.
#[component]
pub(crate) fn Glyph(kind: RoomKind, private: bool) -> impl IntoView {
    let glyph = match (kind, private) {
        (RoomKind::Direct, _) => view! { <Icon is=Shape::People/> }.into_any(),
        (RoomKind::Channel, true) => view! { <Icon is=Shape::Lock/> }.into_any(),
        (RoomKind::Channel, false) => "#".into_any(),
    };
    view! { <span class="glyph" aria-hidden="true">{glyph}</span> }
}
