//! `/direct/{username}`: the conversation with one person. Looking creates nothing; the first message does.

use chat::User;
use leptos::prelude::*;
use tokio::try_join;

use super::{
    load::{Loaded, load, part, signed_in},
    room::{Beside, draw, refusal, shown},
};
use crate::{
    address::Query,
    parts::{Avatar, Bar, Frame, PageTitle, Places, Recipient, Write},
    shell::EnterSends,
    visit::{backend, query},
};

#[component]
pub(crate) fn Direct() -> impl IntoView {
    let username = part("username");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let (other, places) = try_join!(backend.find_user(&username), Places::load(&backend, &caller))?;
        match places.direct_with(other.author.id).cloned() {
            Some(room) => {
                let may_read = backend.may_read(&caller, &room).await?;
                let show = shown(&backend, &room, may_read, &query).await?;
                draw(
                    &backend,
                    &caller,
                    places,
                    (room, may_read),
                    show,
                    Beside::Nothing,
                    &query,
                )
                .await
            }
            None => unopened(places, other, &query),
        }
    })
}

fn unopened(places: Places, other: User, query: &Query) -> Loaded {
    let User { author, .. } = other;
    let name = author.display_name.clone();
    let text = match author.id == places.me.id {
        true => "A place for notes that only you can read. It begins with the first one.".to_owned(),
        false => format!(
            "You and @{} have not talked here yet. Only the two of you will read it.",
            author.username
        ),
    };
    let refusal = refusal(query);
    let draft = query.get("draft").to_owned();
    Ok(view! {
        <PageTitle text=name.clone()/>
        <Frame places=places.clone()>
            <Bar title=name.clone()/>
            <div class="stage"><div class="list" data-testid="messages"><div class="inner">
                <div class="beginning">
                    <Avatar who=author.clone() size="l"/>
                    <h2>{name}</h2>
                    <p>{text}</p>
                </div>
            </div></div></div>
            <Write places=&places recipient=Recipient::Person(author) refusal draft/>
        </Frame>
        <EnterSends/>
    }
    .into_any())
}
