//! Invitations: links that let people in.

use backend::stamp::now;
use chat::{Role, Room, invite::Invite};
use leptos::prelude::*;
use tokio::try_join;

use super::{Asked, Loaded};
use crate::{
    address::Query,
    parts::{Icon, Said, Shape, date_in_words, role_words},
    visit::origin,
};

/// How long an invitation can be valid, by what the form calls it: seconds, nothing for always.
pub(crate) const TERMS: [(&str, &str, Option<u64>); 4] = [
    ("day", "A day", Some(24 * 60 * 60)),
    ("week", "A week", Some(7 * 24 * 60 * 60)),
    ("month", "30 days", Some(30 * 24 * 60 * 60)),
    ("always", "Until it is revoked", None),
];

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    let (invites, mut rooms) = try_join!(backend.list_invites(&caller), backend.own_rooms(&caller))?;
    rooms.retain(|room| room.kind == chat::RoomKind::Channel && !room.archived);
    let rows: Vec<_> = invites
        .into_iter()
        .map(|invite| {
            view! { <Row is_new={query.get("made") == invite.id.to_string()} invite rooms=&rooms/> }
                .into_any()
        })
        .collect();
    let list = if rows.is_empty() {
        view! { <div class="none"><b>"No invitations yet"</b><p>"Make one below and send its link."</p></div> }.into_any()
    } else {
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    Ok(view! {
        <section>
            <h2>"Invitations"</h2>
            <p>"Whoever has a link can use it, so send it only to those who are meant."</p>
            {list}
        </section>
        <section>
            <h2>"Make an invitation"</h2>
            <Create rooms query/>
        </section>
    }
    .into_any())
}

#[component]
fn Row<'a>(invite: Invite, is_new: bool, rooms: &'a [Room]) -> impl IntoView + use<> {
    let link = format!("{}/invite/{}", origin(), invite.code);
    let names: Vec<String> = invite
        .rooms
        .iter()
        .filter_map(|id| rooms.iter().find(|room| room.id == *id))
        .map(|room| format!("#{}", room.name))
        .collect();
    let used = match invite.uses_max {
        Some(max) => format!("{} of {max} used", invite.uses),
        None => format!("used {} times", invite.uses),
    };
    let until = match invite.expires_at {
        Some(_) if !invite.is_valid(now()) => "ended".to_owned(),
        Some(at) => format!("until {}", date_in_words(at)),
        None => "without end".to_owned(),
    };
    let about = [role_words(invite.role).to_owned(), used, until]
        .into_iter()
        .chain((!names.is_empty()).then(|| names.join(", ")))
        .collect::<Vec<_>>()
        .join(" · ");
    view! {
        <li class="wraps" class:new=is_new>
            <span class="glyph" aria-hidden="true"><Icon is=Shape::People/></span>
            <div class="what">
                <input class="input link" readonly value=link aria-label="Link of the invitation"/>
                <small>{about}</small>
            </div>
            <form method="post" action="/fn/revoke_invite">
                <input type="hidden" name="invite" value=invite.id.to_string()/>
                <button class="button danger" type="submit">"Revoke"</button>
            </form>
        </li>
    }
    .into_any()
}

#[component]
fn Create(rooms: Vec<Room>, query: Query) -> impl IntoView {
    let said = Said::read(&query);
    let fault = said.fault(
        "rooms",
        "A guest needs a room to come into; at most 20 can be named.",
    );
    let uses = said.fault("uses", "A number from 1 to 10,000, or nothing.");
    let terms: Vec<_> = TERMS
        .into_iter()
        .map(|(name, words, _)| {
            view! { <option value=name selected={name == "week"}>{words}</option> }.into_any()
        })
        .collect();
    let boxes: Vec<_> = rooms
        .into_iter()
        .map(|room| {
            view! {
                <label class="check">
                    <input type="checkbox" name="rooms[]" value=room.id.to_string()/>
                    <span>"#"{room.name}</span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! {
        <form class="card" method="post" action="/fn/create_invite">
            <div class="pair">
                <div class="field">
                    <label for="invite-role">"They become"</label>
                    <select id="invite-role" class="select" name="role">
                        <option value=Role::Member.name()>"Members"</option>
                        <option value=Role::Guest.name()>"Guests: only the rooms below"</option>
                    </select>
                </div>
                <div class="field">
                    <label for="invite-term">"Valid for"</label>
                    <select id="invite-term" class="select" name="term">{terms}</select>
                </div>
                <div class="field">
                    <label for="invite-uses">"Number of people"</label>
                    <input id="invite-uses" class="input" name="uses" inputmode="numeric" placeholder="Any" aria-invalid=uses.map(|_| "true")/>
                    {uses.map(|words| view! { <p class="fault">{words}</p> }.into_any())}
                </div>
            </div>
            <fieldset>
                <legend>"Rooms that they come into"</legend>
                {fault.map(|words| view! { <p class="fault">{words}</p> }.into_any())}
                <div class="boxes">{boxes}</div>
            </fieldset>
            <button class="button accent" type="submit">"Make invitation"</button>
        </form>
    }
    .into_any()
}
