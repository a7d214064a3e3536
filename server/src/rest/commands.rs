//! Slash commands: `/api/rooms/{id}/commands` for who types, `/api/commands` for those that programs answer.

use axum::{Json, extract::State};
use backend::{
    command::{CommandDraft, Offer, Order, Outcome},
    store::Command,
    webhook::sign,
};
use chat::{
    Code, CommandId, Message, MessageId, Nonce, Room, RoomId, Timestamp, UserId,
    body::BODY_CHARS_MAX,
    command::{NAME_CHARS_MAX, SUMMARY_CHARS_MAX},
    permission::Action,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    payload::{Id, Payload},
    webhooks::address,
};
use crate::{
    identity::SignedIn,
    openapi::{
        Api, Call,
        schema::{any_text, id, many, meaning, named, nonce, object, or_null, text, time},
    },
    problem::Refusal,
    state::AppState,
};

#[derive(Deserialize)]
pub(super) struct Run {
    text: String,
    thread: Option<MessageId>,
    nonce: Option<Nonce>,
}

#[derive(Serialize)]
pub(super) struct Ran {
    message: Option<Message>,
    notice: Option<String>,
    room: Option<Room>,
}

#[derive(Serialize)]
struct Offered {
    name: String,
    usage: String,
    summary: String,
}

#[derive(Serialize)]
pub(super) struct Offers {
    commands: Vec<Offered>,
}

#[derive(Deserialize)]
pub(super) struct Create {
    name: String,
    #[serde(default)]
    summary: String,
    url: String,
    bot: UserId,
}

/// A command as those see it who may make one; what it is signed with only when it has just been made.
#[derive(Serialize)]
pub(super) struct ProgramCommand {
    id: CommandId,
    name: String,
    summary: String,
    url: String,
    bot: UserId,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl ProgramCommand {
    fn of(command: Command, secret: Option<String>) -> Self {
        Self {
            id: command.id,
            name: command.name,
            summary: command.summary,
            url: command.url,
            bot: command.bot,
            created_at: command.created_at,
            secret,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ProgramCommands {
    commands: Vec<ProgramCommand>,
}

pub(super) async fn run(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(body): Payload<Run>,
) -> Result<Json<Ran>, Refusal> {
    let order = Order {
        room,
        text: body.text,
        thread: body.thread,
        nonce: body.nonce,
    };
    let Outcome {
        message,
        notice,
        room,
    } = state.backend.run_command(&caller, order).await?;
    Ok(Json(Ran {
        message,
        notice,
        room,
    }))
}

pub(super) async fn offers(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<Json<Offers>, Refusal> {
    state.backend.allow(&caller, room, Action::Read).await?;
    let offers = state.backend.offers().await?.into_iter();
    let commands = offers.map(|Offer { name, usage, summary }| Offered { name, usage, summary });
    Ok(Json(Offers {
        commands: commands.collect(),
    }))
}

pub(super) async fn create(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(body): Payload<Create>,
) -> Result<(StatusCode, Json<ProgramCommand>), Refusal> {
    let draft = CommandDraft {
        name: body.name,
        summary: body.summary,
        url: body.url,
        bot: body.bot,
    };
    let command = state.backend.create_command(&caller, draft).await?;
    let secret = sign::key_text(&command.key);
    Ok((
        StatusCode::CREATED,
        Json(ProgramCommand::of(command, Some(secret))),
    ))
}

pub(super) async fn list(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<ProgramCommands>, Refusal> {
    let commands = state.backend.list_commands(&caller).await?.into_iter();
    Ok(Json(ProgramCommands {
        commands: commands
            .map(|command| ProgramCommand::of(command, None))
            .collect(),
    }))
}

pub(super) async fn delete(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(command): Id<CommandId>,
) -> Result<StatusCode, Refusal> {
    state.backend.delete_command(&caller, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells of these calls.
pub(super) fn describe(api: &mut Api) {
    describe_typing(api);
    let secret = meaning(
        any_text(),
        "The key of its signatures: only where it has just been made",
    );
    api.schema(
        "Command",
        object(
            &[
                ("id", id()),
                ("name", any_text()),
                ("summary", any_text()),
                ("url", any_text()),
                ("bot", meaning(id(), "The bot as whom the answers are posted")),
                ("created_at", time()),
            ],
            &[("secret", secret)],
        ),
    );
    let commands = meaning(many(&named("Command"), None), "By name");
    api.schema("Commands", object(&[("commands", commands)], &[]));
    let name = json!({
        "type": "string",
        "maxLength": NAME_CHARS_MAX,
        "pattern": "^[A-Za-z0-9_-]+$",
        "description": "What follows the slash; letters count in lowercase",
    });
    let create = object(
        &[("name", name), ("url", address()), ("bot", id())],
        &[("summary", text(0, SUMMARY_CHARS_MAX))],
    );
    let of_staff = |call: Call| call.refuses(&[Code::Forbidden]);
    let path = "/api/commands";
    api.call(
        of_staff(Call::post(
            path,
            "createCommand",
            "Makes a slash command that a program answers",
        ))
        .takes(create)
        .gives(201, "Command")
        .refuses(&[Code::BotNotFound, Code::CommandExists, Code::TooMany]),
    );
    api.call(
        of_staff(Call::get(
            path,
            "listCommands",
            "The commands that programs answer",
        ))
        .gives(200, "Commands"),
    );
    api.call(
        of_staff(Call::delete(
            "/api/commands/{id}",
            "deleteCommand",
            "Deletes a command",
        ))
        .part("id", id())
        .gives_nothing(204)
        .refuses(&[Code::CommandNotFound]),
    );
}

fn describe_typing(api: &mut Api) {
    let ran = object(
        &[
            ("message", meaning(or_null(&named("Message")), "What was posted")),
            (
                "notice",
                meaning(
                    or_null(&any_text()),
                    "What is said to the caller alone, as Markdown",
                ),
            ),
            (
                "room",
                meaning(or_null(&named("Room")), "The room that the caller has joined"),
            ),
        ],
        &[],
    );
    api.schema("Ran", ran);
    let offered = object(
        &[
            ("name", any_text()),
            ("usage", any_text()),
            ("summary", any_text()),
        ],
        &[],
    );
    let offers = meaning(many(&offered, None), "By name");
    api.schema("Offers", object(&[("commands", offers)], &[]));
    let path = "/api/rooms/{id}/commands";
    let typed = meaning(
        text(1, BODY_CHARS_MAX),
        "What was typed, the slash included; what is no command is posted",
    );
    let run = object(
        &[("text", typed)],
        &[
            (
                "thread",
                meaning(or_null(&id()), "The message that what is posted answers"),
            ),
            (
                "nonce",
                meaning(or_null(&nonce()), "The client's own id for what is posted"),
            ),
        ],
    );
    api.call(
        Call::post(path, "runCommand", "Does what was typed into a composer")
            .detail("Only this call understands commands: what is posted otherwise is text, whatever it begins with.")
            .part("id", id())
            .takes(run)
            .gives(200, "Ran")
            .refuses(&[
                Code::RoomNotFound,
                Code::UserNotFound,
                Code::BotNotFound,
                Code::NotAMember,
                Code::Forbidden,
                Code::MessageDeleted,
                Code::RoomArchived,
                Code::SlowMode,
                Code::Banned,
                Code::UnknownCommand,
                Code::ProgramFailed,
            ]),
    );
    api.call(
        Call::get(path, "listOffers", "The commands that can be typed")
            .part("id", id())
            .gives(200, "Offers")
            .refuses(&[Code::RoomNotFound, Code::NotAMember]),
    );
}
