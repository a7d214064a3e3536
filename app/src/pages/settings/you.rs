//! Who one is here, and the password.

use chat::{Profile, Role};
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::{
    address::{self, Query},
    parts::{Avatar, Field, Icon, Said, Shape},
};

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    let profile = backend.find_profile(caller.id()).await?;
    let done = match query.get("done") {
        "profile" => Some("Your profile is saved."),
        "password" => Some("Your password is changed. Every other browser is signed out."),
        _ => None,
    };
    let done = done.map(|words| {
        view! { <div class="notice" role="status"><Icon is=Shape::Check/><span>{words}</span></div> }
            .into_any()
    });
    Ok(view! {
        <section id="you">
            <h2>"You"</h2>
            {done}
            <Card profile=profile.clone() query=query.clone()/>
            <Edit profile query=query.clone()/>
        </section>
        <section id="password">
            <h2>"Password"</h2>
            <Password query/>
        </section>
    }
    .into_any())
}

#[component]
fn Card(profile: Profile, query: Query) -> impl IntoView {
    let role = match profile.user.role {
        Role::Owner => "Owner of this server",
        Role::Admin => "Admin",
        Role::Moderator => "Moderator",
        Role::Member => "Member",
        Role::Guest => "Guest",
    };
    let who = profile.user.author;
    let said = Said::read(&query);
    let fault = said
        .fault("file", "A picture: PNG, JPEG, GIF or WebP, at most 5 MiB.")
        .map(|words| view! { <p class="fault">{words}</p> }.into_any());
    let remove = who.avatar_url.is_some().then(|| {
        view! {
            <form method="post" action="/fn/remove_avatar">
                <button class="button" type="submit">"Remove picture"</button>
            </form>
        }
        .into_any()
    });
    view! {
        <div class="card">
            <div class="person">
                <Avatar who=who.clone() size="l"/>
                <div><b>{who.display_name}</b><p class="quiet">"@"{who.username.clone()}</p></div>
                <a class="button end" href=address::of_profile(&who.username)>"View profile"</a>
            </div>
            <form class="inline" method="post" action="/avatars/send" enctype="multipart/form-data">
                <div class="field">
                    <label for="avatar">"Picture"</label>
                    <input id="avatar" class="input" type="file" name="file" accept="image/png,image/jpeg,image/gif,image/webp" required/>
                    {fault}
                </div>
                <button class="button" type="submit">"Set picture"</button>
            </form>
            {remove}
            <dl class="facts">
                <dt>"Role"</dt><dd>{role}</dd>
                <dt>"Mentioned with"</dt><dd>"@"{who.username}</dd>
            </dl>
        </div>
    }
    .into_any()
}

#[component]
fn Edit(profile: Profile, query: Query) -> impl IntoView {
    let said = Said::read(&query);
    // What was refused is there again, to be corrected.
    let refused = |field| said.fault(field, "").is_some();
    let again = ["display_name", "title", "pronouns", "time_zone"]
        .into_iter()
        .any(refused);
    let value = |field: &str, kept: &str| match again {
        true => query.get(field).to_owned(),
        false => kept.to_owned(),
    };
    view! {
        <form class="card" method="post" action="/fn/edit_profile">
            <Field
                label="Display name"
                name="display_name"
                value=value("display_name", &profile.user.author.display_name)
                fault=said.fault("display_name", "1 to 64 characters, none of them invisible.")
                autocomplete="name"
                maxlength="128"
            />
            <div class="pair">
                <Field
                    label="Title"
                    name="title"
                    value=value("title", &profile.title)
                    fault=said.fault("title", "At most 120 characters, none of them invisible.")
                    placeholder="What you do here"
                    maxlength="240"
                    optional=true
                />
                <Field
                    label="Pronouns"
                    name="pronouns"
                    value=value("pronouns", &profile.pronouns)
                    fault=said.fault("pronouns", "At most 40 characters, none of them invisible.")
                    maxlength="80"
                    optional=true
                />
            </div>
            <Field
                label="Time zone"
                name="time_zone"
                value=value("time_zone", &profile.time_zone)
                hint="As an area and a place, such as Europe/Oslo."
                fault=said.fault("time_zone", "A name such as Europe/Oslo.")
                maxlength="64"
                optional=true
            />
            <button class="button accent" type="submit">"Save profile"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Password(query: Query) -> impl IntoView {
    let said = Said::read(&query);
    view! {
        <form class="card" method="post" action="/fn/change_password">
            <Field
                label="Current password"
                name="current_password"
                kind="password"
                fault=said.fault("current_password", "This is not your password.")
                autocomplete="current-password"
            />
            <Field
                label="New password"
                name="new_password"
                kind="password"
                hint="8 characters or more. Every other browser is signed out; tokens go on."
                fault=said.fault("new_password", "At least 8 characters, at most 256 bytes.")
                autocomplete="new-password"
            />
            <button class="button" type="submit">"Change password"</button>
        </form>
    }
    .into_any()
}
