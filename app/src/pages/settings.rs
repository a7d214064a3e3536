//! `/settings`: who one is here, how it looks, tokens, and the way out.

mod notifications;

use backend::{Caller, store::TokenRecord};
use chat::{Role, permission::may_run_programs};
use leptos::prelude::*;
use tokio::try_join;

use self::notifications::Notifications;
use super::load::{load, signed_in};
use crate::{
    address::Query,
    parts::{Avatar, Bar, Field, Frame, Notice, PageTitle, Places, Said, date_in_words},
    shell::{
        Attend, Leave,
        theme::{Theme, chosen},
    },
    visit::{backend, query},
};

#[component]
pub(crate) fn Settings() -> impl IntoView {
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let me = [caller.id()];
        let (tokens, places, mut customs, quiet) = try_join!(
            backend.list_tokens(&caller),
            Places::load(&backend, &caller),
            backend.customs(&me),
            backend.quiet(&caller),
        )?;
        let custom = customs.pop().map(|(_, custom)| custom);
        let programs = may_run_programs(caller.role).then(|| {
            view! {
                <section>
                    <h2>"Webhooks and bots"</h2>
                    <p><a href="/settings/programs">"Let programs post here, be told and answer"</a></p>
                </section>
            }
        });
        Ok(view! {
            <PageTitle text="Settings"/>
            <Frame places>
                <Bar title="Settings"/>
                <div class="scroll"><div class="sheet">
                    <Notice words=Said::read(&query).words()/>
                    <You caller/>
                    <Appearance/>
                    <Notifications custom quiet/>
                    <Tokens tokens query/>
                    {programs}
                    <section>
                        <h2>"Sign out"</h2>
                        <p>"Ends the session of this browser, in all of its tabs."</p>
                        <p>"What this browser keeps of your rooms is deleted from it."</p>
                        <form method="post" action="/fn/sign_out">
                            <p class="fault" role="alert" hidden></p>
                            <button class="button" type="submit">"Sign out"</button>
                        </form>
                    </section>
                </div></div>
            </Frame>
            <Leave/>
            <Attend/>
        }
        .into_any())
    })
}

#[component]
fn You(caller: Caller) -> impl IntoView {
    let role = match caller.role {
        Role::Owner => "Owner of this server",
        Role::Member => "Member",
    };
    let who = caller.author;
    view! {
        <section>
            <h2>"You"</h2>
            <div class="card">
                <div class="person">
                    <Avatar who=who.clone() size="l"/>
                    <div><b>{who.display_name}</b><p class="quiet">"@"{who.username.clone()}</p></div>
                </div>
                <dl class="facts">
                    <dt>"Role"</dt><dd>{role}</dd>
                    <dt>"Mentioned with"</dt><dd>"@"{who.username}</dd>
                </dl>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Appearance() -> impl IntoView {
    let chosen = chosen();
    let choice = |theme: Option<Theme>, label: &'static str| {
        let name = theme.map_or("system", Theme::name);
        let pressed = (chosen == theme).to_string();
        view! { <button class="button" type="submit" name="theme" value=name aria-pressed=pressed>{label}</button> }
    };
    view! {
        <section>
            <h2>"Appearance"</h2>
            <form class="choices" method="post" action="/fn/choose_theme">
                {choice(None, "System")}
                {choice(Some(Theme::Light), "Light")}
                {choice(Some(Theme::Dark), "Dark")}
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Tokens(tokens: Vec<TokenRecord>, query: Query) -> impl IntoView {
    let said = Said::read(&query);
    let fault = said.fault("name", "1 to 64 characters, and at most 100 tokens.");
    let rows: Vec<_> = tokens
        .into_iter()
        .map(|token| view! { <TokenRow token/> })
        .collect();
    let list = (!rows.is_empty()).then(|| view! { <ul class="rows">{rows}</ul> });
    view! {
        <section>
            <h2>"Access tokens"</h2>
            <p>"With a token a program acts as you: a bot, a script, a bridge to something else."</p>
            {list}
            <form class="inline" method="post" action="/fn/create_token">
                <Field label="Token name" name="name" value=query.get("name") fault placeholder="What it is for"/>
                <button class="button" type="submit">"Create token"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn TokenRow(token: TokenRecord) -> impl IntoView {
    view! {
        <li>
            <div class="what"><b>{token.name.clone()}</b><small>"Created "{date_in_words(token.created_at)}</small></div>
            <form method="post" action="/fn/revoke_token">
                <input type="hidden" name="token" value=token.id.to_string()/>
                <button class="button danger" type="submit">"Revoke"<span class="unseen">" "{token.name}</span></button>
            </form>
        </li>
    }
    .into_any()
}
