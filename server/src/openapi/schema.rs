//! Schemas: short ways to write them, and those of the nouns that everything is about.

use chat::{
    Code, Role,
    body::BODY_CHARS_MAX,
    emoji::EMOJI_BYTES_MAX,
    message::{REACTION_USERS_MAX, REACTIONS_MAX},
    nonce::NONCE_CHARS_MAX,
    room::{INVITES_MAX, NAME_CHARS_MAX, TOPIC_CHARS_MAX},
    user::DISPLAY_NAME_CHARS_MAX,
    username::USERNAME_CHARS_MAX,
};
use serde_json::{Map, Value, json};

use super::Api;

/// The largest number that every reader of JSON takes for what it is.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// The schema that goes by this name.
#[must_use]
pub fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An id.
#[must_use]
pub fn id() -> Value {
    named("Id")
}

/// A time.
#[must_use]
pub fn time() -> Value {
    named("Time")
}

/// A text of so many characters.
#[must_use]
pub fn text(min: usize, max: usize) -> Value {
    json!({ "type": "string", "minLength": min, "maxLength": max })
}

/// A text of any length.
#[must_use]
pub fn any_text() -> Value {
    json!({ "type": "string" })
}

/// Yes or no.
#[must_use]
pub fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A count, or a place in an order.
#[must_use]
pub fn number() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": NUMBER_MAX })
}

/// The same as it comes in: any that fits into 64 bits.
#[must_use]
pub fn any_number() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
}

/// One of these texts.
#[must_use]
pub fn one_of(texts: &[&str]) -> Value {
    json!({ "enum": texts })
}

/// A list of so many at most.
#[must_use]
pub fn many(items: &Value, max: Option<usize>) -> Value {
    let mut list = json!({ "type": "array", "items": items });
    if let Some(max) = max {
        list["maxItems"] = max.into();
    }
    list
}

/// What may be `null`.
#[must_use]
pub fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// The same with a sentence about it.
#[must_use]
pub fn meaning(mut schema: Value, sentence: &str) -> Value {
    schema["description"] = sentence.into();
    schema
}

/// An object with what is always there and what may be missing. More fields may come with later versions.
#[must_use]
pub fn object(required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = required.iter().map(|(name, _)| *name).collect();
    let fields = required.iter().chain(optional);
    let properties: Map<_, _> = fields
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !names.is_empty() {
        object["required"] = names.into();
    }
    object
}

/// A username that can be registered.
#[must_use]
pub fn username() -> Value {
    json!({
        "type": "string",
        "maxLength": USERNAME_CHARS_MAX,
        "pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
    })
}

/// One line that somebody types: there is something in it, and no control character.
#[must_use]
pub fn line(max: usize) -> Value {
    let pattern = format!("^[^{CONTROL}]*[^\\s{CONTROL}][^{CONTROL}]*$");
    json!({ "type": "string", "minLength": 1, "maxLength": max, "pattern": pattern })
}

/// What a channel is to be called: at least one letter or digit.
#[must_use]
pub fn channel_name() -> Value {
    let pattern = format!("^[^{CONTROL}]*[\\p{{L}}\\p{{Nd}}][^{CONTROL}]*$");
    json!({ "type": "string", "minLength": 1, "maxLength": NAME_CHARS_MAX, "pattern": pattern })
}

/// A name to read, as it comes in.
#[must_use]
pub fn display_name() -> Value {
    json!({ "type": "string", "maxLength": DISPLAY_NAME_CHARS_MAX, "pattern": format!("^[^{CONTROL}]*$") })
}

/// What a message says, as it comes in.
#[must_use]
pub fn message_body() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": BODY_CHARS_MAX,
        "pattern": format!("^[^{UNSEEN}]*[^\\s{UNSEEN}][^{UNSEEN}]*$"),
        "description": "Markdown source, counted after trimming; no control characters but tabs and line breaks",
    })
}

/// A client's own id for a send, as it comes in.
#[must_use]
pub fn nonce() -> Value {
    let pattern = format!("^[^{CONTROL}]*$");
    json!({ "type": "string", "minLength": 1, "maxLength": NONCE_CHARS_MAX, "pattern": pattern })
}

/// What one may react with: see [`chat::Emoji`], whose grammar this is.
#[must_use]
pub fn emoji() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": EMOJI_BYTES_MAX / 4,
        "pattern": format!("^{EMOJI_PART}(\u{200d}{EMOJI_PART})*$"),
        "description": "One emoji: one sequence of Unicode's",
        "examples": ["👍", "❤️", "🇵🇱"],
    })
}

/// People to bring somewhere.
#[must_use]
pub fn people(max: usize) -> Value {
    json!({ "type": "array", "items": id(), "minItems": 1, "maxItems": max.min(INVITES_MAX) })
}

/// Control characters, within brackets.
const CONTROL: &str = "\\u0000-\\u001f\\u007f-\\u009f";
/// Those that no message may hold.
const UNSEEN: &str = "\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f";
/// What stands between two joiners: a flag, a keycap, or a picture with what may follow it.
const EMOJI_PART: &str = "([\u{1f1e6}-\u{1f1ff}]{2}|[0-9#*]\u{fe0f}?\u{20e3}\
    |[©®‼⁉™ℹⓂ〰〽㊗㊙\u{2194}-\u{21aa}\u{231a}-\u{23ff}\u{25aa}-\u{25fe}\u{2600}-\u{27bf}\u{2934}\u{2935}\u{2b05}-\u{2b55}\
    \u{1f000}-\u{1f1e5}\u{1f200}-\u{1f3fa}\u{1f400}-\u{1faff}][\u{fe0f}\u{1f3fb}-\u{1f3ff}]?([\u{e0020}-\u{e007e}]+\u{e007f})?)";

/// Adds the schemas that belong to no one call.
pub(super) fn describe(api: &mut Api) {
    api.schema("Id", json!({ "type": "string", "format": "uuid" }));
    api.schema(
        "Time",
        json!({ "type": "string", "format": "date-time", "description": "RFC 3339 in UTC, with milliseconds" }),
    );
    api.schema("Problem", problem());
    api.schema("Author", object(&author(), &[]));
    api.schema("User", object(&user_fields(), &user_extras()));
    api.schema("Room", room());
    api.schema("Message", message());
    api.schema("Reaction", reaction());
    api.schema("Attachment", attachment());
    api.schema("Variant", variant());
    api.schema("Page", object(&page_fields(), &[]));
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let code = json!({ "type": "string", "examples": codes, "description": "Stable: the reason" });
    let fault = object(&[("field", any_text()), ("reason", any_text())], &[]);
    let errors = meaning(many(&fault, None), "With `invalid`: the fields at fault");
    object(
        &[
            ("type", json!({ "type": "string", "format": "uri" })),
            ("title", any_text()),
            ("status", json!({ "type": "integer" })),
            ("detail", any_text()),
            ("code", code),
        ],
        &[("errors", errors)],
    )
}

fn author() -> Vec<(&'static str, Value)> {
    vec![
        ("id", id()),
        ("username", any_text()),
        ("display_name", any_text()),
        ("avatar_url", or_null(&any_text())),
    ]
}

/// What a person may do in the workspace.
#[must_use]
pub fn role() -> Value {
    one_of(&Role::ALL.map(Role::name))
}

/// What a user has.
#[must_use]
pub fn user_fields() -> Vec<(&'static str, Value)> {
    let status = or_null(&one_of(&["online", "away", "offline"]));
    let mut fields = author();
    fields.push(("role", role()));
    fields.push(("deactivated", meaning(flag(), "Whether the account is closed")));
    fields.push(("status", meaning(status, "`null`: not known")));
    fields.push(("bot", meaning(flag(), "Whether it is a program's")));
    fields
}

/// What a user has at times.
#[must_use]
pub fn user_extras() -> [(&'static str, Value); 1] {
    let custom = meaning(named("CustomStatus"), "What the user says of himself or herself");
    [("custom", custom)]
}

fn room() -> Value {
    object(
        &[
            ("id", id()),
            ("kind", one_of(&["channel", "direct"])),
            ("slug", meaning(any_text(), "Its page is `/rooms/{slug}`")),
            ("name", any_text()),
            ("topic", any_text()),
            ("private", meaning(flag(), "Only members can see it")),
            ("description", meaning(any_text(), "What it is for, at length")),
            ("archived", meaning(flag(), "It can be read, and nothing else")),
            (
                "slow_s",
                meaning(number(), "How many seconds a person waits between two messages"),
            ),
            ("created_by", or_null(&id())),
            ("member", meaning(flag(), "Whether the caller is in it")),
            (
                "last_seq",
                meaning(number(), "The number of its newest message; 0: none"),
            ),
            ("last_rev", meaning(number(), "Its newest revision; 0: none")),
            (
                "read_seq",
                meaning(number(), "Up to which message the caller has read"),
            ),
            ("unread", number()),
            (
                "mentions",
                meaning(number(), "How many of the unread mention the caller"),
            ),
        ],
        &[
            (
                "users",
                meaning(many(&named("Author"), None), "A direct room's other people"),
            ),
            (
                "read_turn",
                meaning(
                    number(),
                    "When the read marker began to count from where it was put, in milliseconds: a later turn is newer",
                ),
            ),
            (
                "level",
                meaning(
                    one_of(&["all", "mentions", "nothing"]),
                    "Of which messages the caller is notified; missing: as the kind of room has it",
                ),
            ),
            ("muted", meaning(flag(), "Whether the caller has muted it")),
        ],
    )
}

fn message() -> Value {
    object(
        &[
            ("id", id()),
            ("room", id()),
            (
                "seq",
                meaning(number(), "Its number in the room: 1, 2, 3, … without gaps"),
            ),
            ("rev", meaning(number(), "The room's revision at its last change")),
            ("author", named("Author")),
            (
                "body",
                meaning(text(0, BODY_CHARS_MAX), "Markdown source; empty once deleted"),
            ),
            ("html", meaning(any_text(), "The safe rendering of the body")),
            ("created_at", time()),
            ("edited_at", or_null(&time())),
            ("deleted", flag()),
            ("pinned", flag()),
            ("thread", meaning(or_null(&id()), "The message that it answers")),
            ("reply_count", number()),
            ("nonce", or_null(&text(1, NONCE_CHARS_MAX))),
            ("reactions", many(&named("Reaction"), Some(REACTIONS_MAX))),
            ("attachments", many(&named("Attachment"), None)),
            ("mentions", many(&id(), None)),
        ],
        &[(
            "calls",
            meaning(
                one_of(&["room", "here"]),
                "It calls on all members, or on those who were there",
            ),
        )],
    )
}

fn reaction() -> Value {
    object(
        &[
            ("emoji", text(1, EMOJI_BYTES_MAX)),
            ("count", number()),
            (
                "users",
                meaning(many(&id(), Some(REACTION_USERS_MAX)), "The first of them"),
            ),
        ],
        &[],
    )
}

fn attachment() -> Value {
    let pixels = meaning(or_null(&number()), "Of a picture, in pixels");
    let variants = meaning(
        many(&named("Variant"), None),
        "A picture in smaller sizes, smallest first",
    );
    object(
        &[
            ("id", id()),
            ("name", any_text()),
            ("content_type", meaning(any_text(), "As found in its bytes")),
            ("size", meaning(number(), "In bytes")),
            ("url", any_text()),
            ("width", pixels.clone()),
            ("height", pixels),
            (
                "color",
                meaning(or_null(&any_text()), "Of a picture from afar, as `#rrggbb`"),
            ),
            ("variants", variants),
        ],
        &[],
    )
}

fn variant() -> Value {
    object(
        &[("width", number()), ("height", number()), ("url", any_text())],
        &[],
    )
}

/// What a page of messages has.
#[must_use]
pub fn page_fields() -> Vec<(&'static str, Value)> {
    vec![
        (
            "messages",
            meaning(many(&named("Message"), None), "Ascending by `seq`"),
        ),
        ("has_before", flag()),
        ("has_after", flag()),
        (
            "last_rev",
            meaning(number(), "The room's revision that the page shows"),
        ),
    ]
}

/// The longest topic, as it comes in.
#[must_use]
pub fn topic() -> Value {
    json!({ "type": "string", "maxLength": TOPIC_CHARS_MAX, "pattern": format!("^[^{CONTROL}]*$") })
}
