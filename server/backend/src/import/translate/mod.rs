//! From what Slack says of a message to what is stored of it here. Pure: it knows no archive and no store.

mod known;

use chat::{
    Author, Emoji, MessageId, Timestamp, UserId,
    attachment::{ATTACHMENTS_MAX, clean_name},
    body::{self, BODY_CHARS_MAX},
    mention,
    message::REACTIONS_MAX,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Builder;

pub(super) use known::Known;

use super::{
    Summary,
    archive::Entry,
    slack::{File, Reaction, Said},
};
use crate::{
    markdown::{self, Setting},
    mrkdwn::{self, literal, web},
    webhook::slack::said as said_by_program,
};

/// What Slack itself says in rooms: who came, what was renamed. Natter's rooms say it in their own way, or not.
const NOTICES: &[&str] = &[
    "app_conversation_join",
    "bot_add",
    "bot_disable",
    "bot_enable",
    "bot_remove",
    "canvas_access_grant",
    "channel_archive",
    "channel_canvas_updated",
    "channel_convert_to_private",
    "channel_convert_to_public",
    "channel_join",
    "channel_leave",
    "channel_name",
    "channel_posting_permissions",
    "channel_purpose",
    "channel_topic",
    "channel_unarchive",
    "group_archive",
    "group_join",
    "group_leave",
    "group_name",
    "group_purpose",
    "group_topic",
    "group_unarchive",
    "huddle_thread",
    "mpdm_move",
    "pinned_item",
    "reminder_add",
    "sh_room_created",
    "unpinned_item",
];

/// A room, as its messages are translated.
pub(super) struct Place<'a> {
    /// The program and its workspace.
    pub(super) source: &'a str,
    /// Slack's id of the room.
    pub(super) key: &'a str,
    /// The times of the messages that the list of rooms calls pinned.
    pub(super) pins: &'a [&'a str],
}

/// Who wrote a message: somebody of the list of people, or someone of whom only the message tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    /// Slack's id.
    pub(super) key: String,
    /// What the message calls the writer.
    pub(super) name: String,
    /// Whether it is a program.
    pub(super) program: bool,
}

/// A message that can be stored once its writer is known and its files are there.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) id: MessageId,
    pub(super) writer: Writer,
    pub(super) body: String,
    pub(super) html: String,
    pub(super) mentions: Vec<UserId>,
    pub(super) created_at: Timestamp,
    pub(super) edited_at: Option<Timestamp>,
    pub(super) deleted: bool,
    pub(super) pinned: bool,
    pub(super) thread: Option<MessageId>,
    pub(super) reactions: Vec<(Emoji, Vec<UserId>)>,
    pub(super) files: Vec<(String, Entry)>,
}

/// A moment as Slack writes it, in microseconds: `1710929472.123456`.
fn micros(ts: &str) -> Option<u64> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, ""));
    let seconds: u64 = seconds.parse().ok()?;
    let padded = format!("{fraction:0<6}");
    let micros: u64 = padded.get(..6)?.parse().ok()?;
    // Ids hold 48 bits of milliseconds.
    let all = seconds.checked_mul(1_000_000)?.checked_add(micros)?;
    (all > 0 && all / 1_000 < 1 << 48).then_some(all)
}

fn time(micros: u64) -> Timestamp {
    Timestamp(i64::try_from(micros / 1_000).unwrap_or(i64::MAX))
}

impl Place<'_> {
    /// The id here of the message of this moment, and of what goes on from it where it is too long for one message.
    /// Always the same, so that no message comes twice, and made of the moment as other ids are.
    fn id(&self, micros: u64, part: usize) -> MessageId {
        let mut hash = Sha256::new();
        for part in [self.source, self.key, &micros.to_string(), &part.to_string()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let mut random = [0; 10];
        for (to, from) in random.iter_mut().zip(digest) {
            *to = from;
        }
        MessageId(Builder::from_unix_timestamp_millis(micros / 1_000, &random).into_uuid())
    }

    /// The messages that a line of a day is here: one, a few where it is long, none where it is a notice or says
    /// nothing; `None`: it cannot be read.
    pub(super) fn translate(
        &self,
        value: &Value,
        known: &Known,
        summary: &mut Summary,
    ) -> Option<Vec<Draft>> {
        let said: Said = serde_json::from_value(value.clone()).ok()?;
        let at = micros(&said.ts)?;
        if NOTICES.contains(&&*said.subtype) {
            summary.notices += 1;
            return Some(Vec::new());
        }
        let deleted = said.subtype == "tombstone";
        let (files, links) = files(&said.files, known, summary);
        let text = if deleted {
            String::new()
        } else {
            text(&said, value, &links, known)
        };
        let bodies = bodies(&text);
        if bodies.is_empty() && files.is_empty() && !deleted {
            summary.notices += 1;
            return Some(Vec::new());
        }
        let thread = micros(&said.thread_ts)
            .filter(|root| *root != at)
            .map(|root| self.id(root, 0));
        let first = Draft {
            id: self.id(at, 0),
            writer: writer(&said),
            body: String::new(),
            html: String::new(),
            mentions: Vec::new(),
            created_at: time(at),
            edited_at: micros(&said.edited.ts).map(time),
            deleted,
            pinned: !deleted
                && (said.pinned_to.iter().any(|room| room == self.key) || self.pins.contains(&&*said.ts)),
            thread,
            reactions: reactions(&said.reactions, known, summary),
            files,
        };
        let mut drafts = vec![rendered(
            first,
            bodies.first().cloned().unwrap_or_default(),
            known,
        )];
        for (body, part) in bodies.into_iter().skip(1).zip(1..) {
            let more = Draft {
                id: self.id(at, part),
                pinned: false,
                reactions: Vec::new(),
                files: Vec::new(),
                body: String::new(),
                ..drafts[0].clone()
            };
            drafts.push(rendered(more, body, known));
        }
        Some(drafts)
    }
}

fn rendered(draft: Draft, body: String, known: &Known) -> Draft {
    let names = mention::candidates(&body).into_iter();
    let called: Vec<Author> = names.filter_map(|name| known.called(name)).cloned().collect();
    let html = markdown::render(
        &body,
        Setting {
            mentioned: &called,
            site: known.site.as_ref(),
        },
    );
    let ids = called.iter().map(|author| author.id);
    Draft {
        mentions: ids.filter(|id| markdown::mentions(&html, *id)).collect(),
        body,
        html,
        ..draft
    }
}

fn writer(said: &Said) -> Writer {
    let named = |names: [&String; 4]| names.into_iter().find(|name| !name.trim().is_empty()).cloned();
    let bot = &said.bot_profile.name;
    if said.user.is_empty() || said.subtype == "bot_message" {
        // Without an id of its own a program is known by its name alone.
        let key = [&said.bot_id, &said.user]
            .into_iter()
            .find(|id| !id.is_empty())
            .cloned();
        let name = named([
            bot,
            &said.username,
            &said.user_profile.display_name,
            &said.user_profile.real_name,
        ]);
        let name = name.unwrap_or_else(|| "Slack".to_owned());
        return Writer {
            key: key.unwrap_or_else(|| format!("name:{name}")),
            name,
            program: true,
        };
    }
    let profile = &said.user_profile;
    Writer {
        key: said.user.clone(),
        name: named([&profile.display_name, &profile.real_name, &profile.name, bot]).unwrap_or_default(),
        program: false,
    }
}

/// What a message says, as Markdown.
fn text(said: &Said, value: &Value, links: &[String], known: &Known) -> String {
    let own = mrkdwn::markdown(said.text.trim(), known);
    let own = match &*said.subtype {
        "me_message" => format!("_{}_", own.replace('\n', " ").replace('_', "\\_")),
        _ => own,
    };
    // What programs say stands in their own structures. What people say does not: there they repeat the text, or show
    // what links lead to.
    let by_program = said.subtype == "bot_message" || said.user.is_empty();
    let mut lines = match by_program || own.is_empty() {
        true => said_by_program(value),
        false => Vec::new(),
    };
    if lines.is_empty() {
        lines.push(own);
    }
    lines.extend(links.iter().cloned());
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// A text as the bodies of as many messages as it needs, broken between lines where there are any.
fn bodies(text: &str) -> Vec<String> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r'))
        .collect();
    let (mut bodies, mut rest) = (Vec::new(), plain.trim());
    while !rest.is_empty() {
        let end = rest
            .char_indices()
            .nth(BODY_CHARS_MAX)
            .map_or(rest.len(), |(at, _)| at);
        let cut = match end < rest.len() {
            true => rest[..end].rfind('\n').filter(|cut| *cut > 0).unwrap_or(end),
            false => end,
        };
        bodies.extend(body::parse(&rest[..cut]));
        rest = rest[cut..].trim_start();
    }
    bodies
}

/// The files that are in the archive, and a line for each of the others.
fn files(files: &[File], known: &Known, summary: &mut Summary) -> (Vec<(String, Entry)>, Vec<String>) {
    let (mut there, mut links) = (Vec::new(), Vec::new());
    for file in files {
        let name = [&file.name, &file.title]
            .into_iter()
            .find(|name| !name.is_empty());
        let name = name.map_or_else(|| clean_name(""), |name| clean_name(name));
        match known.files.get(&file.id) {
            Some(entry) if there.len() < ATTACHMENTS_MAX => there.push((name, entry.clone())),
            _ => {
                summary.files_linked += 1;
                let address = [&file.permalink, &file.url_private]
                    .into_iter()
                    .find_map(|url| web(url));
                links.push(link(&name, address));
            }
        }
    }
    (there, links)
}

/// A file that is elsewhere, as a line.
pub(super) fn link(name: &str, address: Option<&str>) -> String {
    match address {
        Some(address) => format!("📎 [{}](<{address}>)", literal(name)),
        None => format!("📎 {}", literal(name)),
    }
}

fn reactions(given: &[Reaction], known: &Known, summary: &mut Summary) -> Vec<(Emoji, Vec<UserId>)> {
    let mut reactions: Vec<(Emoji, Vec<UserId>)> = Vec::new();
    for reaction in given {
        let Some(emoji) = emoji(&reaction.name) else {
            summary.reactions_left_out += reaction.users.len() as u64;
            continue;
        };
        let place = reactions.iter().position(|(other, _)| other.key() == emoji.key());
        if place.is_none() && reactions.len() >= REACTIONS_MAX {
            summary.reactions_left_out += reaction.users.len() as u64;
            continue;
        }
        let place = place.unwrap_or_else(|| {
            reactions.push((emoji, Vec::new()));
            reactions.len() - 1
        });
        for id in &reaction.users {
            match known.person(id) {
                Some(author) if !reactions[place].1.contains(&author.id) => {
                    reactions[place].1.push(author.id)
                }
                Some(_) => {}
                None => summary.reactions_left_out += 1,
            }
        }
    }
    reactions.retain(|(_, users)| !users.is_empty());
    reactions
}

/// The emoji that Slack calls so: `wave`, `wave::skin-tone-3`. Emoji that only a workspace has are none.
fn emoji(name: &str) -> Option<Emoji> {
    let (name, tone) = name
        .split_once("::skin-tone-")
        .map_or((name, None), |(name, tone)| (name, Some(tone)));
    let plain = markdown::emoji_named(&name.to_lowercase().replace('-', "_"))
        .or_else(|| markdown::emoji_named(&name.to_lowercase()))?;
    let tone = tone.and_then(|tone| match tone {
        "2" => Some('\u{1F3FB}'),
        "3" => Some('\u{1F3FC}'),
        "4" => Some('\u{1F3FD}'),
        "5" => Some('\u{1F3FE}'),
        "6" => Some('\u{1F3FF}'),
        _ => None,
    });
    let toned = tone.and_then(|tone| Emoji::new(format!("{plain}{tone}")).ok());
    toned.or_else(|| Emoji::new(plain).ok())
}

#[cfg(test)]
mod tests;
