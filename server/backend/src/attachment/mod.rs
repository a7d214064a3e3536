//! Files: upload one, in one go or with interruptions, and read it.
//!
//! What comes is kept in parts, each of which is there as a whole or not at all, so that an upload can go on after
//! whatever happened to client, connection or server, on any instance. When all of it is there, it is looked at, made
//! a file, and waits for its message.

mod finish;
mod parts;

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use chat::{
    Attachment, AttachmentId, Code, Problem, UserId,
    attachment::{ATTACHMENTS_MAX, FILE_BYTES_MAX, Kind, UNATTACHED_MS, clean_name},
    permission::Action,
    quota::Quota,
};
use futures::{Stream, TryStreamExt};

use self::parts::{Came, Parts};
use crate::{
    Backend, Caller, Result,
    files::Pieces,
    sniff,
    stamp::{new_id, now},
    store::{
        FileRecord, UploadRecord,
        files::{file_folder, parts_folder},
    },
};

/// The name of a file in its folder; smaller sizes of a picture are beside it, by their width.
pub(crate) const WHOLE: &str = "whole";
/// The most bytes of a picture in a smaller size. One is a tenth of this.
const SMALLER_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// How far an upload has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes are there: what comes next goes on here.
    pub offset: u64,
    /// How many bytes it will have.
    pub size: u64,
    /// The file, once all of it is there.
    pub attachment: Option<Attachment>,
}

/// A picture in a smaller size, and its media type.
#[derive(Clone, Debug)]
pub struct Smaller {
    /// All of it.
    pub bytes: Bytes,
    /// As found in it.
    pub content_type: &'static str,
}

impl Backend {
    /// Begins an upload of so many bytes.
    ///
    /// # Errors
    /// `invalid` for a size of nothing, `too_large`, `quota_reached`, `too_fast`, `unavailable`.
    pub async fn begin_upload(&self, caller: &Caller, name: &str, size: u64) -> Result<AttachmentId> {
        if size == 0 {
            return Err(Problem::invalid("size", "must be at least 1"));
        }
        Ok(self.note_upload(caller, name, size).await?.id)
    }

    /// Notes an upload of so many bytes; 0: unknown.
    async fn note_upload(&self, caller: &Caller, name: &str, size: u64) -> Result<UploadRecord> {
        if size > FILE_BYTES_MAX {
            return Err(too_large());
        }
        let subject = caller.id().to_string();
        self.limiter.take(Quota::Upload, &subject).await.allowed()?;
        let upload = UploadRecord {
            id: AttachmentId(new_id()),
            owner: caller.id(),
            name: clean_name(name),
            size,
            created_at: now(),
        };
        if !self.store.begin_upload(upload.clone()).await? {
            return Err(Code::QuotaReached.into());
        }
        Ok(upload)
    }

    /// How far an upload has come. One that has become a file is asked about as before, until the file is sent.
    ///
    /// # Errors
    /// `upload_not_found`, `unavailable`.
    pub async fn find_upload(&self, caller: &Caller, id: AttachmentId) -> Result<Progress> {
        match self.store.upload(id, caller.id()).await? {
            Some(upload) => Ok(Progress {
                offset: Parts::of(&*self.files, id).await?.covered(),
                size: upload.size,
                attachment: None,
            }),
            None => self.finished(caller, id).await,
        }
    }

    /// The upload of this id as the file that it became.
    async fn finished(&self, caller: &Caller, id: AttachmentId) -> Result<Progress> {
        let found = self.store.file(id).await?;
        let own = found.filter(|file| file.owner == caller.id());
        let FileRecord { attachment, .. } = own.ok_or(Code::UploadNotFound)?;
        Ok(Progress {
            offset: attachment.size,
            size: attachment.size,
            attachment: Some(attachment),
        })
    }

    /// Goes on with an upload where it stands. What came before the bytes ended early is kept.
    ///
    /// # Errors
    /// `wrong_offset` where it stands elsewhere, `upload_not_found`, `too_large` for more bytes than announced, those
    /// of a file that is refused, the error that the bytes ended with, `too_fast`, `unavailable`.
    pub async fn continue_upload<S>(
        self: &Arc<Self>,
        caller: &Caller,
        id: AttachmentId,
        offset: u64,
        bytes: S,
    ) -> Result<Progress>
    where
        S: Stream<Item = Result<Bytes>> + Send + Unpin + 'static,
    {
        let admitted = self.receiving.admit(caller.id())?;
        let Some(upload) = self.store.upload(id, caller.id()).await? else {
            return self.finished(caller, id).await;
        };
        let stands = Parts::of(&*self.files, id).await?.covered();
        if offset != stands {
            let detail = format!("The upload goes on at {stands}");
            return Err(Problem::because(Code::WrongOffset, detail));
        }
        // A connection that breaks takes its request with it; what had come by then is kept all the same.
        self.carry_through(move |backend| async move {
            let _admitted = admitted;
            let room = offset..upload.size;
            let Came { count, end } = parts::receive(&*backend.files, id, room, bytes).await;
            end?;
            let (offset, size) = (offset + count, upload.size);
            let attachment = match offset < size {
                true => None,
                false => Some(backend.finish_upload(upload, size).await?),
            };
            Ok(Progress {
                offset,
                size,
                attachment,
            })
        })
        .await
    }

    /// Ends an upload, or takes a file away that is not sent.
    ///
    /// # Errors
    /// `upload_not_found`, `unavailable`.
    pub async fn cancel_upload(&self, caller: &Caller, id: AttachmentId) -> Result<()> {
        if !self.store.cancel_upload(id, caller.id()).await? {
            return Err(Code::UploadNotFound.into());
        }
        self.clear_away(vec![parts_folder(id), file_folder(id)]).await;
        Ok(())
    }

    /// Uploads a file in one go. Where its bytes end early, nothing is left of it.
    ///
    /// # Errors
    /// `invalid` for nothing at all, `too_large`, `quota_reached`, those of a file that is refused, the error that the
    /// bytes ended with, `too_fast`, `unavailable`.
    pub async fn upload_file<S>(self: &Arc<Self>, caller: &Caller, name: &str, bytes: S) -> Result<Attachment>
    where
        S: Stream<Item = Result<Bytes>> + Send + Unpin + 'static,
    {
        let admitted = self.receiving.admit(caller.id())?;
        let upload = self.note_upload(caller, name, 0).await?;
        let (id, caller) = (upload.id, caller.clone());
        self.carry_through(move |backend| async move {
            let _admitted = admitted;
            let Came { count, end } = parts::receive(&*backend.files, id, 0..FILE_BYTES_MAX, bytes).await;
            let taken = match (count, end) {
                (_, Err(problem)) => Err(problem),
                (0, Ok(())) => Err(Problem::invalid("file", "is empty")),
                (count, Ok(())) => Ok(count),
            };
            let made = match taken {
                Ok(count) => backend.finish_upload(upload, count).await,
                Err(problem) => Err(problem),
            };
            if made.is_err() {
                // Where it was refused it is gone already.
                backend.cancel_upload(&caller, id).await.ok();
            }
            made
        })
        .await
    }

    /// Keeps a file of `owner` that somebody else brings, such as an import, as one that waits for its message.
    ///
    /// # Errors
    /// Those of [`Backend::upload_file`] but for the limits on how often.
    pub(crate) async fn bring_file<S>(
        self: &Arc<Self>,
        owner: UserId,
        name: &str,
        bytes: S,
    ) -> Result<Attachment>
    where
        S: Stream<Item = Result<Bytes>> + Send + Unpin,
    {
        let upload = UploadRecord {
            id: AttachmentId(new_id()),
            owner,
            name: clean_name(name),
            size: 0,
            created_at: now(),
        };
        if !self.store.begin_upload(upload.clone()).await? {
            return Err(Code::QuotaReached.into());
        }
        let id = upload.id;
        let Came { count, end } = parts::receive(&*self.files, id, 0..FILE_BYTES_MAX, bytes).await;
        let made = match end {
            Ok(()) => self.finish_upload(upload, count).await,
            Err(problem) => Err(problem),
        };
        if made.is_err() {
            // Where it was refused it is gone already; otherwise upkeep sees to it.
            self.store.cancel_upload(id, owner).await.ok();
        }
        made
    }

    /// A file, for who may read the message that it is on; until it is on one, for who uploaded it. Whoever may not is
    /// told that there is none.
    ///
    /// # Errors
    /// `file_not_found`, `unavailable`.
    pub async fn find_file(&self, caller: &Caller, id: AttachmentId) -> Result<Attachment> {
        let file = self.store.file(id).await?.ok_or(Code::FileNotFound)?;
        match file.room {
            None if file.owner == caller.id() => Ok(file.attachment),
            None => Err(Code::FileNotFound.into()),
            Some(room) => match self.allow(caller, room, Action::Read).await {
                Ok(_) => Ok(file.attachment),
                Err(Problem {
                    code: Code::Unavailable,
                    ..
                }) => Err(Problem::unavailable(1)),
                Err(_) => Err(Code::FileNotFound.into()),
            },
        }
    }

    /// These bytes of a file that was found for the caller.
    ///
    /// # Errors
    /// `file_not_found` where it was taken away meanwhile, `unavailable`.
    pub async fn read_file(&self, file: &Attachment, range: Range<u64>) -> Result<Pieces> {
        let path = format!("{}/{WHOLE}", file_folder(file.id));
        Ok(self.files.get(&path, range).await?.ok_or(Code::FileNotFound)?)
    }

    /// A picture that was found for the caller, in one of its smaller sizes.
    ///
    /// # Errors
    /// `file_not_found` where there is no such size, `unavailable`.
    pub async fn read_smaller(&self, file: &Attachment, width: u32) -> Result<Smaller> {
        if !file.variants.iter().any(|variant| variant.width == width) {
            return Err(Code::FileNotFound.into());
        }
        let path = format!("{}/{width}", file_folder(file.id));
        let pieces = self.files.get(&path, 0..SMALLER_BYTES_MAX).await?;
        let pieces: Vec<Bytes> = pieces.ok_or(Code::FileNotFound)?.try_collect().await?;
        let bytes = Bytes::from(pieces.concat());
        Ok(Smaller {
            content_type: sniff::media_type(&bytes),
            bytes,
        })
    }

    /// The caller's files of these ids, in their order, to be sent with a message.
    ///
    /// # Errors
    /// `invalid` for too many and where one is not there to be sent, `unavailable`.
    pub(crate) async fn files_to_send(
        &self,
        caller: &Caller,
        ids: &[AttachmentId],
    ) -> Result<Vec<Attachment>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        if ids.len() > ATTACHMENTS_MAX {
            return Err(Problem::invalid("attachments", "are more than 10"));
        }
        let since = now().plus_ms(-UNATTACHED_MS);
        let found = self.store.attachments(caller.id(), ids, since).await?;
        let file = |(place, id): (usize, &AttachmentId)| {
            let again = ids[..place].contains(id);
            let found = found.iter().find(|file| file.id == *id && !again);
            found.cloned().ok_or_else(attachment_not_found)
        };
        ids.iter().enumerate().map(file).collect()
    }

    /// Ends the uploads and takes away the files that nobody will send any more, and removes the bytes of what is gone.
    pub(crate) async fn expire_uploads(&self) -> Result<()> {
        // An hour longer than one may be sent: nobody sends it at this moment.
        let before = now().plus_ms(-UNATTACHED_MS - HOUR_MS);
        while self.store.expire_uploads(before).await? {}
        loop {
            let folders = self.store.remains().await?;
            if folders.is_empty() {
                return Ok(());
            }
            for folder in &folders {
                self.files.remove(folder).await?;
            }
            self.store.forget_remains(&folders).await?;
        }
    }

    /// Removes folders that are among the remains. What fails is left for upkeep.
    async fn clear_away(&self, folders: Vec<String>) {
        for folder in &folders {
            if let Err(error) = self.files.remove(folder).await {
                tracing::debug!(%error, "bytes were not removed; upkeep tries again");
                return;
            }
        }
        if let Err(error) = self.store.forget_remains(&folders).await {
            tracing::debug!(%error, "removed bytes were not noted; upkeep removes them once more");
        }
    }
}

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// As which media type a file is served. Only what browsers show or play without running anything of it is served as
/// what it is; everything else is bytes to save.
#[must_use]
pub fn served_type(file: &Attachment) -> &str {
    match file.kind() {
        Kind::Image | Kind::Audio | Kind::Video => &file.content_type,
        Kind::File => sniff::UNKNOWN,
    }
}

/// The refusal of a message whose files are not there to be sent.
pub(crate) fn attachment_not_found() -> Problem {
    Problem::invalid(
        "attachments",
        "name a file that is not yours, is gone, or was sent already",
    )
}

fn too_large() -> Problem {
    Problem::because(Code::TooLarge, "A file may have 100 MiB")
}
