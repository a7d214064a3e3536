//! `/settings/programs`: bots, webhooks and slash commands, for whoever runs the workspace.

use backend::store::{Command, Incoming, Outgoing};
use chat::{Code, Room, RoomId, User};
use leptos::prelude::*;
use tokio::try_join;

use super::{Asked, Loaded};
use crate::{
    address::Query,
    parts::{Field, Icon, PageStyle, SHEET, Said, Shape, date_in_words},
};

const NAME_RULE: &str = "1 to 64 characters.";
const ADDRESS_RULE: &str = "An http or https address without a password.";

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    if caller.bot {
        return Err(Code::Forbidden.into());
    }
    let (bots, incoming, outgoing, commands, rooms) = try_join!(
        backend.list_bots(&caller),
        backend.list_incoming_around(&caller),
        backend.list_outgoing(&caller),
        backend.list_commands(&caller),
        backend.own_rooms(&caller)
    )?;
    let said = Said::read(&query);
    let others = bots.clone();
    Ok(view! {
        <IncomingSection incoming rooms=rooms.clone() said=said.clone() query=query.clone()/>
        <OutgoingSection outgoing rooms said=said.clone() query=query.clone()/>
        <CommandSection commands bots said=said.clone() query=query.clone()/>
        <BotSection bots=others said query/>
    }
    .into_any())
}

#[component]
fn IncomingSection(incoming: Vec<Incoming>, rooms: Vec<Room>, said: Said, query: Query) -> impl IntoView {
    let rows: Vec<_> = incoming
        .into_iter()
        .map(|webhook| {
            let what = format!("Posts in {}. Since ", name_of(Some(webhook.room), &rooms));
            view! {
                <li>
                    <div class="what"><b>{webhook.name.clone()}</b><small>{what}{date_in_words(webhook.created_at)}</small></div>
                    <form method="post" action="/fn/delete_incoming">
                        <input type="hidden" name="room" value=webhook.room.to_string()/>
                        <input type="hidden" name="webhook" value=webhook.id.to_string()/>
                        <button class="button danger" type="submit">"Delete"<span class="unseen">" "{webhook.name}</span></button>
                    </form>
                </li>
            }
        })
        .collect();
    let fault = said.fault("incoming", NAME_RULE);
    view! {
        <section>
            <h2>"Incoming webhooks"</h2>
            <p>"An address at which a program posts into a channel, in the format of Slack's webhooks."</p>
            {list(rows)}
            <form class="inline" method="post" action="/fn/create_incoming">
                <Field label="Webhook name" name="incoming" value=query.get("incoming") fault placeholder="Deploys"/>
                <Field label="Posts in channel" name="into" value=query.get("into") placeholder="general"/>
                <button class="button" type="submit">"Create incoming webhook"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn OutgoingSection(outgoing: Vec<Outgoing>, rooms: Vec<Room>, said: Said, query: Query) -> impl IntoView {
    let rows: Vec<_> = outgoing
        .into_iter()
        .map(|webhook| view! { <OutgoingRow place=name_of(webhook.room, &rooms) webhook/> })
        .collect();
    let (name_fault, url_fault) = (said.fault("outgoing", NAME_RULE), said.fault("url", ADDRESS_RULE));
    view! {
        <section>
            <h2>"Outgoing webhooks"</h2>
            <p>"A program elsewhere is told what is written, in one channel or in every public one. Each request is signed."</p>
            {list(rows)}
            <form class="inline" method="post" action="/fn/create_outgoing">
                <Field label="Name" name="outgoing" value=query.get("outgoing") fault=name_fault placeholder="Archive"/>
                <Field label="Address" name="url" value=query.get("url") fault=url_fault placeholder="https://example.org/natter"/>
                <Field label="Channel" name="of" value=query.get("of") hint="Empty: every public channel" optional=true/>
                <label class="check"><input type="checkbox" name="changes" value="yes"/>" Changes too"</label>
                <button class="button" type="submit">"Create outgoing webhook"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn OutgoingRow(webhook: Outgoing, place: String) -> impl IntoView {
    let id = webhook.id.to_string();
    let stopped = webhook.stopped.map(|stop| {
        let id = id.clone();
        let name = webhook.name.clone();
        view! {
            <small>"Stopped on "{date_in_words(stop.at)}": "{stop.fault}</small>
            <form method="post" action="/fn/change_outgoing">
                <input type="hidden" name="webhook" value=id/>
                <button class="button" type="submit" name="what" value="resume">"Go on"<span class="unseen">" "{name}</span></button>
            </form>
        }
    });
    view! {
        <li>
            <div class="what"><b>{webhook.name.clone()}</b><small>{place}" to "{webhook.url}</small>{stopped}</div>
            <form method="post" action="/fn/change_outgoing">
                <input type="hidden" name="webhook" value=id/>
                <button class="button danger" type="submit" name="what" value="delete">"Delete"<span class="unseen">" "{webhook.name}</span></button>
            </form>
        </li>
    }
    .into_any()
}

#[component]
fn CommandSection(commands: Vec<Command>, bots: Vec<User>, said: Said, query: Query) -> impl IntoView {
    let rows: Vec<_> = commands
        .into_iter()
        .map(|command| {
            let name = format!("/{}", command.name);
            view! {
                <li>
                    <div class="what"><b>{name.clone()}</b><small>{command.summary}" "{command.url}</small></div>
                    <form method="post" action="/fn/delete_command">
                        <input type="hidden" name="command" value=command.id.to_string()/>
                        <button class="button danger" type="submit">"Delete"<span class="unseen">" "{name}</span></button>
                    </form>
                </li>
            }
        })
        .collect();
    let command_fault = said.fault("command", "Letters, digits, dashes and underscores.");
    let (summary_fault, url_fault) = (
        said.fault("summary", "At most 120 characters."),
        said.fault("answers", ADDRESS_RULE),
    );
    let choices: Vec<_> = bots
        .into_iter()
        .map(|bot| view! { <option value=bot.author.id.to_string()>"@"{bot.author.username}</option> })
        .collect();
    let form = match choices.is_empty() {
        true => view! { <p class="quiet">"Create a bot first: it says what the program answers."</p> }.into_any(),
        false => view! {
            <form class="inline" method="post" action="/fn/create_command">
                <Field label="Command" name="command" value=query.get("command") fault=command_fault placeholder="deploy"/>
                <Field label="What it does" name="summary" value=query.get("summary") fault=summary_fault optional=true/>
                <Field label="Address that answers" name="answers" value=query.get("answers") fault=url_fault/>
                <div class="field"><label for="field-bot">"As bot"</label><select class="input" id="field-bot" name="bot">{choices}</select></div>
                <button class="button" type="submit">"Create command"</button>
            </form>
        }
        .into_any(),
    };
    view! {
        <section>
            <h2>"Slash commands"</h2>
            <p>"What people type into a composer, and a program answers."</p>
            {list(rows)}
            {form}
        </section>
    }
    .into_any()
}

#[component]
fn BotSection(bots: Vec<User>, said: Said, query: Query) -> impl IntoView {
    let rows: Vec<_> = bots
        .into_iter()
        .map(|bot| {
            let who = bot.author;
            view! {
                <li>
                    <div class="what"><b>{who.display_name}</b><small>"@"{who.username.clone()}</small></div>
                    <form method="post" action="/fn/create_bot_token">
                        <input type="hidden" name="bot" value=who.id.to_string()/>
                        <input type="hidden" name="name" value=who.username.clone()/>
                        <button class="button" type="submit">"New token"<span class="unseen">" for "{who.username}</span></button>
                    </form>
                </li>
            }
        })
        .collect();
    let fault = said.fault(
        "username",
        "Letters, digits, dots, dashes and underscores, at most 32.",
    );
    view! {
        <section>
            <h2>"Bots"</h2>
            <p>"A bot is a user that only programs can be: it has tokens and no password."</p>
            {list(rows)}
            <form class="inline" method="post" action="/fn/create_bot">
                <Field label="Username" name="username" value=query.get("username") fault placeholder="helper"/>
                <button class="button" type="submit">"Create bot"</button>
            </form>
        </section>
    }
    .into_any()
}

fn list<T: IntoView + 'static>(rows: Vec<T>) -> Option<impl IntoView> {
    (!rows.is_empty()).then(|| view! { <ul class="rows">{rows}</ul> })
}

fn name_of(room: Option<RoomId>, rooms: &[Room]) -> String {
    match room {
        None => "Every public channel".to_owned(),
        Some(id) => {
            let room = rooms.iter().find(|room| room.id == id);
            room.map_or_else(|| "a channel".to_owned(), |room| format!("#{}", room.name))
        }
    }
}

/// What is shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// A bot's token.
    Token,
    /// The address of an incoming webhook.
    Address,
    /// What requests are signed with.
    Key,
}

impl Shown {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Token => "The bot's token",
            Self::Address => "The webhook's address",
            Self::Key => "The signing secret",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Token => "A program sends it as Authorization: Bearer …",
            Self::Address => "Whoever knows it can post: {\"text\": \"Hello\"} as JSON is a message.",
            Self::Key => {
                "The header natter-signature is the HMAC-SHA256 of the time, a dot and the body with it."
            }
        }
    }
}

/// The answer to creating something with a secret: the one page that ever shows it.
#[component]
pub(crate) fn ShownOnce(what: Shown, name: String, secret: String) -> impl IntoView {
    view! {
        <PageStyle text=SHEET/>
        <main class="alone">
            <a class="brand" href="/"><Icon is=Shape::Natter/>"Natter"</a>
            <h1>{what.title()}</h1>
            <p class="quiet">"Copy what belongs to “"<bdi>{name}</bdi>"” now and keep it as you keep a password. It is not shown again."</p>
            <code class="secret">{secret}</code>
            <p class="quiet small">{what.hint()}</p>
            <a class="button accent" href="/settings/programs">"Done"</a>
        </main>
    }
    .into_any()
}
