//! Where the bytes of files are, and how what is known of them is written: the same for every engine.

use chat::{Attachment, AttachmentId};

/// Where what came of an upload is kept until all of it is there.
pub(crate) fn parts_folder(id: AttachmentId) -> String {
    format!("parts/{id}")
}

/// Where a file is, with what was made of it.
pub(crate) fn file_folder(id: AttachmentId) -> String {
    format!("files/{id}")
}

/// Where somebody's picture is served.
pub(crate) fn avatar_address(id: AttachmentId) -> String {
    format!("{AVATARS}{id}")
}

/// The picture that is served there; `None`: it is none of ours.
pub(crate) fn avatar_at(address: &str) -> Option<AttachmentId> {
    address.strip_prefix(AVATARS)?.parse().ok()
}

const AVATARS: &str = "/avatars/";

/// A file as a column holds it.
pub(crate) fn attachment_text(attachment: &Attachment) -> String {
    // There is nothing in it that could fail to become JSON.
    serde_json::to_string(attachment).unwrap_or_default()
}

/// A file as a column held it.
pub(crate) fn attachment(text: &str) -> sqlx::Result<Attachment> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The files of a message, as its column holds them; nothing where there are none.
pub(crate) fn attachments_text(attachments: &[Attachment]) -> Option<String> {
    (!attachments.is_empty()).then(|| serde_json::to_string(attachments).unwrap_or_default())
}

/// The files of a message, as its column held them.
pub(crate) fn attachments(text: Option<&str>) -> sqlx::Result<Vec<Attachment>> {
    text.map_or(Ok(Vec::new()), |text| {
        serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
    })
}
