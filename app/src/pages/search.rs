//! `/search`: messages by what they say. A form that needs no script, and what it found.

use std::collections::HashMap;

use backend::{
    Backend, Caller, Problem,
    search::{Asked, Found},
};
use chat::{Code, Room, RoomId, RoomKind, search::RESULTS};
use http::StatusCode;
use leptos::prelude::*;

use super::load::{load, signed_in};
use crate::{
    address::{self, Address},
    parts::{
        Avatar, Bar, Frame, Icon, Notice, PageStyle, PageTitle, Places, Shape, clock, date_in_words, words,
    },
    visit::{answer_with, backend, query},
};

#[component]
pub(crate) fn Search() -> impl IntoView {
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let q = query.get("q").trim().to_owned();
        let places = Places::load_all(&backend, &caller).await?;
        let answer = if q.is_empty() {
            Ok(None)
        } else {
            let cursor = Some(query.get("cursor")).filter(|cursor| !cursor.is_empty());
            find(&backend, &caller, &places, &q, cursor).await.map(Some)
        };
        let (found, refusal) = match answer {
            Ok(found) => (found, None),
            Err(problem) => {
                answer_with(
                    StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                );
                (None, Some(explain(&problem)))
            }
        };
        let blank = found.is_none() && refusal.is_none();
        let list = found.map(|(results, next)| view! { <List results next q=q.clone()/> });
        let hint = blank.then(|| view! { <Hint/> });
        Ok(view! {
            <PageTitle text="Search"/>
            <Frame places>
                <Bar title="Search"/>
                <PageStyle text=include_str!("search.css")/>
                <div class="scroll"><div class="sheet"><section>
                    <Notice words=refusal/>
                    <Find q/>
                    {list}
                    {hint}
                </section></div></div>
            </Frame>
        }
        .into_any())
    })
}

/// A message that was found, and the address and name of its room.
struct Hit {
    found: Found,
    address: String,
    room: String,
}

async fn find(
    backend: &Backend,
    caller: &Caller,
    places: &Places,
    q: &str,
    cursor: Option<&str>,
) -> Result<(Vec<Hit>, Option<String>), Problem> {
    let asked = Asked {
        q: q.to_owned(),
        limit: RESULTS,
        cursor: cursor.map(ToOwned::to_owned),
        ..Asked::default()
    };
    let page = backend.search_messages(caller, &asked).await?;
    let mut rooms: HashMap<RoomId, Room> = places.rooms.iter().map(|room| (room.id, room.clone())).collect();
    let mut hits = Vec::with_capacity(page.results.len());
    for found in page.results {
        let id = found.message.room;
        // Of the channels to join, the list beside the page has the first few only.
        if let std::collections::hash_map::Entry::Vacant(missing) = rooms.entry(id) {
            missing.insert(backend.view_room(caller.id(), id).await?);
        }
        if let Some(room) = rooms.get(&id) {
            hits.push(Hit {
                found,
                address: address::of_slug(&room.slug),
                room: match room.kind {
                    RoomKind::Channel => format!("#{}", room.name),
                    RoomKind::Direct => places.name(room),
                },
            });
        }
    }
    Ok((hits, page.next_cursor))
}

/// A refusal, to be read above the form.
fn explain(problem: &Problem) -> String {
    let of = |field: &str| problem.faults.iter().any(|fault| fault.field == field);
    match problem.code {
        Code::Invalid if of("cursor") => "This page of results is gone. Search again.".to_owned(),
        Code::Invalid => "This is too long to search for. Leave some words out.".to_owned(),
        code => words(code).to_owned(),
    }
}

#[component]
fn Find(q: String) -> impl IntoView {
    view! {
        <form class="inline" role="search" method="get" action="/search">
            <div class="field">
                <label for="q">"Search messages"</label>
                <input id="q" class="input" type="search" name="q" value=q placeholder="Words, or from:someone"/>
            </div>
            <button class="button" type="submit"><Icon is=Shape::Search/>"Search"</button>
        </form>
    }
    .into_any()
}

#[component]
fn List(results: Vec<Hit>, next: Option<String>, q: String) -> impl IntoView {
    let more = next.map(|cursor| {
        let href = Address::new("/search")
            .with("q", &q)
            .with("cursor", &cursor)
            .into_string();
        view! { <p class="turn"><a class="button" href=href rel="next">"More results"</a></p> }
    });
    let list = match (results.is_empty(), more.is_some()) {
        (true, true) => view! { <p class="quiet">"Nothing so far."</p> }.into_any(),
        (true, false) => view! {
            <div class="none"><b>"Nothing found"</b><p>"Fewer words find more, and the beginning of a word with a * does too."</p></div>
        }
        .into_any(),
        _ => {
            let rows: Vec<_> = results.into_iter().map(|hit| view! { <Row hit/> }).collect();
            view! { <ol class="rows hits" data-testid="results">{rows}</ol> }.into_any()
        }
    };
    view! { {list}{more} }.into_any()
}

#[component]
fn Row(hit: Hit) -> impl IntoView {
    let Hit { found, address, room } = hit;
    let message = found.message;
    let at = message.created_at;
    let when = format!("{}, {}", date_in_words(at), clock(at));
    view! {
        <li>
            <Avatar who=message.author.clone()/>
            <div class="what">
                <p class="source">
                    <b>{message.author.display_name}</b>
                    <span>{room}</span>
                    <a class="cover" href=format!("{address}/{}", message.seq)>
                        <time datetime=at.to_string()>{when}</time>
                    </a>
                </p>
                <p class="piece" inner_html=found.highlight></p>
            </div>
        </li>
    }
    .into_any()
}

/// What can be typed.
#[component]
fn Hint() -> impl IntoView {
    view! {
        <dl class="facts">
            <dt><code>"\"in this order\""</code></dt><dd>"words that follow each other"</dd>
            <dt><code>"begin*"</code></dt><dd>"words that begin so"</dd>
            <dt><code>"-without"</code></dt><dd>"messages without a word"</dd>
            <dt><code>"from:rosa in:general"</code></dt><dd>"by someone, in a channel"</dd>
            <dt><code>"after:2026-01-31"</code></dt><dd>"later, and with before: earlier"</dd>
            <dt><code>"has:link is:pinned"</code></dt><dd>"also mention, reaction, file; thread, edited"</dd>
        </dl>
    }
    .into_any()
}
