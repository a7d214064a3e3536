//! `/rooms/{slug}/notifications`: how one wants to hear of a room.

use chat::{Code, Level, Room};
use leptos::prelude::*;
use tokio::try_join;

use super::load::{load, part, signed_in};
use crate::{
    address,
    parts::{Bar, Frame, Notice, PageTitle, Places, Said},
    visit::{backend, query},
};

#[component]
pub(crate) fn RoomNotify() -> impl IntoView {
    let slug = part("slug");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let (found, places) = try_join!(backend.find_room(&caller, &slug), Places::load(&backend, &caller))?;
        let room = found.0;
        if !room.member {
            return Err(Code::NotAMember.into());
        }
        let name = places.name(&room);
        let title = format!("Notifications of {name}");
        let back = address::of_room(&room);
        Ok(view! {
            <PageTitle text=title.clone()/>
            <Frame places>
                <Bar title><a class="button" href=back>"Back"<span class="unseen">" to "<bdi>{name}</bdi></span></a></Bar>
                <div class="scroll"><div class="sheet"><section>
                    <Notice words=Said::read(&query).words()/>
                    <Choice room/>
                </section></div></div>
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Choice(room: Room) -> impl IntoView {
    let now = room.level.unwrap_or(Level::of_kind(room.kind));
    let choice = |level: Level, label: &'static str, hint: &'static str| {
        view! {
            <label class="choice">
                <input type="radio" name="level" value=level.name() checked={level == now}/>
                <span><b>{label}</b><small>{hint}</small></span>
            </label>
        }
    };
    let page = format!("{}/notifications", address::of_slug(&room.slug));
    view! {
        <form class="card" method="post" action="/fn/set_notify">
            <input type="hidden" name="room" value=room.id.to_string()/>
            <input type="hidden" name="page" value=page/>
            <fieldset class="levels">
                <legend>"Tell me of"</legend>
                {choice(Level::All, "All messages", "Whoever writes, whatever it is.")}
                {choice(Level::Mentions, "Mentions", "Messages that call on you, @room or @here.")}
                {choice(Level::Nothing, "Nothing", "What is unread is counted all the same.")}
            </fieldset>
            <label class="choice">
                <input type="checkbox" name="muted" value="on" checked=room.muted/>
                <span><b>"Mute"</b><small>"No notifications at all. Only mentions are counted in the title and on the icon."</small></span>
            </label>
            <button class="button accent" type="submit">"Save"</button>
        </form>
    }
    .into_any()
}
