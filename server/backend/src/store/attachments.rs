//! Files: what is known of them.

use async_trait::async_trait;
use chat::{Attachment, AttachmentId, RoomId, Timestamp, UserId};

use super::Stored;

/// An upload under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRecord {
    /// The id, which the file will have.
    pub id: AttachmentId,
    /// Who uploads.
    pub owner: UserId,
    /// What the file will be called.
    pub name: String,
    /// How many bytes are announced; 0: unknown.
    pub size: u64,
    /// When it began.
    pub created_at: Timestamp,
}

/// How the end of an upload ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// The file is there now.
    Stored,
    /// It was there already, as this.
    Again(Box<Attachment>),
    /// There is no such upload of this user, or no longer.
    NotFound,
    /// The user's space is full.
    TooMuch,
}

/// A file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// As readers get it.
    pub attachment: Attachment,
    /// Who uploaded it.
    pub owner: UserId,
    /// The room in which it was posted; `None`: it waits for its message.
    pub room: Option<RoomId>,
}

/// Files: what is known of them. Their bytes are elsewhere, in folders named `parts/{id}` while they are on their way
/// and `files/{id}` afterwards; a folder that is not needed any more is among the remains in the same transaction.
///
/// A file goes on one message, once, by its uploader: see [`super::Messages::append`]. It goes when that is deleted.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Notes that an upload begins; false: its owner's space is full.
    async fn begin_upload(&self, upload: UploadRecord) -> Stored<bool>;
    /// An upload under way.
    async fn upload(&self, id: AttachmentId, owner: UserId) -> Stored<Option<UploadRecord>>;
    /// Makes an upload a file that waits for its message.
    async fn finish_upload(&self, owner: UserId, file: Attachment, at: Timestamp) -> Stored<Finished>;
    /// Ends an upload, or takes away the file that it became while that is on no message; false: there is neither.
    async fn cancel_upload(&self, id: AttachmentId, owner: UserId) -> Stored<bool>;
    /// Those of the files that `owner` uploaded and that are on a message, or wait for one since `since` or later.
    /// In no special order; at most [`chat::attachment::ATTACHMENTS_MAX`] are asked for.
    async fn attachments(
        &self,
        owner: UserId,
        ids: &[AttachmentId],
        since: Timestamp,
    ) -> Stored<Vec<Attachment>>;
    /// The file of this id.
    async fn file(&self, id: AttachmentId) -> Stored<Option<FileRecord>>;
    /// Ends uploads that began before this, and takes away the files that wait for a message since before it: some
    /// at a time; false: there were none.
    async fn expire_uploads(&self, before: Timestamp) -> Stored<bool>;
    /// Folders to remove, at most 100.
    async fn remains(&self) -> Stored<Vec<String>>;
    /// These folders are removed.
    async fn forget_remains(&self, folders: &[String]) -> Stored<()>;
}
