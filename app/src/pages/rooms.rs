//! `/rooms`: every channel one can see, and a form for another one.

use chat::{
    Code, Room,
    permission::{Service, may_serve},
};
use leptos::prelude::*;

use super::load::{load, signed_in};
use crate::{
    address::{self, Query},
    parts::{Bar, Field, Frame, Notice, PageTitle, Places, RoomGlyph, Said},
    visit::{backend, query},
};

#[component]
pub(crate) fn Rooms() -> impl IntoView {
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let places = Places::load_all(&backend, &caller).await?;
        let own: Vec<_> = places
            .channels()
            .map(|room| view! { <Own room/> }.into_any())
            .collect();
        let archived: Vec<_> = places
            .archived()
            .map(|room| view! { <Own room/> }.into_any())
            .collect();
        let archived = (!archived.is_empty()).then(|| {
            view! { <section><h2>"Archived"</h2><ul class="rows">{archived}</ul></section> }.into_any()
        });
        let create =
            may_serve(Service::CreateChannel, places.role).then(|| view! { <Create query/> }.into_any());
        let open: Vec<_> = places
            .to_join()
            .map(|room| view! { <Open room/> }.into_any())
            .collect();
        let open = if open.is_empty() {
            view! { <div class="none"><b>"You are in every public channel there is"</b><p>"Time for another one?"</p></div> }.into_any()
        } else {
            view! { <ul class="rows">{open}</ul> }.into_any()
        };
        Ok(view! {
            <PageTitle text="Channels"/>
            <Frame places>
                <Bar title="Channels"><a class="button" href="#create">"New channel"</a></Bar>
                <div class="scroll"><div class="sheet">
                    <section><h2>"Channels to join"</h2>{open}</section>
                    <section><h2>"Channels you are in"</h2><ul class="rows">{own}</ul></section>
                    {archived}
                    {create}
                </div></div>
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Own<'a>(room: &'a Room) -> impl IntoView + use<> {
    let unread = (room.unread > 0)
        .then(|| view! { <span class="quiet small">{room.unread}" unread"</span> }.into_any());
    view! {
        <li>
            <RoomGlyph kind=room.kind private=room.private/>
            <div class="what">
                <b><a class="cover" href=address::of_room(room)>{room.name.clone()}</a></b>
                <small>{room.topic.clone()}</small>
            </div>
            {unread}
        </li>
    }
    .into_any()
}

#[component]
fn Open<'a>(room: &'a Room) -> impl IntoView + use<> {
    let page = address::of_room(room);
    view! {
        <li>
            <RoomGlyph kind=room.kind private=room.private/>
            <div class="what"><b><a href=page.clone()>{room.name.clone()}</a></b><small>{room.topic.clone()}</small></div>
            <form method="post" action="/fn/join_room">
                <input type="hidden" name="room" value=room.id.to_string()/>
                <input type="hidden" name="page" value=page/>
                <button class="button" type="submit">"Join"<span class="unseen">" "{room.name.clone()}</span></button>
            </form>
        </li>
    }
    .into_any()
}

#[component]
fn Create(query: Query) -> impl IntoView {
    let said = Said::read(&query);
    let exists = said
        .is(Code::RoomExists)
        .then_some("A channel of this name exists already.");
    let name = exists.or_else(|| {
        said.fault(
            "name",
            "1 to 64 characters, at least one of them a letter or digit.",
        )
    });
    let words = said.words().filter(|_| !said.is(Code::RoomExists));
    let private = !query.get("private").is_empty();
    view! {
        <section id="create">
            <h2>"Create a channel"</h2>
            <Notice words/>
            <form class="card" method="post" action="/fn/create_channel">
                <Field label="Name" name="name" value=query.get("name") fault=name placeholder="kitchen-garden"/>
                <Field
                    label="Topic"
                    name="topic"
                    value=query.get("topic")
                    hint="One line about what belongs here. It can stay empty."
                    fault=said.fault("topic", "At most 250 characters.")
                    optional=true
                />
                <label class="check">
                    <input type="checkbox" name="private" value="on" checked=private/>
                    <span>"Private"<small>"Only people who are invited can find and read it."</small></span>
                </label>
                <button class="button accent" type="submit">"Create channel"</button>
            </form>
        </section>
    }
    .into_any()
}
