//! `/saved`: the messages that one has saved, the last one first.

use chat::{Message, Room};
use leptos::prelude::*;
use tokio::try_join;

use super::{
    load::{load, signed_in},
    unread::EXCERPT_CHARS,
};
use crate::{
    address::{self, Address},
    parts::{Bar, Frame, Notice, PageTitle, Places, Said},
    shell::Attend,
    visit::{backend, query},
};

/// How many messages a page lists.
const PAGE: u64 = 50;

#[component]
pub(crate) fn Saved() -> impl IntoView {
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let after = Some(query.get("after")).filter(|after| !after.is_empty());
        let (page, places) = try_join!(
            backend.list_saved(&caller, PAGE, after),
            Places::load_all(&backend, &caller)
        )?;
        let rows: Vec<_> = page
            .saved
            .iter()
            .map(|(_, message)| {
                let room = places.rooms.iter().find(|room| room.id == message.room);
                row(&places, room, message)
            })
            .collect();
        let list = if rows.is_empty() {
            view! { <div class="none"><b>"Nothing is saved yet"</b><p>"Save a message by the buttons beside it, and find it here on every device."</p></div> }.into_any()
        } else {
            view! { <ul class="rows">{rows}</ul> }.into_any()
        };
        let more = page.next_cursor.map(|cursor| {
            let href = Address::new("/saved").with("after", &cursor).into_string();
            view! { <p class="turn"><a class="button" href=href>"More saved messages"</a></p> }
        });
        Ok(view! {
            <PageTitle text="Saved"/>
            <Frame places>
                <Bar title="Saved messages"/>
                <div class="scroll"><div class="sheet" data-follows="saved"><section>
                    <Notice words=Said::read(&query).words()/>
                    {list}
                    {more}
                </section></div></div>
            </Frame>
            <Attend/>
        }
        .into_any())
    })
}

fn row(places: &Places, room: Option<&Room>, message: &Message) -> AnyView {
    let name = room.map(|room| places.name(room));
    let slug = room.map_or_else(|| message.room.to_string(), |room| room.slug.clone());
    let href = format!("{}/{}", address::of_slug(&slug), message.seq);
    let of = name.map(|name| format!(" in {name}"));
    view! {
        <li>
            <div class="what">
                <b><a class="cover" href=href>{message.author.display_name.clone()}{of}</a></b>
                <small>{message.excerpt(EXCERPT_CHARS)}</small>
            </div>
            <form class="above" method="post" action="/fn/unsave_message">
                <input type="hidden" name="message" value=message.id.to_string()/>
                <button class="button" type="submit">"Remove"</button>
            </form>
        </li>
    }
    .into_any()
}
