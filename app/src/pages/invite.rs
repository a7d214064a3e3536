//! `/invite/{code}`: what an invitation is to, and the way in.

use backend::Signup;
use chat::invite::Invite as Invitation;
use leptos::prelude::*;

use super::{
    load::{load, part},
    register::Form,
};
use crate::{
    address::Address,
    parts::{Door, Notice, PageTitle, Said},
    visit::{backend, query, visit},
};

#[component]
pub(crate) fn Invite() -> impl IntoView {
    let code = part("code");
    load(async move {
        let (backend, query) = (backend(), query());
        let invite = backend.find_invite(&code).await?;
        let mut names = Vec::new();
        for room in &invite.rooms {
            // Whoever made the invitation was in these rooms, and meant their names to be seen.
            if let Ok(Some(room)) = backend.store.room(*room).await {
                names.push(format!("#{}", room.name));
            }
        }
        let text = words(&invite, &names);
        let signed_in = visit().caller.is_some();
        let here = format!("/invite/{}", invite.code);
        let sign_in = Address::new("/login").with("next", &here).into_string();
        let closed = backend.signup == Signup::Closed && !signed_in;
        let form = if signed_in {
            view! { <Accept code=invite.code query/> }.into_any()
        } else if closed {
            view! { <Notice words=Some("This server takes no new people at the moment.".to_owned())/> }
                .into_any()
        } else {
            view! { <Form query next=String::new() invite=invite.code/> }.into_any()
        };
        let other = (!signed_in).then(|| {
            view! { <p class="other">"Already have an account? "<a href=sign_in>"Sign in"</a></p> }.into_any()
        });
        Ok(view! {
            <PageTitle text="Invitation"/>
            <Door title="You are invited" text>{form}{other}</Door>
        }
        .into_any())
    })
}

fn words(invite: &Invitation, rooms: &[String]) -> String {
    let by = &invite.created_by.display_name;
    match rooms {
        [] => format!("{by} invites you to talk here."),
        [room] => format!("{by} invites you to {room}."),
        [all @ .., last] => format!("{by} invites you to {} and {last}.", all.join(", ")),
    }
}

#[component]
fn Accept(code: String, query: crate::address::Query) -> impl IntoView {
    view! {
        <Notice words=Said::read(&query).words()/>
        <form method="post" action="/fn/accept_invite">
            <input type="hidden" name="code" value=code/>
            <button class="button accent wide" type="submit">"Join"</button>
        </form>
    }
    .into_any()
}
