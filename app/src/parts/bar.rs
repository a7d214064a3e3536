//! The line at the top of a page: where one is.

use chat::{Author, Room, RoomKind};
use leptos::prelude::*;

use super::{Avatar, Dot, Icon, PageStyle, Places, SHEET, SaysAll, Shape, places::other, side::Glyph};
use crate::{address, islands::connection::Connection};

/// The top of a page that is no room.
#[component]
pub(crate) fn Bar(
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <PageStyle text=SHEET/>
        <header class="bar">
            <Menu/>
            <h1 class="title"><span>{title}</span></h1>
            <div class="end">{children.map(|children| children())}<ToSearch/></div>
        </header>
    }
    .into_any()
}

/// The top of a room: its name, what it is about, the state of the connection, and who is in it.
#[component]
pub(crate) fn RoomBar<'a>(
    places: &'a Places,
    room: &'a Room,
    members: u64,
    faces: Vec<Author>,
) -> impl IntoView + use<> {
    let glyph = match other(room) {
        Some(other) => view! { <Dot user=other.id status=places.status(other.id)/> }.into_any(),
        None => view! { <Glyph kind=room.kind private=room.private/> }.into_any(),
    };
    let bell = room.member.then(|| {
        view! {
            <a class="bell icon-button" href=address::of_slug(&room.slug) + "/notifications" aria-label="Notifications" title="Notifications">
                <Icon is=Shape::Bell/>
            </a>
        }
    });
    // A conversation is about the other one.
    let topic = match other(room) {
        Some(other) => view! { <SaysAll user=other.id custom=places.custom(other.id)/> }.into_any(),
        None => room.topic.clone().into_any(),
    };
    // Where one learns more: of a channel, or of the other one in a conversation.
    let about = match (room.kind, other(room)) {
        (RoomKind::Channel, _) => Some((address::of_slug(&room.slug) + "/details", "About this channel")),
        (RoomKind::Direct, Some(other)) => Some((address::of_profile(&other.username), "Profile")),
        (RoomKind::Direct, None) => None,
    };
    let name = match about {
        Some((href, title)) => {
            view! { <span><a href=href title=title>{places.name(room)}</a></span> }.into_any()
        }
        None => view! { <span>{places.name(room)}</span> }.into_any(),
    };
    let people = match room.kind {
        RoomKind::Direct => None,
        RoomKind::Channel => Some(view! { <MembersLink slug=room.slug.clone() members faces/> }.into_any()),
    };
    view! {
        <header class="bar">
            <Menu/>
            <h1 class="title">{glyph}{name}</h1>
            <p class="topic">{topic}</p>
            <div class="end">
                <ToDate/>
                <div class="connection" data-testid="connection" data-state="connecting" role="status" hidden>
                    <span class="connecting">"Connecting"</span>
                    <span class="online">"Online"</span>
                    <span class="offline">"Offline"</span>
                    <span class="signed-out">"Signed out"</span>
                </div>
                <Connection/>
                <a class="pins-link icon-button" href=address::of_slug(&room.slug) + "/pins" aria-label="Pinned messages" title="Pinned messages">
                    <Icon is=Shape::Pin/>
                </a>
                {bell}
                {people}
                <ToSearch/>
            </div>
        </header>
    }
    .into_any()
}

#[component]
fn Menu() -> impl IntoView {
    view! {
        <button class="menu icon-button" type="button" popovertarget="side" aria-label="Rooms"><Icon is=Shape::Menu/></button>
    }
    .into_any()
}

#[component]
fn ToSearch() -> impl IntoView {
    view! { <a class="icon-button" href="/search" aria-label="Search"><Icon is=Shape::Search/></a> }
        .into_any()
}

/// The browser's own calendar, once there are scripts to follow it.
#[component]
fn ToDate() -> impl IntoView {
    view! {
        <label class="to-date icon-button later" hidden>
            <input type="date" aria-label="Jump to a date" title="Jump to a date"/>
        </label>
    }
    .into_any()
}

#[component]
fn MembersLink(slug: String, members: u64, faces: Vec<Author>) -> impl IntoView {
    let faces: Vec<_> = faces
        .into_iter()
        .map(|who| view! { <Avatar who size="s"/> }.into_any())
        .collect();
    view! {
        <a class="members" href=address::of_slug(&slug) + "/members">
            <span class="faces">{faces}</span>
            <Icon is=Shape::People/>
            {members}
            <span class="unseen">{if members == 1 { "member" } else { "members" }}</span>
        </a>
    }
    .into_any()
}
