//! Threads: answer a message, read the answers.

use chat::{
    Code, ConnectionId, MessageId, Problem,
    message::{Bound, PAGE_LIMIT_MAX, Thread},
};

use crate::{
    Backend, Caller, Result,
    attachment::attachment_not_found,
    message::{Posted, slow},
    store::{NewMessage, Replied},
};

impl Backend {
    /// Stores a reply and tells of both messages that it changed, in the order of their `rev`.
    pub(crate) async fn reply_and_tell(
        &self,
        to: MessageId,
        new: NewMessage,
        origin: Option<ConnectionId>,
        born_us: u64,
    ) -> Result<Posted> {
        let here = new.here.clone();
        match self.store.reply(to, new).await? {
            Replied::Stored { reply, root } => {
                let posted = self.tell_posted(reply, here, origin, born_us).await?;
                self.tell_recounted(&root, born_us).await?;
                Ok(posted)
            }
            Replied::Repeated(message) => {
                self.tell_reached(&message).await;
                Posted::again(message)
            }
            Replied::NotAMember => Err(Code::NotAMember.into()),
            Replied::RoomNotFound => Err(Code::RoomNotFound.into()),
            Replied::Archived => Err(Code::RoomArchived.into()),
            Replied::Slow { wait_ms } => Err(slow(wait_ms)),
            Replied::AttachmentNotFound => Err(attachment_not_found()),
            Replied::RootNotFound => Err(Problem::invalid("thread", "is no message of this room")),
            Replied::RootDeleted => Err(Problem::because(
                Code::MessageDeleted,
                "The message to answer was deleted",
            )),
        }
    }

    /// A message and one page of the replies to it; of a reply, the thread that it is in.
    ///
    /// # Errors
    /// `message_not_found`, `not_a_member`, `unavailable`.
    pub async fn page_thread(
        &self,
        caller: &Caller,
        id: MessageId,
        bound: Bound,
        limit: u64,
    ) -> Result<Thread> {
        let message = self.find_message(caller, id).await?;
        let root = message.thread.unwrap_or(id);
        let limit = limit.clamp(1, PAGE_LIMIT_MAX);
        let thread = self.store.thread(root, bound, limit).await?;
        Ok(thread.ok_or(Code::MessageNotFound)?)
    }
}
