//! Slash commands: what somebody types into a composer to have something done.
//!
//! What programs post is never taken for a command: only who asks for one gets one.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chat::{
    Code, CommandId, Message, MessageId, Nonce, Problem, Room, RoomId, UserId,
    command::{BUILT_IN, INVITED_MAX, SUMMARY_CHARS_MAX, Typed, is_name, read},
    permission::Action,
    quota::Quota,
    user::is_invisible_format,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Backend, Caller, Credential, Result,
    bot::allow_programs,
    message::Post,
    outside::Bounds,
    stamp::{new_id, now},
    store::{Command, CommandCreated, RoomEdit},
    webhook::{parse_url, sign, slack, target::Letter},
};

/// The most commands that programs answer.
pub const COMMANDS_MAX: u64 = 100;

/// How long a program may take to answer: somebody waits for it.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(3),
    body_bytes: 64 * 1024,
    redirects: 0,
};

/// A command as it came in.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where it was typed.
    pub room: RoomId,
    /// What was typed, the slash included.
    pub text: String,
    /// The thread in which it was typed.
    pub thread: Option<MessageId>,
    /// The caller's id for what is posted by it.
    pub nonce: Option<Nonce>,
}

/// What came of a command.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was posted.
    pub message: Option<Message>,
    /// What is said to the caller alone, as Markdown.
    pub notice: Option<String>,
    /// The room that the caller is in now.
    pub room: Option<Room>,
}

/// A command as it is offered to who types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What follows the slash.
    pub name: String,
    /// What follows the name.
    pub usage: String,
    /// What it does.
    pub summary: String,
}

/// A command to create, as it came in.
#[derive(Clone, Debug)]
pub struct CommandDraft {
    /// What follows the slash.
    pub name: String,
    /// What it does.
    pub summary: String,
    /// Who answers.
    pub url: String,
    /// As whom the answers are posted.
    pub bot: UserId,
}

/// What a program is asked.
#[derive(Serialize)]
struct Asked<'a> {
    command: &'a str,
    text: &'a str,
    room: Place<'a>,
    user: Who<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    id: String,
    slug: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Who<'a> {
    id: String,
    username: &'a str,
    display_name: &'a str,
}

impl Backend {
    /// Does what was typed; what is no command is posted.
    ///
    /// # Errors
    /// `unknown_command`; those of what it does; `program_failed` where a program was to answer.
    pub async fn run_command(self: &Arc<Self>, caller: &Caller, order: Order) -> Result<Outcome> {
        match read(&order.text) {
            Typed::Text(text) => self.post_by_command(caller, &order, text.to_owned()).await,
            Typed::Command { name, rest } => {
                let name = name.to_ascii_lowercase();
                self.obey(caller, &order, &name, rest).await
            }
        }
    }

    async fn obey(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        name: &str,
        rest: &str,
    ) -> Result<Outcome> {
        match name {
            "help" => self.help().await,
            "me" if rest.is_empty() => Err(lacking("what you do")),
            "me" => self.post_by_command(caller, order, action(rest)).await,
            "shrug" => self.post_by_command(caller, order, shrug(rest)).await,
            "invite" => self.invite_by_command(caller, order.room, rest).await,
            "join" => self.join_by_command(caller, rest).await,
            "topic" => self.describe_by_command(caller, order.room, rest).await,
            "leave" => {
                self.leave_room(caller, order.room).await?;
                Ok(told("You left the channel"))
            }
            _ => self.ask_program(caller, order, name, rest).await,
        }
    }

    async fn post_by_command(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        body: String,
    ) -> Result<Outcome> {
        let post = Post {
            room: order.room,
            body,
            thread: order.thread,
            nonce: order.nonce.clone(),
            attachments: Vec::new(),
            origin: None,
        };
        let posted = self.post_message(caller, post).await?;
        Ok(Outcome {
            message: Some(posted.message),
            ..Outcome::default()
        })
    }

    async fn invite_by_command(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        rest: &str,
    ) -> Result<Outcome> {
        let names: Vec<&str> = rest
            .split([' ', ',', '\n'])
            .map(|name| name.trim_start_matches('@'))
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() || names.len() > INVITED_MAX {
            return Err(lacking("1 to 20 usernames"));
        }
        let found = self.store.users_by_usernames(&names).await?;
        let known = |name: &&&str| found.iter().any(|user| user.username.eq_ignore_ascii_case(name));
        if let Some(name) = names.iter().find(|name| !known(name)) {
            let detail = format!("There is nobody called @{name}");
            return Err(Problem::because(Code::UserNotFound, detail));
        }
        let users: Vec<UserId> = found.iter().map(|user| user.id).collect();
        self.invite_members(caller, room, &users).await?;
        let called: Vec<String> = found.iter().map(|user| format!("@{}", user.username)).collect();
        Ok(told(&format!("In this channel now: {}", called.join(", "))))
    }

    async fn join_by_command(self: &Arc<Self>, caller: &Caller, rest: &str) -> Result<Outcome> {
        let slug = chat::room::slug(rest).ok_or_else(|| lacking("the name of a channel"))?;
        let record = self.store.room_by_slug(&slug).await?.ok_or(Code::RoomNotFound)?;
        self.join_room(caller, record.id).await?;
        Ok(Outcome {
            room: Some(self.view_room(caller.id(), record.id).await?),
            ..Outcome::default()
        })
    }

    async fn describe_by_command(
        self: &Arc<Self>,
        caller: &Caller,
        room: RoomId,
        topic: &str,
    ) -> Result<Outcome> {
        let edit = RoomEdit {
            topic: Some(topic.to_owned()),
            ..RoomEdit::default()
        };
        self.change_room(caller, room, edit).await?;
        Ok(match topic {
            "" => told("The channel has no topic any more"),
            _ => told("The topic was changed"),
        })
    }

    async fn help(&self) -> Result<Outcome> {
        let lines: Vec<String> = self
            .offers()
            .await?
            .into_iter()
            .map(|offer| {
                let usage = format!("/{} {}", offer.name, offer.usage);
                format!("`{}` {}", usage.trim_end(), offer.summary)
            })
            .collect();
        Ok(told(&lines.join("\n")))
    }

    /// Asks the program that answers this command. What it says is for the caller alone, or is posted as the
    /// command's bot, as the program wishes.
    async fn ask_program(
        self: &Arc<Self>,
        caller: &Caller,
        order: &Order,
        name: &str,
        rest: &str,
    ) -> Result<Outcome> {
        let commands = self.store.commands().await?;
        let command = commands.into_iter().find(|command| command.name == name);
        let command = command.ok_or_else(|| unknown(name))?;
        let record = self.allow(caller, order.room, Action::Write).await?;
        self.limiter
            .take(Quota::Post, &caller.id().to_string())
            .await
            .allowed()?;
        let asked = Asked {
            command: name,
            text: rest,
            room: Place {
                id: record.id.to_string(),
                slug: &record.slug,
                name: &record.name,
            },
            user: Who {
                id: caller.id().to_string(),
                username: &caller.author.username,
                display_name: &caller.author.display_name,
            },
        };
        let letter = Letter {
            url: &command.url,
            key: &command.key,
            about: [
                ("natter-event", "command".to_owned()),
                ("natter-delivery", new_id().to_string()),
            ],
            body: Bytes::from(serde_json::to_vec(&asked).unwrap_or_default()),
            bounds: BOUNDS,
        };
        let failed = |why: &dyn std::fmt::Display| {
            Problem::because(
                Code::ProgramFailed,
                format!("The program behind /{name} failed: {why}"),
            )
        };
        let answer = self.targets.send(letter).await.map_err(|why| failed(&why))?;
        if !answer.whole {
            return Err(failed(&"its answer is too large"));
        }
        match understand(&answer.body) {
            None => Ok(Outcome::default()),
            Some(Said { text, aloud: false }) => Ok(told(&text)),
            Some(Said { text, aloud: true }) => self.say_as_bot(&command, order, text).await,
        }
    }

    async fn say_as_bot(self: &Arc<Self>, command: &Command, order: &Order, body: String) -> Result<Outcome> {
        let bot = self.store.user(command.bot).await?.ok_or(Code::BotNotFound)?;
        let username = bot.author.username.clone();
        let caller = Caller {
            author: bot.author,
            role: bot.role,
            bot: true,
            credential: Credential::Command(command.id),
        };
        let order = Order {
            nonce: None,
            ..order.clone()
        };
        let posted = self.post_by_command(&caller, &order, body).await;
        posted.map_err(|problem| match problem.code {
            Code::NotAMember => Problem::because(
                Code::NotAMember,
                format!("@{username}, who answers this command, is not in this room: invite it first"),
            ),
            _ => problem,
        })
    }

    /// The commands that can be typed, by name.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn offers(&self) -> Result<Vec<Offer>> {
        let mut offers: Vec<Offer> = BUILT_IN
            .iter()
            .map(|command| Offer {
                name: command.name.to_owned(),
                usage: command.usage.to_owned(),
                summary: command.summary.to_owned(),
            })
            .collect();
        offers.extend(self.store.commands().await?.into_iter().map(|command| Offer {
            name: command.name,
            usage: String::new(),
            summary: command.summary,
        }));
        offers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(offers)
    }

    /// Creates a command that a program answers; what its requests are signed with is shown to its maker alone.
    ///
    /// # Errors
    /// `forbidden`, `invalid` with the field at fault, `bot_not_found`, `command_exists`, `too_many`, `unavailable`.
    pub async fn create_command(&self, caller: &Caller, draft: CommandDraft) -> Result<Command> {
        allow_programs(caller)?;
        let name = draft.name.trim().trim_start_matches('/').to_ascii_lowercase();
        if !is_name(&name) {
            let rule = "must have 1 to 32 letters, digits, dashes and underscores";
            return Err(Problem::invalid("name", rule));
        }
        if BUILT_IN.iter().any(|command| command.name == name) {
            return Err(Code::CommandExists.into());
        }
        let command = Command {
            id: CommandId(new_id()),
            name,
            summary: parse_summary(&draft.summary)?,
            url: parse_url(&draft.url)?.into(),
            key: sign::draw_key(),
            bot: self.find_bot(caller, draft.bot).await?.author.id,
            created_by: caller.id(),
            created_at: now(),
        };
        let made = command.clone();
        match self.store.insert_command(command, COMMANDS_MAX).await? {
            CommandCreated::Created => Ok(made),
            CommandCreated::Taken => Err(Code::CommandExists.into()),
            CommandCreated::TooMany => Err(Code::TooMany.into()),
        }
    }

    /// The commands that programs answer, by name.
    ///
    /// # Errors
    /// `forbidden`, `unavailable`.
    pub async fn list_commands(&self, caller: &Caller) -> Result<Vec<Command>> {
        allow_programs(caller)?;
        Ok(self.store.commands().await?)
    }

    /// Deletes a command.
    ///
    /// # Errors
    /// `forbidden`, `command_not_found`, `unavailable`.
    pub async fn delete_command(&self, caller: &Caller, id: CommandId) -> Result<()> {
        allow_programs(caller)?;
        match self.store.delete_command(id).await? {
            true => Ok(()),
            false => Err(Code::CommandNotFound.into()),
        }
    }
}

/// What a program said.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    text: String,
    /// Whether it is for everyone.
    aloud: bool,
}

/// Reads the answer of a program: text, or JSON as Slack has it; `None`: nothing is to be said.
fn understand(body: &[u8]) -> Option<Said> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let parsed = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    let Some(answer) = parsed else {
        let text = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
        return Some(Said { text, aloud: false });
    };
    let aloud = answer.get("response_type").and_then(Value::as_str) == Some("in_channel");
    let text = slack::body(&answer).ok()?;
    Some(Said { text, aloud })
}

fn told(notice: &str) -> Outcome {
    Outcome {
        notice: Some(notice.to_owned()),
        ..Outcome::default()
    }
}

fn lacking(what: &str) -> Problem {
    Problem::invalid("text", &format!("needs {what} after the command"))
}

fn unknown(name: &str) -> Problem {
    let detail = format!("There is no command /{name}. /help lists them; //{name} says it instead");
    Problem::because(Code::UnknownCommand, detail)
}

/// What somebody does, in italics where the text allows it.
fn action(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("_{}_", line.replace('_', "\\_"))
}

fn shrug(text: &str) -> String {
    let shrug = r"¯\\\_(ツ)\_/¯";
    if text.is_empty() {
        shrug.to_owned()
    } else {
        format!("{text} {shrug}")
    }
}

fn parse_summary(text: &str) -> Result<String> {
    let text = text.trim();
    let fits = text.chars().count() <= SUMMARY_CHARS_MAX;
    if fits && !text.chars().any(|c| c.is_control() || is_invisible_format(c)) {
        return Ok(text.to_owned());
    }
    let rule = "must have at most 120 characters and no control characters";
    Err(Problem::invalid("summary", rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_answers_in_text_or_as_slack_has_it_or_not_at_all() {
        let said = |text: &str, aloud| {
            Some(Said {
                text: text.to_owned(),
                aloud,
            })
        };
        assert_eq!(understand(b" \n"), None);
        assert_eq!(understand(b"done\x07"), said("done", false));
        assert_eq!(understand(b"[1]"), said("[1]", false));
        assert_eq!(understand(br#"{"text":"*done*"}"#), said("**done**", false));
        let aloud = br#"{"response_type":"in_channel","text":"done"}"#;
        assert_eq!(understand(aloud), said("done", true));
        assert_eq!(understand(b"{}"), None);
        assert!(understand(&[0xff, 0xfe]).is_some());
    }

    #[test]
    fn what_is_done_is_said_in_italics() {
        assert_eq!(action("waves at\nsnake_case"), "_waves at snake\\_case_");
        assert_eq!(
            crate::markdown::render(&shrug(""), crate::markdown::Setting::default()),
            "<p>¯\\_(ツ)_/¯</p>"
        );
    }
}
