//! Messages: post one, read pages and changes.

use std::sync::Arc;

use chat::{
    Attachment, AttachmentId, Author, Code, ConnectionId, Message, MessageId, Nonce, Problem, RoomId, UserId,
    body::{self, NotABody},
    mention,
    message::{Bound, PAGE_LIMIT_MAX, Page},
    permission::may_hurry,
    quota::Quota,
};

use crate::{
    Backend, Caller, Event, Result,
    attachment::attachment_not_found,
    calling::Calling,
    event::Logged,
    markdown::{self, Setting},
    room::MayRead,
    stamp::{new_id, now, now_us},
    store::{Appended, NewMessage},
};

/// A message to post, as it came in.
#[derive(Clone, Debug)]
pub struct Post {
    /// Where.
    pub room: RoomId,
    /// Markdown source.
    pub body: String,
    /// The message that it answers.
    pub thread: Option<MessageId>,
    /// The author's id for the send.
    pub nonce: Option<Nonce>,
    /// Files that the author has uploaded.
    pub attachments: Vec<AttachmentId>,
    /// The connection that it came from; `None`: not a connection.
    pub origin: Option<ConnectionId>,
}

/// A message that is stored.
#[derive(Clone, Debug)]
pub struct Posted {
    /// The message.
    pub message: Message,
    /// The message as JSON: the same bytes that readers get.
    pub json: Arc<str>,
    /// The nonce was used before: this is the first message, nothing was stored.
    pub repeated: bool,
}

impl Posted {
    /// The answer to a nonce that was used before.
    pub(crate) fn again(first: Message) -> Result<Self> {
        Ok(Self {
            json: encode(&first)?,
            message: first,
            repeated: true,
        })
    }
}

/// A body made ready for a page.
pub(crate) struct Rendered {
    /// Its safe rendering.
    pub(crate) html: String,
    /// Who is mentioned in it.
    pub(crate) mentions: Vec<UserId>,
}

impl Backend {
    /// Posts a message. When this returns, the message survives the crash of any process and is on its way to
    /// every reader. Whoever stops waiting for it does not undo it.
    ///
    /// # Errors
    /// `invalid` for the body, for a `thread` that is none of the room and for files that are not there to be sent,
    /// `room_not_found`, `not_a_member`, `message_deleted` where the message to answer was, `room_archived`,
    /// `slow_mode`, `too_fast`, `unavailable`.
    pub async fn post_message(self: &Arc<Self>, caller: &Caller, post: Post) -> Result<Posted> {
        let born_us = now_us();
        let (body, attachments) = match self.check_post(caller, &post).await {
            Ok(checked) => checked,
            // What was stored once stays stored, whatever is wrong with asking again.
            Err(problem) => return self.repeated(caller, post.nonce.as_ref()).await?.ok_or(problem),
        };
        let Rendered { html, mentions } = self.render(&body).await?;
        let Calling { calls, here } = self.calling(post.room, caller.id(), &html).await?;
        let new = NewMessage {
            id: MessageId(new_id()),
            room: post.room,
            author: caller.author.clone(),
            mentions,
            calls,
            here,
            html,
            body,
            nonce: post.nonce,
            attachments,
            created_at: now(),
            exempt: may_hurry(caller.role),
        };
        self.carry_through(move |backend| async move {
            let posted = match post.thread {
                None => backend.append_and_tell(new, post.origin, born_us).await,
                Some(to) => backend.reply_and_tell(to, new, post.origin, born_us).await,
            }?;
            if !posted.repeated {
                backend.seek_previews(&posted.message);
            }
            Ok(posted)
        })
        .await
    }

    /// The body and the files of a post that may be tried.
    async fn check_post(&self, caller: &Caller, post: &Post) -> Result<(String, Vec<Attachment>)> {
        let body = match body::parse(&post.body) {
            Err(NotABody::Empty) if !post.attachments.is_empty() => String::new(),
            parsed => parsed.map_err(|e| Problem::invalid("body", e.reason()))?,
        };
        let subject = caller.id().to_string();
        self.limiter.take(Quota::Post, &subject).await.allowed()?;
        let attachments = self.files_to_send(caller, &post.attachments).await?;
        Ok((body, attachments))
    }

    /// The first message under this nonce, if the caller used it before.
    async fn repeated(&self, caller: &Caller, nonce: Option<&Nonce>) -> Result<Option<Posted>> {
        let Some(nonce) = nonce else { return Ok(None) };
        let first = self.store.message_by_nonce(caller.id(), nonce).await?;
        first.map(Posted::again).transpose()
    }

    async fn append_and_tell(
        &self,
        new: NewMessage,
        origin: Option<ConnectionId>,
        born_us: u64,
    ) -> Result<Posted> {
        #[cfg(feature = "planted")]
        let new = crate::planted::forget(new);
        #[cfg(feature = "planted")]
        if crate::planted::is("publish-before-commit") {
            return self.tell_and_store(new, origin, born_us).await;
        }
        let here = new.here.clone();
        match self.store.append(new).await? {
            Appended::Stored(message) => self.tell_posted(message, here, origin, born_us).await,
            Appended::Repeated(message) => {
                self.tell_reached(&message).await;
                Posted::again(message)
            }
            Appended::NotAMember => Err(Code::NotAMember.into()),
            Appended::RoomNotFound => Err(Code::RoomNotFound.into()),
            Appended::Archived => Err(Code::RoomArchived.into()),
            Appended::Slow { wait_ms } => Err(slow(wait_ms)),
            Appended::AttachmentNotFound => Err(attachment_not_found()),
        }
    }

    /// Tells that a message was posted; it is stored. `here` are those whom it calls beside the people it mentions.
    pub(crate) async fn tell_posted(
        &self,
        message: Message,
        here: Vec<UserId>,
        origin: Option<ConnectionId>,
        born_us: u64,
    ) -> Result<Posted> {
        let json = encode(&message)?;
        let mut logged = Logged::posted(&message, Arc::clone(&json), origin, born_us);
        logged.here = !here.is_empty();
        self.push.note(&message, &here);
        logged.mentions.extend(here);
        self.bus.publish(Event::Logged(logged)).await;
        Ok(Posted {
            message,
            json,
            repeated: false,
        })
    }

    /// Tells how far a room has come. A question that was given up may have been answered by the database all the
    /// same; then this, the same once more, is the first that knows, and the others have not been told.
    pub(crate) async fn tell_reached(&self, message: &Message) {
        let (room, rev) = (message.room, message.rev);
        self.bus.publish(Event::Reached { room, rev }).await;
    }

    /// One page of a room's messages.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn page_messages(&self, room: MayRead, bound: Bound, limit: u64) -> Result<Page> {
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        Ok(self.store.page(room.room(), bound, limit).await?)
    }

    /// What a body looks like, and whom it calls.
    pub(crate) async fn render(&self, body: &str) -> Result<Rendered> {
        let called = self.called_on(body).await?;
        let setting = Setting {
            mentioned: &called,
            site: self.site.as_ref(),
        };
        let html = markdown::render(body, setting);
        let called = called.iter().map(|user| user.id);
        Ok(Rendered {
            mentions: called.filter(|id| markdown::mentions(&html, *id)).collect(),
            html,
        })
    }

    /// Those of the people whom a body may call on by name who exist.
    async fn called_on(&self, body: &str) -> Result<Vec<Author>> {
        let names = mention::candidates(body);
        if names.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.store.users_by_usernames(&names).await?)
    }
}

/// The refusal of slow mode: the time is rounded up, as whoever comes on time must not be refused again.
pub(crate) fn slow(wait_ms: u64) -> Problem {
    Problem::slow_mode(wait_ms.div_ceil(1_000))
}

/// A message as JSON.
///
/// # Errors
/// `internal`, which cannot happen for a message.
pub fn encode(message: &Message) -> Result<Arc<str>> {
    serde_json::to_string(message).map(Arc::from).map_err(|error| {
        tracing::error!(%error, "a message could not be encoded");
        Problem::new(Code::Internal)
    })
}
