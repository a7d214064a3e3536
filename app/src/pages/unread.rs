//! `/unread`: while one was away: rooms in which something waits, with the first of it.

use backend::attention::Waiting;
use chat::Message;
use leptos::prelude::*;
use tokio::try_join;

use super::load::{load, signed_in};
use crate::{
    address,
    parts::{Bar, Frame, PageTitle, Places, clock},
    shell::Attend,
    visit::backend,
};

/// How many characters of a message a list shows.
pub(super) const EXCERPT_CHARS: usize = 160;

#[component]
pub(crate) fn Unread() -> impl IntoView {
    load(async move {
        let (backend, caller) = (backend(), signed_in()?);
        let (waiting, places) = try_join!(backend.list_waiting(&caller), Places::load(&backend, &caller))?;
        let list = if waiting.is_empty() {
            view! { <div class="none"><b>"Nothing waits for you"</b><p>"What comes while you are away is listed here."</p></div> }.into_any()
        } else {
            let rooms: Vec<_> = waiting
                .iter()
                .map(|waiting| view! { <Room places=&places waiting/> })
                .collect();
            view! { {rooms} }.into_any()
        };
        Ok(view! {
            <PageTitle text="Unread"/>
            <Frame places>
                <Bar title="While you were away"/>
                <div class="scroll"><div class="sheet" data-follows="head read room">{list}</div></div>
            </Frame>
            <Attend/>
        }
        .into_any())
    })
}

#[component]
fn Room<'a>(places: &'a Places, waiting: &'a Waiting) -> impl IntoView + use<> {
    let Waiting { room, first } = waiting;
    let (here, slug) = (address::of_room(room), address::of_slug(&room.slug));
    let mentions = match room.mentions {
        0 => None,
        1 => Some("1 mention · ".to_owned()),
        many => Some(format!("{many} mentions · ")),
    };
    let rows: Vec<_> = first
        .iter()
        .map(|message| view! { <Line message room=&*slug/> })
        .collect();
    let more = room.unread.saturating_sub(first.len() as u64);
    let more =
        (more > 0).then(|| view! { <li><a class="what quiet" href=here.clone()>{more}" more"</a></li> });
    view! {
        <section>
            <div class="inline heading">
                <h2><a href=here>{places.name(room)}</a></h2>
                <span class="quiet small">{mentions}{room.unread}" unread"</span>
                <form method="post" action="/fn/mark_read">
                    <input type="hidden" name="room" value=room.id.to_string()/>
                    <input type="hidden" name="seq" value=room.last_seq/>
                    <input type="hidden" name="page" value="/unread"/>
                    <button class="button" type="submit">"Mark as read"<span class="unseen">" "{places.name(room)}</span></button>
                </form>
            </div>
            <ul class="rows">{rows}{more}</ul>
        </section>
    }
    .into_any()
}

/// A message in a list: who said what, and the way there.
#[component]
pub(super) fn Line<'a>(message: &'a Message, room: &'a str) -> impl IntoView + use<> {
    view! {
        <li>
            <div class="what">
                <b><a class="cover" href=format!("{room}/{}", message.seq)>{message.author.display_name.clone()}</a></b>
                <small>{message.excerpt(EXCERPT_CHARS)}</small>
            </div>
            <span class="quiet small">{clock(message.created_at)}</span>
        </li>
    }
    .into_any()
}
