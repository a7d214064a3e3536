//! The page of someone signed in: the rooms on the left, and what was opened on the right.

use chat::{Room, RoomKind, permission::may_hurry};
use leptos::prelude::*;

use super::{Places, side::Side};
use crate::{
    islands::sidebar::Sidebar,
    shell::{Attend, Boot},
};

/// The frame around a page. With an open `room` it is alive: it says where the room stands, for the islands to go
/// on from, and loads them. Without one it needs no script.
#[component]
pub(crate) fn Frame(
    places: Places,
    #[prop(optional_no_strip)] room: Option<Room>,
    children: Children,
) -> impl IntoView {
    let me = places.me.id.to_string();
    let Some(room) = room else {
        return view! { <div class="app" data-user=me><Side places here=None/><main class="pane">{children()}</main></div> }
            .into_any();
    };
    let here = Some(room.id);
    let moderates = may_hurry(places.role) && room.kind == RoomKind::Channel;
    view! {
        <div
            class="app"
            data-room=room.id.to_string()
            data-slug=room.slug
            data-user=me
            data-last-seq=room.last_seq
            data-last-rev=room.last_rev
            data-read-seq=room.read_seq
            data-read-turn=room.read_turn
            data-member=room.member.to_string()
            data-moderates=moderates.to_string()
            data-archived=room.archived.to_string()
        >
            <Side places here/>
            <Sidebar/>
            <main class="pane">{children()}</main>
        </div>
        <aside class="update" id="update" data-testid="update" aria-label="Update" hidden>
            <p>"A new version of Natter is ready."</p>
            <button class="button" type="button">"Reload"</button>
        </aside>
        <Boot/>
        <Attend/>
    }
    .into_any()
}
