//! From an upload of which all bytes are there to a file.

use std::sync::Arc;

use bytes::Bytes;
use chat::{Attachment, AttachmentId, Code, Problem, Variant, attachment::IMAGE_BYTES_MAX};
use url::Url;

use super::{
    WHOLE,
    parts::{Parts, head, whole},
};
use crate::{
    Backend, Result,
    picture::{self, NotAPicture, Picture},
    sniff,
    stamp::now,
    store::{
        Finished, UploadRecord,
        files::{file_folder, parts_folder},
    },
};

impl Backend {
    /// Makes an upload of so many bytes a file. Goes on to its end, even if nobody waits for it any longer.
    pub(super) async fn finish_upload(
        self: &Arc<Self>,
        upload: UploadRecord,
        size: u64,
    ) -> Result<Attachment> {
        self.carry_through(move |backend| async move {
            let made = backend.make_file(&upload, size).await;
            let finished = match made {
                Ok(file) => {
                    let finished = backend
                        .store
                        .finish_upload(upload.owner, file.clone(), now())
                        .await?;
                    match finished {
                        Finished::Stored => Ok(file),
                        Finished::Again(first) => return Ok(*first),
                        Finished::NotFound => Err(Code::UploadNotFound.into()),
                        Finished::TooMuch => Err(Code::QuotaReached.into()),
                    }
                }
                Err(problem) if problem.code == Code::Unavailable => return Err(problem),
                Err(problem) => {
                    // What is refused once is refused always.
                    backend.store.cancel_upload(upload.id, upload.owner).await?;
                    Err(problem)
                }
            };
            let mut gone = vec![parts_folder(upload.id)];
            if finished.is_err() {
                gone.push(file_folder(upload.id));
            }
            backend.clear_away(gone).await;
            finished
        })
        .await
    }

    /// Looks at what came, and puts it where files are.
    async fn make_file(&self, upload: &UploadRecord, size: u64) -> Result<Attachment> {
        let parts = Parts::of(&*self.files, upload.id).await?;
        if parts.covered() < size {
            return Err(Code::UploadNotFound.into());
        }
        let files = Arc::clone(&self.files);
        let first = head(parts.read(Arc::clone(&files)), sniff::HEAD_BYTES).await?;
        let media_type = sniff::media_type(&first);
        let Some(format) = picture::format(media_type) else {
            let pieces = Parts::of(&*self.files, upload.id).await?.read(files);
            let path = format!("{}/{WHOLE}", file_folder(upload.id));
            self.files.put_pieces(&path, pieces).await?;
            return Ok(attachment(upload, media_type, size));
        };
        if size > IMAGE_BYTES_MAX {
            return Err(Problem::because(Code::TooLarge, "A picture may have 20 MiB"));
        }
        let turn = self.pictures.turn().await?;
        let parts = Parts::of(&*self.files, upload.id).await?;
        let bytes = whole(parts.read(files)).await?;
        let drawn = turn.run(move || picture::draw(format, &bytes)).await?;
        self.put_picture(upload, media_type, drawn.map_err(refused)?)
            .await
    }

    async fn put_picture(
        &self,
        upload: &UploadRecord,
        media_type: &str,
        drawn: Picture,
    ) -> Result<Attachment> {
        let folder = file_folder(upload.id);
        let size = drawn.bytes.len() as u64;
        self.files
            .put(&format!("{folder}/{WHOLE}"), Bytes::from(drawn.bytes))
            .await?;
        let mut file = Attachment {
            width: Some(drawn.width),
            height: Some(drawn.height),
            color: Some(drawn.color),
            ..attachment(upload, media_type, size)
        };
        for smaller in drawn.smaller {
            let path = format!("{folder}/{}", smaller.width);
            self.files.put(&path, Bytes::from(smaller.bytes)).await?;
            file.variants.push(Variant {
                width: smaller.width,
                height: smaller.height,
                url: format!("{}?width={}", file.url, smaller.width),
            });
        }
        Ok(file)
    }
}

/// A file that is no picture.
fn attachment(upload: &UploadRecord, media_type: &str, size: u64) -> Attachment {
    Attachment {
        id: upload.id,
        name: upload.name.clone(),
        content_type: media_type.to_owned(),
        size,
        url: address(upload.id, &upload.name),
        width: None,
        height: None,
        color: None,
        variants: Vec::new(),
    }
}

/// Where a file is served. The name in it is for people, and for programs that save it.
fn address(id: AttachmentId, name: &str) -> String {
    let Ok(mut url) = Url::parse("http://here") else {
        return format!("/files/{id}/file");
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.extend(["files", &id.to_string(), name]);
    }
    url.path().to_owned()
}

fn refused(why: NotAPicture) -> Problem {
    match why {
        NotAPicture::TooLarge => Problem::invalid("file", "is a picture with too many pixels"),
        NotAPicture::Broken => Problem::invalid("file", "is a picture that cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_name_is_one_part_of_an_address() {
        let id = AttachmentId(Uuid::nil());
        let address = |name| address(id, name).rsplit('/').next().map(str::to_owned);
        assert_eq!(address("a b#c?.txt").as_deref(), Some("a%20b%23c%3F.txt"));
        assert_eq!(address("100%25.txt").as_deref(), Some("100%2525.txt"));
        assert_eq!(address("計.txt").as_deref(), Some("%E8%A8%88.txt"));
    }
}
