//! Files: what is known of them.

use async_trait::async_trait;
use chat::{
    Attachment, AttachmentId, Message, MessageId, RoomId, Timestamp, UserId,
    attachment::{BYTES_A_USER_MAX, FILES_A_USER_MAX},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, integer, json, json_ids},
    statement::statements,
    writer::Job,
};
use crate::store::{
    Attachments, FileRecord, Finished, NewMessage, Stored, UploadRecord,
    common::attachments::{end_upload, leave},
    files::{attachment, attachment_text, file_folder, parts_folder},
    timed::timed,
};

statements! {
    /// What `?1` has, but for the upload `?2`.
    SPACE = "SELECT (SELECT count(*) FROM files WHERE owner = ?1)
                    + (SELECT count(*) FROM uploads WHERE owner = ?1 AND id <> ?2),
                    (SELECT ifnull(sum(size), 0) FROM files WHERE owner = ?1)
                    + (SELECT ifnull(sum(size), 0) FROM uploads WHERE owner = ?1 AND id <> ?2)";
    BEGIN_UPLOAD = "INSERT INTO uploads (id, owner, name, size, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    UPLOAD = "SELECT id, owner, name, size, created_at FROM uploads WHERE id = ?1 AND owner = ?2";
    INSERT_FILE = "INSERT INTO files (id, owner, size, attachment, loose_since) VALUES (?1, ?2, ?3, ?4, ?5)";
    OWN_FILE = "SELECT attachment FROM files WHERE id = ?1 AND owner = ?2";
    TAKE_LOOSE = "DELETE FROM files WHERE id = ?1 AND owner = ?2 AND loose_since IS NOT NULL";
    OWN_FILES = "SELECT f.attachment FROM json_each(?1) j CROSS JOIN files f ON f.id = unhex(j.value)
                 WHERE f.owner = ?2 AND ifnull(f.loose_since >= ?3, TRUE)";
    FILE = "SELECT f.attachment, f.owner, a.room FROM files f LEFT JOIN attachments a ON a.file = f.id WHERE f.id = ?1";
    EXPIRE_UPLOADS = "DELETE FROM uploads
                      WHERE id IN (SELECT id FROM uploads WHERE created_at < ?1 ORDER BY created_at LIMIT 100)
                      RETURNING id";
    EXPIRE_FILES = "DELETE FROM files
                    WHERE id IN (SELECT id FROM files WHERE loose_since < ?1 ORDER BY loose_since LIMIT 100)
                    RETURNING id";
    REMAINS = "SELECT folder FROM remains ORDER BY folder LIMIT 100";
    FORGET = "DELETE FROM remains WHERE folder IN (SELECT value FROM json_each(?1))";
    /// How many of the files are `?2`'s and on no message.
    LOOSE = "SELECT count(*) FROM json_each(?1) j CROSS JOIN files f ON f.id = unhex(j.value)
             WHERE f.owner = ?2 AND f.loose_since IS NOT NULL";
    ATTACH = "INSERT INTO attachments (file, message, room)
              SELECT unhex(j.value), ?2, ?3 FROM json_each(?1) j";
    FASTEN = "UPDATE files SET loose_since = NULL WHERE id IN (SELECT unhex(j.value) FROM json_each(?1) j)";
    DETACH = "DELETE FROM attachments WHERE file IN (SELECT unhex(j.value) FROM json_each(?1) j)";
    DELETE_FILES = "DELETE FROM files WHERE id IN (SELECT unhex(j.value) FROM json_each(?1) j)";
}

#[async_trait]
impl Attachments for SqliteStore {
    async fn begin_upload(&self, upload: UploadRecord) -> Stored<bool> {
        self.write(Begin(upload)).await
    }

    async fn upload(&self, id: AttachmentId, owner: UserId) -> Stored<Option<UploadRecord>> {
        timed("upload", async {
            let query = UPLOAD.read::<Read<UploadRecord>>().bind(id.0).bind(owner.0);
            let found = query.fetch_optional(&self.reads).await?;
            Ok(found.map(|Read(upload)| upload))
        })
        .await
    }

    async fn finish_upload(&self, owner: UserId, file: Attachment, at: Timestamp) -> Stored<Finished> {
        self.write(Finish { owner, file, at }).await
    }

    async fn cancel_upload(&self, id: AttachmentId, owner: UserId) -> Stored<bool> {
        self.write(Cancel { id, owner }).await
    }

    async fn attachments(
        &self,
        owner: UserId,
        ids: &[AttachmentId],
        since: Timestamp,
    ) -> Stored<Vec<Attachment>> {
        timed("attachments", async {
            let query = OWN_FILES.scalar::<String>().bind(texts(ids)).bind(owner.0);
            let found = query.bind(since.0).fetch_all(&self.reads).await?;
            let read: sqlx::Result<_> = found.iter().map(|text| attachment(text)).collect();
            Ok(read?)
        })
        .await
    }

    async fn file(&self, id: AttachmentId) -> Stored<Option<FileRecord>> {
        timed("file", async {
            let query = FILE.read::<Read<FileRecord>>().bind(id.0);
            let found = query.fetch_optional(&self.reads).await?;
            Ok(found.map(|Read(file)| file))
        })
        .await
    }

    async fn expire_uploads(&self, before: Timestamp) -> Stored<bool> {
        self.write(Expire(before)).await
    }

    async fn remains(&self) -> Stored<Vec<String>> {
        timed("remains", async {
            Ok(REMAINS.scalar().fetch_all(&self.reads).await?)
        })
        .await
    }

    async fn forget_remains(&self, folders: &[String]) -> Stored<()> {
        self.write(Forget(folders.to_vec())).await
    }
}

struct Begin(UploadRecord);

impl Job for Begin {
    type Output = bool;
    const OP: &'static str = "begin_upload";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let UploadRecord {
            id,
            owner,
            name,
            size,
            created_at,
        } = &self.0;
        if !has_space(*owner, *id, *size, tx).await? {
            return Ok(false);
        }
        let query = BEGIN_UPLOAD.query().bind(id.0).bind(owner.0).bind(name);
        let query = query.bind(integer(*size)).bind(created_at.0);
        query.execute(tx).await?;
        Ok(true)
    }
}

/// Whether `owner` may have so many bytes more in one file more.
async fn has_space(owner: UserId, but: AttachmentId, size: u64, tx: &mut SqliteConnection) -> Stored<bool> {
    let query = SPACE.read::<(u64, u64)>().bind(owner.0).bind(but.0);
    let (files, bytes) = query.fetch_one(tx).await?;
    Ok(files < FILES_A_USER_MAX && bytes.saturating_add(size) <= BYTES_A_USER_MAX)
}

struct Finish {
    owner: UserId,
    file: Attachment,
    at: Timestamp,
}

impl Job for Finish {
    type Output = Finished;
    const OP: &'static str = "finish_upload";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<Finished> {
        let Self { owner, file, at } = self;
        if !end_upload(file.id, *owner, tx).await? {
            let query = OWN_FILE.scalar::<String>().bind(file.id.0).bind(owner.0);
            return Ok(match query.fetch_optional(tx).await? {
                Some(text) => Finished::Again(Box::new(attachment(&text)?)),
                None => Finished::NotFound,
            });
        }
        leave(vec![parts_folder(file.id)], tx).await?;
        if !has_space(*owner, file.id, file.size, tx).await? {
            leave(vec![file_folder(file.id)], tx).await?;
            return Ok(Finished::TooMuch);
        }
        let query = INSERT_FILE.query().bind(file.id.0).bind(owner.0);
        let query = query.bind(integer(file.size)).bind(attachment_text(file));
        query.bind(at.0).execute(tx).await?;
        Ok(Finished::Stored)
    }
}

struct Cancel {
    id: AttachmentId,
    owner: UserId,
}

impl Job for Cancel {
    type Output = bool;
    const OP: &'static str = "cancel_upload";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        if !end_upload(self.id, self.owner, tx).await? {
            let query = TAKE_LOOSE.query().bind(self.id.0).bind(self.owner.0);
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(false);
            }
        }
        leave(vec![parts_folder(self.id), file_folder(self.id)], tx).await?;
        Ok(true)
    }
}

struct Expire(Timestamp);

impl Job for Expire {
    type Output = bool;
    const OP: &'static str = "expire_uploads";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<bool> {
        let mut gone: Vec<Uuid> = Vec::new();
        for statement in [EXPIRE_UPLOADS, EXPIRE_FILES] {
            let query = statement.scalar::<Uuid>().bind(self.0.0);
            gone.extend(query.fetch_all(&mut *tx).await?);
        }
        let folders: Vec<String> = gone
            .iter()
            .map(|id| AttachmentId(*id))
            .flat_map(|id| [parts_folder(id), file_folder(id)])
            .collect();
        leave(folders, tx).await?;
        Ok(!gone.is_empty())
    }
}

struct Forget(Vec<String>);

impl Job for Forget {
    type Output = ();
    const OP: &'static str = "forget_remains";

    async fn apply(&self, tx: &mut SqliteConnection) -> Stored<()> {
        FORGET.query().bind(json(&self.0)).execute(tx).await?;
        Ok(())
    }
}

/// Whether all files of `new` are its author's and on no message.
pub(super) async fn are_loose(new: &NewMessage, tx: &mut SqliteConnection) -> Stored<bool> {
    if new.attachments.is_empty() {
        return Ok(true);
    }
    let query = LOOSE.scalar::<u64>().bind(texts(&ids(&new.attachments)));
    let loose = query.bind(new.author.id.0).fetch_one(tx).await?;
    Ok(loose == new.attachments.len() as u64)
}

/// Puts the files of `message` on it.
pub(super) async fn attach(message: &Message, tx: &mut SqliteConnection) -> Stored<()> {
    if message.attachments.is_empty() {
        return Ok(());
    }
    let files = texts(&ids(&message.attachments));
    fasten(&files, message.id, message.room, tx).await
}

async fn fasten(files: &str, message: MessageId, room: RoomId, tx: &mut SqliteConnection) -> Stored<()> {
    let query = ATTACH.query().bind(files).bind(message.0).bind(room.0);
    query.execute(&mut *tx).await?;
    FASTEN.query().bind(files).execute(tx).await?;
    Ok(())
}

/// Puts the files of messages of a batch on them.
pub(super) async fn attach_many(
    room: RoomId,
    messages: &[NewMessage],
    tx: &mut SqliteConnection,
) -> Stored<()> {
    for new in messages.iter().filter(|new| !new.attachments.is_empty()) {
        let files = texts(&ids(&new.attachments));
        fasten(&files, new.id, room, tx).await?;
    }
    Ok(())
}

/// The files of `message` go with it.
pub(super) async fn remove(message: &Message, tx: &mut SqliteConnection) -> Stored<()> {
    if message.attachments.is_empty() {
        return Ok(());
    }
    let gone = ids(&message.attachments);
    let files = texts(&gone);
    DETACH.query().bind(&files).execute(&mut *tx).await?;
    DELETE_FILES.query().bind(&files).execute(&mut *tx).await?;
    let folders: Vec<String> = gone.into_iter().map(file_folder).collect();
    leave(folders, tx).await
}

fn ids(attachments: &[Attachment]) -> Vec<AttachmentId> {
    attachments.iter().map(|attachment| attachment.id).collect()
}

fn texts(ids: &[AttachmentId]) -> String {
    json_ids(ids.iter().map(|id| id.0))
}
