//! What those with rights have done.

use chat::audit::{AuditEntry, Deed};
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::{
    address::Address,
    parts::{Avatar, clock, date_in_words},
};

/// How many entries a page lists.
const PAGE: u64 = 50;

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    let before = query.get("after").parse().ok();
    let page = backend.page_audit(&caller, PAGE, before).await?;
    let more = page.next_cursor.map(|cursor| {
        let href = Address::new("/settings/audit").with("after", &cursor.to_string());
        view! { <p class="turn"><a class="button" href=href.into_string()>"Older entries"</a></p> }.into_any()
    });
    let rows: Vec<_> = page
        .entries
        .into_iter()
        .map(|entry| view! { <Row entry/> }.into_any())
        .collect();
    let list = if rows.is_empty() {
        view! { <div class="none"><b>"Nothing yet"</b><p>"Roles, rooms, invitations: what is changed is noted here."</p></div> }.into_any()
    } else {
        view! { <ul class="rows log">{rows}</ul> }.into_any()
    };
    Ok(view! {
        <section>
            <h2>"Audit log"</h2>
            <p>"Who did what, to whom, and when. Nobody can change it; the oldest of 100,000 entries go."</p>
            {list}
            {more}
        </section>
    }
    .into_any())
}

#[component]
fn Row(entry: AuditEntry) -> impl IntoView {
    let words =
        Deed::named(&entry.action).map_or_else(|| entry.action.clone(), |deed| deed.words().to_owned());
    let whom = entry
        .user
        .map(|user| view! { " "<b>{user.display_name}</b> }.into_any());
    let room = entry.room.map(|room| {
        let (join, name) = match (whom.is_some(), room.name.is_empty()) {
            (_, true) => (" ", "a conversation".to_owned()),
            (true, false) => (" in ", format!("#{}", room.name)),
            (false, false) => (" ", format!("#{}", room.name)),
        };
        view! { {join}<b>{name}</b> }.into_any()
    });
    let detail = (!entry.detail.is_empty()).then(|| view! { <small>{entry.detail}</small> }.into_any());
    view! {
        <li>
            <Avatar who=entry.actor.clone()/>
            <div class="what"><span><b>{entry.actor.display_name}</b>" "{words}{whom}{room}</span>{detail}</div>
            <time class="quiet small">{date_in_words(entry.at)}", "{clock(entry.at)}</time>
        </li>
    }
    .into_any()
}
