//! The frames and answers of the contract in JSON, field by field. [`chat::wire`] says what they mean; the tests hold
//! this page against it.

use chat::{
    Attachment, Author, Call, Level, Message, Nonce, Reaction, Room, RoomKind, Status, UserId, Variant,
    message::{Page, Thread},
    view::{Pending, View},
    wire::{ClientFrame, RequestId, RoomHead, ServerFrame},
};

use super::json::{Value, quote};

/// Reads what the server sent. `None`: it is of a kind that this page does not know, which is none of its business.
#[must_use]
pub fn frame(text: &str) -> Option<ServerFrame> {
    let value = &Value::parse(text)?;
    let field = |name: &str| value.get(name);
    Some(match field("type").text()? {
        "hello" => ServerFrame::Hello {
            connection: field("connection").read()?,
            user: field("user").read()?,
            heartbeat_ms: field("heartbeat_ms").number()?,
            epoch: field("epoch").string()?,
            rooms: field("rooms").list(head)?,
            rooms_version: field("rooms_version").number()?,
        },
        "joined" => ServerFrame::Joined {
            id: field("id").option(request_id)?,
            room: field("room").read()?,
            last_seq: field("last_seq").number()?,
            last_rev: field("last_rev").number()?,
            messages: field("messages").list(message)?,
            limited: field("limited").flag()?,
        },
        "sent" => ServerFrame::Sent {
            nonce: nonce(field("nonce"))?,
            message: message(field("message"))?,
        },
        "message" => ServerFrame::Message {
            message: message(field("message"))?,
        },
        "changed" => ServerFrame::Changed {
            message: message(field("message"))?,
        },
        "head" => ServerFrame::Head {
            room: field("room").read()?,
            last_seq: field("last_seq").number()?,
            last_rev: field("last_rev").number()?,
            mentions: field("mentions").number()?,
        },
        "typing" => ServerFrame::Typing {
            room: field("room").read()?,
            user: field("user").read()?,
            thread: field("thread").option(|thread| thread.read())?,
        },
        "presence" => ServerFrame::Presence {
            user: field("user").read()?,
            status: status(field("status"))?,
        },
        "read" => ServerFrame::Read {
            room: field("room").read()?,
            seq: field("seq").number()?,
            turn: field("turn").option(Value::number)?.unwrap_or(0),
        },
        "room" => ServerFrame::Room {
            room: Box::new(room(field("room"))?),
        },
        "reconnect" => ServerFrame::Reconnect {
            in_ms: field("in_ms").number()?,
        },
        "error" => ServerFrame::Error {
            id: field("id").option(request_id)?,
            nonce: field("nonce").option(Value::string)?,
            code: field("code").string()?,
            detail: field("detail").string()?,
        },
        _ => return None,
    })
}

/// Reads a page of messages.
#[must_use]
pub fn page(value: &Value<'_>) -> Option<Page> {
    Some(Page {
        messages: value.get("messages").list(message)?,
        has_before: value.get("has_before").flag()?,
        has_after: value.get("has_after").flag()?,
        last_rev: value.get("last_rev").number()?,
    })
}

/// Reads a page of a thread.
#[must_use]
pub fn thread(value: &Value<'_>) -> Option<Thread> {
    Some(Thread {
        root: message(value.get("root"))?,
        page: page(value)?,
    })
}

/// Reads a list of people.
#[must_use]
pub fn people(value: &Value<'_>) -> Option<Vec<Author>> {
    value.get("users").list(author)
}

/// Writes what the server is sent.
#[must_use]
pub fn text_of(frame: &ClientFrame) -> String {
    let mut writer = Writer::default();
    match frame {
        ClientFrame::Join { id, room, after } => {
            writer.begin("join").text("room", &room.to_string());
            if let Some(RequestId::Text(text)) = id {
                writer.text("id", text);
            }
            if let Some(RequestId::Number(number)) = id {
                writer.raw("id", &number.to_string());
            }
            if let Some(after) = after {
                writer.number("after", *after);
            }
        }
        ClientFrame::Leave { room } => {
            writer.begin("leave").text("room", &room.to_string());
        }
        ClientFrame::Send {
            room,
            nonce,
            body,
            thread,
            attachments,
        } => {
            writer.begin("send").text("room", &room.to_string());
            writer.text("nonce", nonce.as_str()).text("body", body);
            if let Some(root) = thread {
                writer.text("thread", &root.to_string());
            }
            if !attachments.is_empty() {
                writer.name("attachments");
                writer.items(attachments.iter(), |writer, id| {
                    quote(&id.to_string(), &mut writer.text)
                });
            }
        }
        ClientFrame::Typing { room, thread } => {
            writer.begin("typing").text("room", &room.to_string());
            if let Some(root) = thread {
                writer.text("thread", &root.to_string());
            }
        }
        ClientFrame::Read { room, seq, turn } => {
            writer
                .begin("read")
                .text("room", &room.to_string())
                .number("seq", *seq);
            if let Some(turn) = turn {
                writer.number("turn", *turn);
            }
        }
        ClientFrame::Presence { status } => {
            writer.begin("presence").text("status", status_name(*status));
        }
    }
    writer.end()
}

/// Writes sends, to be kept.
pub fn text_of_sends<'a>(sends: impl Iterator<Item = &'a Pending>) -> String {
    let mut writer = Writer::default();
    writer.items(sends, |writer, send| {
        let Pending {
            room,
            nonce,
            body,
            attachments,
            created_at,
            failed,
        } = send;
        writer.open().text("room", &room.to_string());
        writer.text("nonce", nonce.as_str()).text("body", body);
        writer.text("created_at", &created_at.to_string());
        if let Some(reason) = failed {
            writer.text("failed", reason);
        }
        if !attachments.is_empty() {
            writer.name("attachments");
            writer.items(attachments.iter(), write_attachment);
        }
        writer.close();
    });
    writer.text
}

/// Writes the newest messages of a room as a page, to be kept. [`page`] reads it.
#[must_use]
pub fn text_of_room(view: &View, limit: usize) -> String {
    let first = view.messages().len().saturating_sub(limit);
    let mut writer = Writer::default();
    writer.open().name("messages");
    writer.items(view.messages().skip(first), write_message);
    writer.flag("has_before", first > 0 || view.has_before());
    writer
        .flag("has_after", false)
        .number("last_rev", view.last_rev());
    writer.end()
}

fn write_message(writer: &mut Writer, message: &Message) {
    writer.open().text("id", &message.id.to_string());
    writer.text("room", &message.room.to_string());
    writer.number("seq", message.seq).number("rev", message.rev);
    writer.name("author");
    write_author(writer, &message.author);
    writer.text("body", &message.body).text("html", &message.html);
    writer.text("created_at", &message.created_at.to_string());
    writer
        .flag("deleted", message.deleted)
        .flag("pinned", message.pinned);
    writer.number("reply_count", message.reply_count);
    if let Some(edited_at) = message.edited_at {
        writer.text("edited_at", &edited_at.to_string());
    }
    if let Some(thread) = message.thread {
        writer.text("thread", &thread.to_string());
    }
    if let Some(nonce) = &message.nonce {
        writer.text("nonce", nonce.as_str());
    }
    writer.name("reactions");
    writer.items(message.reactions.iter(), |writer, reaction| {
        writer.open().text("emoji", &reaction.emoji);
        writer.number("count", reaction.count).name("users");
        write_users(writer, &reaction.users);
        writer.close();
    });
    writer.name("attachments");
    writer.items(message.attachments.iter(), write_attachment);
    if let Some(call) = message.calls {
        writer.text("calls", call.name());
    }
    writer.name("mentions");
    write_users(writer, &message.mentions);
    writer.close();
}

fn write_attachment(writer: &mut Writer, attachment: &Attachment) {
    writer.open().text("id", &attachment.id.to_string());
    writer.text("url", &attachment.url).text("name", &attachment.name);
    writer.text("content_type", &attachment.content_type);
    writer.number("size", attachment.size);
    for (name, number) in [("width", attachment.width), ("height", attachment.height)] {
        if let Some(number) = number {
            writer.number(name, number.into());
        }
    }
    if let Some(color) = &attachment.color {
        writer.text("color", color);
    }
    writer.name("variants");
    writer.items(attachment.variants.iter(), |writer, variant| {
        writer.open().number("width", variant.width.into());
        writer.number("height", variant.height.into());
        writer.text("url", &variant.url).close();
    });
    writer.close();
}

fn write_author(writer: &mut Writer, author: &Author) {
    writer.open().text("id", &author.id.to_string());
    writer.text("username", &author.username);
    writer.text("display_name", &author.display_name);
    if let Some(address) = &author.avatar_url {
        writer.text("avatar_url", address);
    }
    writer.close();
}

fn write_users(writer: &mut Writer, users: &[UserId]) {
    writer.items(users.iter(), |writer, user| {
        quote(&user.to_string(), &mut writer.text)
    });
}

/// Writes files.
#[must_use]
pub fn text_of_files(files: &[Attachment]) -> String {
    let mut writer = Writer::default();
    writer.items(files.iter(), write_attachment);
    writer.text
}

/// Reads files; none where they cannot be read.
#[must_use]
pub fn files(text: &str) -> Vec<Attachment> {
    Value::parse(text)
        .and_then(|value| value.list(attachment))
        .unwrap_or_default()
}

/// Reads sends that were kept; none where they cannot be read.
#[must_use]
pub fn sends(text: &str) -> Vec<Pending> {
    let send = |value: &Value<'_>| {
        Some(Pending {
            room: value.get("room").read()?,
            nonce: nonce(value.get("nonce"))?,
            body: value.get("body").string()?,
            attachments: value
                .get("attachments")
                .option(|files| files.list(attachment))?
                .unwrap_or_default(),
            created_at: value.get("created_at").read()?,
            failed: value.get("failed").option(Value::string)?,
        })
    };
    Value::parse(text)
        .and_then(|value| value.list(send))
        .unwrap_or_default()
}

/// Reads a message.
#[must_use]
pub fn message(value: &Value<'_>) -> Option<Message> {
    let field = |name: &str| value.get(name);
    Some(Message {
        id: field("id").read()?,
        room: field("room").read()?,
        seq: field("seq").number()?,
        rev: field("rev").number()?,
        author: author(field("author"))?,
        body: field("body").string()?,
        html: field("html").string()?,
        created_at: field("created_at").read()?,
        edited_at: field("edited_at").option(Value::read)?,
        deleted: field("deleted").flag()?,
        pinned: field("pinned").flag()?,
        thread: field("thread").option(Value::read)?,
        reply_count: field("reply_count").number()?,
        nonce: field("nonce").option(nonce)?,
        reactions: field("reactions").list(reaction)?,
        attachments: field("attachments").list(attachment)?,
        mentions: field("mentions").list(Value::read)?,
        calls: field("calls").text().and_then(Call::of),
    })
}

/// Reads whom a message is by.
#[must_use]
pub fn author(value: &Value<'_>) -> Option<Author> {
    Some(Author {
        id: value.get("id").read()?,
        username: value.get("username").string()?,
        display_name: value.get("display_name").string()?,
        avatar_url: value.get("avatar_url").option(Value::string)?,
    })
}

fn reaction(value: &Value<'_>) -> Option<Reaction> {
    Some(Reaction {
        emoji: value.get("emoji").string()?,
        count: value.get("count").number()?,
        users: value.get("users").list(Value::read)?,
    })
}

fn attachment(value: &Value<'_>) -> Option<Attachment> {
    Some(Attachment {
        id: value.get("id").read()?,
        url: value.get("url").string()?,
        name: value.get("name").string()?,
        content_type: value.get("content_type").string()?,
        size: value.get("size").number()?,
        width: value.get("width").option(Value::number)?,
        height: value.get("height").option(Value::number)?,
        color: value.get("color").option(Value::string)?,
        variants: value.get("variants").list(variant)?,
    })
}

fn variant(value: &Value<'_>) -> Option<Variant> {
    Some(Variant {
        width: value.get("width").number()?,
        height: value.get("height").number()?,
        url: value.get("url").string()?,
    })
}

fn room(value: &Value<'_>) -> Option<Room> {
    let field = |name: &str| value.get(name);
    Some(Room {
        id: field("id").read()?,
        kind: match field("kind").text()? {
            "channel" => RoomKind::Channel,
            "direct" => RoomKind::Direct,
            _ => return None,
        },
        slug: field("slug").string()?,
        name: field("name").string()?,
        topic: field("topic").string()?,
        private: field("private").flag()?,
        description: field("description").string()?,
        archived: field("archived").flag()?,
        slow_s: field("slow_s").number()?,
        created_by: field("created_by").option(Value::read)?,
        member: field("member").flag()?,
        last_seq: field("last_seq").number()?,
        last_rev: field("last_rev").number()?,
        read_seq: field("read_seq").number()?,
        unread: field("unread").number()?,
        mentions: field("mentions").number()?,
        read_turn: field("read_turn").option(Value::number)?.unwrap_or(0),
        level: field("level").text().and_then(Level::of_name),
        muted: field("muted").option(Value::flag)?.unwrap_or(false),
        users: field("users")
            .option(|users| users.list(author))?
            .unwrap_or_default(),
    })
}

fn head(value: &Value<'_>) -> Option<RoomHead> {
    Some(RoomHead {
        room: value.get("room").read()?,
        last_seq: value.get("last_seq").number()?,
        last_rev: value.get("last_rev").number()?,
        read_seq: value.get("read_seq").number()?,
        read_turn: value.get("read_turn").option(Value::number)?.unwrap_or(0),
        mentions: value.get("mentions").option(Value::number)?.unwrap_or(0),
        level: value.get("level").text().and_then(Level::of_name),
        muted: value.get("muted").option(Value::flag)?.unwrap_or(false),
    })
}

fn nonce(value: &Value<'_>) -> Option<Nonce> {
    Nonce::new(value.text()?).ok()
}

fn request_id(value: &Value<'_>) -> Option<RequestId> {
    value
        .number()
        .map(RequestId::Number)
        .or_else(|| value.string().map(RequestId::Text))
}

fn status(value: &Value<'_>) -> Option<Status> {
    [Status::Online, Status::Away, Status::Offline]
        .into_iter()
        .find(|status| value.text() == Some(status_name(*status)))
}

/// A status as frames and pages have it.
#[must_use]
pub const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Online => "online",
        Status::Away => "away",
        Status::Offline => "offline",
    }
}

/// JSON that is being written, value by value.
#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    /// Begins a frame.
    fn begin(&mut self, kind: &str) -> &mut Self {
        self.open().text("type", kind)
    }

    fn open(&mut self) -> &mut Self {
        self.text.push('{');
        self
    }

    fn close(&mut self) {
        self.text.push('}');
    }

    fn end(mut self) -> String {
        self.close();
        self.text
    }

    fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.name(name);
        quote(text, &mut self.text);
        self
    }

    fn number(&mut self, name: &str, number: u64) -> &mut Self {
        self.raw(name, &number.to_string())
    }

    fn flag(&mut self, name: &str, flag: bool) -> &mut Self {
        self.raw(name, if flag { "true" } else { "false" })
    }

    fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        self.text.push_str(value);
        self
    }

    /// Writes a list of what `write` writes.
    fn items<T>(&mut self, items: impl Iterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.text.push('[');
        for (place, item) in items.enumerate() {
            if place > 0 {
                self.text.push(',');
            }
            write(self, item);
        }
        self.text.push(']');
    }

    fn name(&mut self, name: &str) {
        if !self.text.ends_with('{') {
            self.text.push(',');
        }
        quote(name, &mut self.text);
        self.text.push(':');
    }
}

#[cfg(test)]
mod tests;
