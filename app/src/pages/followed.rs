//! `/threads`: the threads that one follows, those with unread replies first.

use backend::{following::FOLLOWED_LIMIT_MAX, store::Followed as Thread};
use leptos::prelude::*;
use tokio::try_join;

use super::{
    load::{load, signed_in},
    unread::EXCERPT_CHARS,
};
use crate::{
    address,
    marks::thread_address,
    parts::{Bar, Frame, PageTitle, Places, date_in_words},
    shell::Attend,
    visit::backend,
};

#[component]
pub(crate) fn Followed() -> impl IntoView {
    load(async move {
        let (backend, caller) = (backend(), signed_in()?);
        let (threads, places) = try_join!(
            backend.list_followed(&caller, FOLLOWED_LIMIT_MAX),
            Places::load(&backend, &caller)
        )?;
        let rows: Vec<_> = threads.iter().filter_map(|thread| row(&places, thread)).collect();
        let list = if rows.is_empty() {
            view! { <div class="none"><b>"You follow no thread yet"</b><p>"You follow a thread by answering in it, by being mentioned there, or by its button."</p></div> }.into_any()
        } else {
            view! { <ul class="rows">{rows}</ul> }.into_any()
        };
        Ok(view! {
            <PageTitle text="Threads"/>
            <Frame places>
                <Bar title="Threads"/>
                <div class="scroll"><div class="sheet" data-follows="head read room thread"><section>{list}</section></div></div>
            </Frame>
            <Attend/>
        }
        .into_any())
    })
}

fn row(places: &Places, thread: &Thread) -> Option<AnyView> {
    let Thread {
        root,
        unread,
        last_at,
    } = thread;
    let room = places.rooms.iter().find(|room| room.id == root.room)?;
    let slug = address::of_slug(&room.slug);
    let href = thread_address(&format!("{slug}/"), root.id);
    let replies = match root.reply_count {
        1 => "1 reply".to_owned(),
        many => format!("{many} replies"),
    };
    let unread = (*unread > 0).then(|| view! { <b class="count">{*unread}" new"</b> });
    let row = view! {
        <li>
            <div class="what">
                <b><a class="cover" href=href>{root.author.display_name.clone()}" in "{places.name(room)}</a></b>
                <small>{root.excerpt(EXCERPT_CHARS)}</small>
                <small>{replies}" · "{date_in_words(*last_at)}</small>
            </div>
            {unread}
        </li>
    };
    Some(row.into_any())
}
