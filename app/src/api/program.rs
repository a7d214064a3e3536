//! Forms of `/settings/programs`: bots, webhooks, slash commands.

use backend::{
    Problem, command::CommandDraft, store::Incoming, webhook::outgoing::OutgoingDraft, webhook::sign,
};
use chat::{Code, RoomId, WebhookId};
use http::StatusCode;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, refused, signed_in};
use crate::{
    address::Address,
    pages::{Shown, ShownOnce},
    visit::{backend, visit},
};

const PAGE: &str = "/settings/programs";

/// Creates a bot, and with it its first token, which only the answer shows.
#[server(prefix = "/fn", endpoint = "create_bot", protocol = Form)]
pub(crate) async fn create_bot(#[server(default)] username: String) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| Answer::see(refused(PAGE, &problem).with("username", &username));
        let backend = backend();
        let bot = backend
            .create_bot(&caller, &username, None)
            .await
            .map_err(refuse)?;
        let made = backend.create_bot_token(&caller, bot.author.id, "first").await;
        let (_, secret) = made.map_err(refuse)?;
        Ok(show(Shown::Token, &bot.author.username, secret.token_text()))
    })
    .await
}

/// Creates one more token for a bot.
#[server(prefix = "/fn", endpoint = "create_bot_token", protocol = Form)]
pub(crate) async fn create_bot_token(
    #[server(default)] bot: String,
    #[server(default)] name: String,
) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let bot = bot.parse().map_err(|_| refuse(Code::BotNotFound.into()))?;
        let made = backend()
            .create_bot_token(&caller, bot, "from the settings")
            .await;
        let (_, secret) = made.map_err(refuse)?;
        Ok(show(Shown::Token, &name, secret.token_text()))
    })
    .await
}

/// Creates an incoming webhook. Its address is shown by the answer alone.
#[server(prefix = "/fn", endpoint = "create_incoming", protocol = Form)]
pub(crate) async fn create_incoming(
    #[server(default)] incoming: String,
    #[server(default)] into: String,
) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| {
            let address = refused(PAGE, &renamed(problem, "name", "incoming"));
            Answer::see(address.with("incoming", &incoming).with("into", &into))
        };
        let room = room_called(&into).await.map_err(refuse)?;
        let made = backend().create_incoming(&caller, room, &incoming).await;
        let (Incoming { name, .. }, secret) = made.map_err(refuse)?;
        let address = format!("{}/hooks/{}", visit().site, secret.cookie_text());
        Ok(show(Shown::Address, &name, address))
    })
    .await
}

/// Deletes an incoming webhook.
#[server(prefix = "/fn", endpoint = "delete_incoming", protocol = Form)]
pub(crate) async fn delete_incoming(
    #[server(default)] room: String,
    #[server(default)] webhook: String,
) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let room: RoomId = room.parse().map_err(|_| refuse(Code::RoomNotFound.into()))?;
        let webhook = parse_webhook(&webhook).map_err(refuse)?;
        let deleted = backend().delete_incoming(&caller, room, webhook).await;
        deleted.map_err(refuse)?;
        Ok(Answer::see(Address::new(PAGE)))
    })
    .await
}

/// Creates an outgoing webhook. What it is signed with is shown by the answer alone.
#[server(prefix = "/fn", endpoint = "create_outgoing", protocol = Form)]
pub(crate) async fn create_outgoing(
    #[server(default)] outgoing: String,
    #[server(default)] url: String,
    #[server(default)] of: String,
    #[server(default)] changes: String,
) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| {
            let address = refused(PAGE, &renamed(problem, "name", "outgoing"));
            Answer::see(
                address
                    .with("outgoing", &outgoing)
                    .with("url", &url)
                    .with("of", &of),
            )
        };
        let room = match of.trim() {
            "" => None,
            of => Some(room_called(of).await.map_err(refuse)?),
        };
        let draft = OutgoingDraft {
            room,
            name: outgoing.clone(),
            url: url.clone(),
            changes: !changes.is_empty(),
        };
        let webhook = backend().create_outgoing(&caller, draft).await.map_err(refuse)?;
        Ok(show(Shown::Key, &webhook.name, sign::key_text(&webhook.key)))
    })
    .await
}

/// Deletes an outgoing webhook, or lets it go on, as `what` says.
#[server(prefix = "/fn", endpoint = "change_outgoing", protocol = Form)]
pub(crate) async fn change_outgoing(
    #[server(default)] webhook: String,
    #[server(default)] what: String,
) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let webhook = parse_webhook(&webhook).map_err(refuse)?;
        let changed = match what.as_str() {
            "delete" => backend().delete_outgoing(&caller, webhook).await,
            "resume" => backend().resume_outgoing(&caller, webhook).await,
            _ => Err(Code::Malformed.into()),
        };
        changed.map_err(refuse)?;
        Ok(Answer::see(Address::new(PAGE)))
    })
    .await
}

/// Creates a slash command that a program answers. What it is asked is signed with what the answer alone shows.
#[server(prefix = "/fn", endpoint = "create_command", protocol = Form)]
pub(crate) async fn create_command(
    #[server(default)] command: String,
    #[server(default)] summary: String,
    #[server(default)] answers: String,
    #[server(default)] bot: String,
) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| {
            let problem = renamed(renamed(problem, "name", "command"), "url", "answers");
            let address = refused(PAGE, &problem).with("command", &command);
            Answer::see(address.with("summary", &summary).with("answers", &answers))
        };
        let draft = CommandDraft {
            name: command.clone(),
            summary: summary.clone(),
            url: answers.clone(),
            bot: bot.parse().map_err(|_| refuse(Code::BotNotFound.into()))?,
        };
        let made = backend().create_command(&caller, draft).await.map_err(refuse)?;
        Ok(show(
            Shown::Key,
            &format!("/{}", made.name),
            sign::key_text(&made.key),
        ))
    })
    .await
}

/// Deletes a slash command.
#[server(prefix = "/fn", endpoint = "delete_command", protocol = Form)]
pub(crate) async fn delete_command(#[server(default)] command: String) -> Answered {
    answer(async move {
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let command = command
            .parse()
            .map_err(|_| refuse(Code::CommandNotFound.into()))?;
        backend().delete_command(&caller, command).await.map_err(refuse)?;
        Ok(Answer::see(Address::new(PAGE)))
    })
    .await
}

fn show(what: Shown, name: &str, secret: String) -> Answer {
    let name = name.to_owned();
    Answer::page(StatusCode::CREATED, PAGE, what.title(), move || {
        view! { <ShownOnce what name secret/> }.into_any()
    })
}

/// The channel of this name or address.
async fn room_called(name: &str) -> Result<RoomId, Problem> {
    let slug = chat::room::slug(name).ok_or(Code::RoomNotFound)?;
    let record = backend().store.room_by_slug(&slug).await?;
    Ok(record.ok_or(Code::RoomNotFound)?.id)
}

fn parse_webhook(text: &str) -> Result<WebhookId, Problem> {
    text.parse().map_err(|_| Code::WebhookNotFound.into())
}

/// A page with several forms has several names.
fn renamed(mut problem: Problem, field: &str, name: &str) -> Problem {
    for fault in &mut problem.faults {
        if fault.field == field {
            name.clone_into(&mut fault.field);
        }
    }
    problem
}
