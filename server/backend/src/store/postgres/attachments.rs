//! Files: what is known of them. How one goes on a message: see [`posts`](super::posts).

use async_trait::async_trait;
use chat::{
    Attachment, AttachmentId, Message, Timestamp, UserId,
    attachment::{BYTES_A_USER_MAX, FILES_A_USER_MAX},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    PostgresStore,
    pool::Work,
    rows::{Read, integer, unsigned},
    statement::statements,
};
use crate::store::{
    Attachments, FileRecord, Finished, Stored, UploadRecord,
    common::attachments::{end_upload, leave},
    files::{attachment, attachment_text, file_folder, parts_folder},
    timed::timed,
};

statements! {
    /// One upload of a user at a time begins or ends.
    LOCK_OWNER = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE";
    /// What `$1` has, but for the upload `$2`.
    SPACE = "SELECT count(*), coalesce(sum(size), 0)::bigint
             FROM (SELECT size FROM files WHERE owner = $1
                   UNION ALL
                   SELECT size FROM uploads WHERE owner = $1 AND id <> $2) own";
    BEGIN_UPLOAD = "INSERT INTO uploads (id, owner, name, size, created_at) VALUES ($1, $2, $3, $4, $5)";
    UPLOAD = "SELECT id, owner, name, size, created_at FROM uploads WHERE id = $1 AND owner = $2";
    INSERT_FILE = "INSERT INTO files (id, owner, size, attachment, loose_since) VALUES ($1, $2, $3, $4, $5)";
    OWN_FILE = "SELECT attachment FROM files WHERE id = $1 AND owner = $2";
    /// Whoever posts it at this moment was first.
    TAKE_LOOSE = "DELETE FROM files
                  WHERE id = (SELECT id FROM files WHERE id = $1 AND owner = $2 AND loose_since IS NOT NULL
                              FOR UPDATE)
                    AND NOT EXISTS (SELECT FROM attachments WHERE file = $1)";
    OWN_FILES = "SELECT attachment FROM files
                 WHERE id = ANY ($1) AND owner = $2 AND coalesce(loose_since >= $3, TRUE)";
    FILE = "SELECT f.attachment, f.owner, a.room FROM files f LEFT JOIN attachments a ON a.file = f.id WHERE f.id = $1";
    EXPIRE_UPLOADS = "DELETE FROM uploads
                      WHERE id = ANY (ARRAY(SELECT id FROM uploads WHERE created_at < $1 ORDER BY created_at LIMIT 100
                                   FOR UPDATE SKIP LOCKED))
                      RETURNING id";
    EXPIRE_FILES = "DELETE FROM files
                    WHERE id = ANY (ARRAY(SELECT id FROM files WHERE loose_since < $1 ORDER BY loose_since LIMIT 100
                                 FOR UPDATE SKIP LOCKED))
                    RETURNING id";
    REMAINS = "SELECT folder FROM remains ORDER BY folder LIMIT 100";
    FORGET = "DELETE FROM remains WHERE folder = ANY ($1)";
    DETACH = "DELETE FROM attachments WHERE file = ANY ($1)";
    DELETE_FILES = "DELETE FROM files WHERE id = ANY ($1)";
}

#[async_trait]
impl Attachments for PostgresStore {
    async fn begin_upload(&self, upload: UploadRecord) -> Stored<bool> {
        timed("begin_upload", self.pool.run(&Begin(upload))).await
    }

    async fn upload(&self, id: AttachmentId, owner: UserId) -> Stored<Option<UploadRecord>> {
        timed("upload", async {
            let query = || UPLOAD.read::<Read<UploadRecord>>().bind(id.0).bind(owner.0);
            Ok(self.pool.optional(query).await?.map(|Read(upload)| upload))
        })
        .await
    }

    async fn finish_upload(&self, owner: UserId, file: Attachment, at: Timestamp) -> Stored<Finished> {
        timed("finish_upload", self.pool.run(&Finish { owner, file, at })).await
    }

    async fn cancel_upload(&self, id: AttachmentId, owner: UserId) -> Stored<bool> {
        timed("cancel_upload", self.pool.run(&Cancel { id, owner })).await
    }

    async fn attachments(
        &self,
        owner: UserId,
        ids: &[AttachmentId],
        since: Timestamp,
    ) -> Stored<Vec<Attachment>> {
        timed("attachments", async {
            let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
            let query = || {
                OWN_FILES
                    .read::<(String,)>()
                    .bind(ids.clone())
                    .bind(owner.0)
                    .bind(since.0)
            };
            let found = self.pool.rows(query).await?;
            let read: sqlx::Result<_> = found.iter().map(|(text,)| attachment(text)).collect();
            Ok(read?)
        })
        .await
    }

    async fn file(&self, id: AttachmentId) -> Stored<Option<FileRecord>> {
        timed("file", async {
            let query = || FILE.read::<Read<FileRecord>>().bind(id.0);
            Ok(self.pool.optional(query).await?.map(|Read(file)| file))
        })
        .await
    }

    async fn expire_uploads(&self, before: Timestamp) -> Stored<bool> {
        timed("expire_uploads", self.pool.run(&Expire(before))).await
    }

    async fn remains(&self) -> Stored<Vec<String>> {
        timed("remains", async {
            let found = self.pool.rows(|| REMAINS.read::<(String,)>()).await?;
            Ok(found.into_iter().map(|(folder,)| folder).collect())
        })
        .await
    }

    async fn forget_remains(&self, folders: &[String]) -> Stored<()> {
        timed("forget_remains", self.pool.run(&Forget(folders.to_vec()))).await
    }
}

struct Begin(UploadRecord);

impl Work for Begin {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
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

/// Whether `owner` may have so many bytes more in one file more; until the commit nobody else asks for the same.
async fn has_space(owner: UserId, but: AttachmentId, size: u64, tx: &mut PgConnection) -> Stored<bool> {
    LOCK_OWNER.query().bind(owner.0).execute(&mut *tx).await?;
    let query = SPACE.read::<(i64, i64)>().bind(owner.0).bind(but.0);
    let (files, bytes) = query.fetch_one(tx).await?;
    let fits = unsigned(bytes).saturating_add(size) <= BYTES_A_USER_MAX;
    Ok(unsigned(files) < FILES_A_USER_MAX && fits)
}

struct Finish {
    owner: UserId,
    file: Attachment,
    at: Timestamp,
}

impl Work for Finish {
    type Output = Finished;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<Finished> {
        let Self { owner, file, at } = self;
        // Taken away first, so that of two who end the same upload the other waits.
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

impl Work for Cancel {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
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

impl Work for Expire {
    type Output = bool;
    const REPEATABLE: bool = false;

    async fn apply(&self, tx: &mut PgConnection) -> Stored<bool> {
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

impl Work for Forget {
    type Output = ();
    const REPEATABLE: bool = true;

    async fn apply(&self, connection: &mut PgConnection) -> Stored<()> {
        FORGET.query().bind(&self.0).execute(connection).await?;
        Ok(())
    }
}

/// The files of `message` go with it.
pub(super) async fn remove(message: &Message, tx: &mut PgConnection) -> Stored<()> {
    if message.attachments.is_empty() {
        return Ok(());
    }
    let gone = ids(&message.attachments);
    DETACH.query().bind(&gone).execute(&mut *tx).await?;
    DELETE_FILES.query().bind(&gone).execute(&mut *tx).await?;
    let gone = message.attachments.iter();
    let folders: Vec<String> = gone.map(|file| file_folder(file.id)).collect();
    leave(folders, tx).await
}

/// The ids of files.
pub(super) fn ids(attachments: &[Attachment]) -> Vec<Uuid> {
    attachments.iter().map(|attachment| attachment.id.0).collect()
}
