//! The frames and answers of the contract in JSON, field by field. [`chat::wire`] says what they mean; the tests hold
//! this page against it.

use chat::{
    Attachment, Author, Message, Nonce, Reaction, Room, RoomKind, Status,
    message::{Page, Thread},
    view::Pending,
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
        },
        "presence" => ServerFrame::Presence {
            user: field("user").read()?,
            status: status(field("status"))?,
        },
        "read" => ServerFrame::Read {
            room: field("room").read()?,
            seq: field("seq").number()?,
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
    match frame {
        ClientFrame::Join { id, room, after } => Writer::new("join")
            .number_or_text("id", id.as_ref())
            .text("room", &room.to_string())
            .number("after", *after),
        ClientFrame::Leave { room } => Writer::new("leave").text("room", &room.to_string()),
        ClientFrame::Send {
            room,
            nonce,
            body,
            thread,
        } => {
            let send = Writer::new("send")
                .text("room", &room.to_string())
                .text("nonce", nonce.as_str())
                .text("body", body);
            match thread {
                Some(root) => send.text("thread", &root.to_string()),
                None => send,
            }
        }
        ClientFrame::Typing { room } => Writer::new("typing").text("room", &room.to_string()),
        ClientFrame::Read { room, seq } => Writer::new("read")
            .text("room", &room.to_string())
            .number("seq", Some(*seq)),
        ClientFrame::Presence { status } => Writer::new("presence").text("status", status_name(*status)),
    }
    .end()
}

/// Writes sends, to be kept.
pub fn text_of_sends<'a>(sends: impl Iterator<Item = &'a Pending>) -> String {
    let sends = sends.map(|send| {
        let Pending {
            room,
            nonce,
            body,
            created_at,
            failed,
        } = send;
        let fields = Writer::new("pending")
            .text("room", &room.to_string())
            .text("nonce", nonce.as_str());
        let fields = fields
            .text("body", body)
            .text("created_at", &created_at.to_string());
        match failed {
            Some(reason) => fields.text("failed", reason),
            None => fields,
        }
        .end()
    });
    ["[", &sends.collect::<Vec<_>>().join(","), "]"].concat()
}

/// Reads sends that were kept; none where they cannot be read.
#[must_use]
pub fn sends(text: &str) -> Vec<Pending> {
    let send = |value: &Value<'_>| {
        Some(Pending {
            room: value.get("room").read()?,
            nonce: nonce(value.get("nonce"))?,
            body: value.get("body").string()?,
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
    })
}

fn author(value: &Value<'_>) -> Option<Author> {
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
        url: value.get("url").string()?,
        name: value.get("name").string()?,
        media_type: value.get("media_type").string()?,
        size: value.get("size").number()?,
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
        member: field("member").flag()?,
        last_seq: field("last_seq").number()?,
        last_rev: field("last_rev").number()?,
        read_seq: field("read_seq").number()?,
        unread: field("unread").number()?,
        mentions: field("mentions").number()?,
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

/// An object that is being written.
struct Writer(String);

impl Writer {
    fn new(kind: &str) -> Self {
        Self("{".to_owned()).text("type", kind)
    }

    fn text(mut self, name: &str, text: &str) -> Self {
        self.name(name);
        quote(text, &mut self.0);
        self
    }

    fn number(mut self, name: &str, number: Option<u64>) -> Self {
        if let Some(number) = number {
            self.name(name);
            self.0.push_str(&number.to_string());
        }
        self
    }

    fn number_or_text(mut self, name: &str, id: Option<&RequestId>) -> Self {
        match id {
            Some(RequestId::Text(text)) => return self.text(name, text),
            Some(RequestId::Number(number)) => {
                self.name(name);
                self.0.push_str(&number.to_string());
            }
            None => {}
        }
        self
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote(name, &mut self.0);
        self.0.push(':');
    }
}

#[cfg(test)]
mod tests;
