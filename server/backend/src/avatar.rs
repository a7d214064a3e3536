//! People's pictures: cut square, drawn in a few sizes, and kept like files, under an address that is another one for each
//! picture.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chat::{AttachmentId, Code, Problem, Profile, quota::Quota};
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use crate::{
    Backend, Caller, Result,
    attachment::Smaller,
    picture::{self, NotAPicture},
    sniff,
    stamp::{new_id, now},
    store::{
        UploadRecord,
        files::{avatar_address, file_folder},
    },
};

/// The most bytes of a picture that somebody brings. It is read as a whole, to be drawn anew.
pub const AVATAR_BYTES_MAX: usize = 5 * 1024 * 1024;
/// The sides of what is drawn, in pixels: for lists, and for a profile. Twice what pages show and more.
pub const SIDES: [u32; 2] = [96, 288];
/// The most bytes of one of them.
const DRAWN_BYTES_MAX: u64 = 1024 * 1024;

impl Backend {
    /// Gives the caller another picture; gives the profile as it is then.
    ///
    /// # Errors
    /// `invalid` for what is no picture, `too_large`, `quota_reached`, the error that the bytes ended with, `too_fast`,
    /// `unavailable`.
    pub async fn set_avatar<S>(self: &Arc<Self>, caller: &Caller, bytes: S) -> Result<Profile>
    where
        S: Stream<Item = Result<Bytes>> + Send + Unpin,
    {
        self.limiter
            .take(Quota::Upload, &caller.id().to_string())
            .await
            .allowed()?;
        let _admitted = self.receiving.admit(caller.id())?;
        let turn = self.pictures.turn().await?;
        let bytes = whole(bytes).await?;
        let format = picture::format(sniff::media_type(&bytes)).ok_or_else(no_picture)?;
        let drawn = turn.run(move || picture::squares(format, &bytes, &SIDES)).await?;
        let drawn = drawn.map_err(refused)?;
        let upload = UploadRecord {
            id: AttachmentId(new_id()),
            owner: caller.id(),
            name: "avatar".to_owned(),
            size: 0,
            created_at: now(),
        };
        self.carry_through(move |backend| async move { backend.keep_avatar(upload, drawn).await })
            .await
    }

    async fn keep_avatar(&self, upload: UploadRecord, drawn: Vec<(u32, Vec<u8>)>) -> Result<Profile> {
        let (id, user) = (upload.id, upload.owner);
        // What is written is named by the upload until it is by the user, so that nothing can be left behind.
        if !self.store.begin_upload(upload).await? {
            return Err(Code::QuotaReached.into());
        }
        for (side, bytes) in drawn {
            self.files.put(&path(id, side), Bytes::from(bytes)).await?;
        }
        if !self.store.set_avatar(user, Some(avatar_address(id))).await? {
            return Err(Code::UserNotFound.into());
        }
        self.tell_user_changed(user).await?;
        self.find_profile(user).await
    }

    /// Takes the caller's picture away.
    ///
    /// # Errors
    /// `too_fast`, `unavailable`.
    pub async fn remove_avatar(self: &Arc<Self>, caller: &Caller) -> Result<()> {
        let user = caller.id();
        self.limiter
            .take(Quota::Change, &user.to_string())
            .await
            .allowed()?;
        self.carry_through(move |backend| async move {
            backend.store.set_avatar(user, None).await?;
            backend.tell_user_changed(user).await
        })
        .await
    }

    /// A picture on a side of so many pixels; else of the fewest there are.
    ///
    /// # Errors
    /// `file_not_found`, `unavailable`.
    pub async fn read_avatar(&self, id: AttachmentId, side: Option<u32>) -> Result<Smaller> {
        let side = side.unwrap_or(SIDES[0]);
        if !SIDES.contains(&side) {
            return Err(Code::FileNotFound.into());
        }
        let pieces = self.files.get(&path(id, side), 0..DRAWN_BYTES_MAX).await?;
        let pieces: Vec<Bytes> = pieces.ok_or(Code::FileNotFound)?.try_collect().await?;
        let bytes = Bytes::from(pieces.concat());
        Ok(Smaller {
            content_type: sniff::media_type(&bytes),
            bytes,
        })
    }
}

/// No file that is posted is called so: who may read those is decided by their rooms.
fn path(id: AttachmentId, side: u32) -> String {
    format!("{}/avatar-{side}", file_folder(id))
}

async fn whole<S>(mut bytes: S) -> Result<Bytes>
where
    S: Stream<Item = Result<Bytes>> + Send + Unpin,
{
    let mut whole = BytesMut::new();
    while let Some(piece) = bytes.next().await {
        whole.extend_from_slice(&piece?);
        if whole.len() > AVATAR_BYTES_MAX {
            return Err(Problem::because(
                Code::TooLarge,
                "A picture of oneself may have 5 MiB",
            ));
        }
    }
    Ok(whole.freeze())
}

fn no_picture() -> Problem {
    Problem::invalid("file", "is no picture: PNG, JPEG, GIF and WebP are")
}

fn refused(why: NotAPicture) -> Problem {
    match why {
        NotAPicture::TooLarge => Problem::invalid("file", "is a picture with too many pixels"),
        NotAPicture::Broken => Problem::invalid("file", "is a picture that cannot be read"),
    }
}
