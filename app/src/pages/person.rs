//! `/people/{username}`: who somebody is, and the ways to them.

use chat::{Profile, RoomKind};
use leptos::prelude::*;
use tokio::try_join;

use super::load::{load, part, signed_in};
use crate::{
    parts::{
        Avatar, Bar, Frame, PageStyle, PageTitle, Places, RoleTag, STAFF, SaysAll, date_in_words,
        status_words,
    },
    visit::backend,
};

#[component]
pub(crate) fn Person() -> impl IntoView {
    let username = part("username");
    load(async move {
        let (backend, caller) = (backend(), signed_in()?);
        let (user, places) = try_join!(backend.find_user(&username), Places::load(&backend, &caller))?;
        let profile = backend.find_profile(user.author.id).await?;
        let is_me = user.author.id == caller.id();
        let title = profile.user.author.display_name.clone();
        // Rooms that both are in are not asked for: conversations with the person are known anyway.
        let shared = places
            .direct()
            .filter(|room| room.kind == RoomKind::Direct && room.users.len() > 1)
            .filter(|room| room.users.iter().any(|other| other.id == user.author.id))
            .count();
        Ok(view! {
            <PageTitle text=title.clone()/>
            <Frame places>
                <Bar title><a class="button" href="/people">"Everyone"</a></Bar>
                <PageStyle text=STAFF/>
                <div class="scroll"><div class="sheet"><Card profile is_me shared/></div></div>
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Card(profile: Profile, is_me: bool, shared: usize) -> impl IntoView {
    let Profile {
        user,
        title,
        pronouns,
        time_zone,
        created_at,
    } = profile;
    let who = user.author;
    let fact = |name: &'static str, text: String| {
        (!text.is_empty()).then(|| view! { <dt>{name}</dt><dd>{text}</dd> }.into_any())
    };
    let says = user
        .custom
        .map(|custom| view! { " · "<SaysAll user=who.id custom=Some(custom)/> }.into_any());
    let shared = match shared {
        0 => String::new(),
        1 => "One conversation with others".to_owned(),
        some => format!("{some} conversations with others"),
    };
    let buttons = match is_me {
        true => view! { <a class="button" href="/settings">"Edit profile"</a> }.into_any(),
        false => view! {
            <form method="post" action="/fn/open_direct">
                <input type="hidden" name="username" value=who.username.clone()/>
                <button class="button accent" type="submit" disabled=user.deactivated>"Message"</button>
            </form>
        }
        .into_any(),
    };
    let closed = user
        .deactivated
        .then(|| view! { <span class="tag bad">"Deactivated"</span> }.into_any());
    view! {
        <section class="profile">
            <Avatar who=who.clone() size="l"/>
            <div>
                <h2>{who.display_name.clone()}<RoleTag role=user.role/>{closed}</h2>
                <p class="quiet">"@"{who.username}{(!pronouns.is_empty()).then(|| format!(" · {pronouns}"))}</p>
            </div>
            {(!title.is_empty()).then(|| view! { <p>{title}</p> }.into_any())}
            <div class="buttons">{buttons}</div>
        </section>
        <section>
            <dl class="facts card">
                <dt>"Status"</dt><dd>{status_words(user.status)}{says}</dd>
                {fact("Time zone", time_zone)}
                {fact("Here since", date_in_words(created_at))}
                {fact("Together in", shared)}
            </dl>
        </section>
    }
    .into_any()
}
