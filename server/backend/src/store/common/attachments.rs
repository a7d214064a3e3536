//! What becomes of the folders of files.

use chat::{AttachmentId, UserId};

use super::{
    Transaction,
    statement::{Argument, Statement, both, statements},
};
use crate::store::Stored;

statements! {
    END_UPLOAD = both("DELETE FROM uploads WHERE id = $1 AND owner = $2");
    LEAVE = Statement {
        sqlite: "INSERT INTO remains (folder) SELECT value FROM json_each($1) WHERE TRUE ON CONFLICT (folder) DO NOTHING",
        postgres: "INSERT INTO remains (folder) SELECT * FROM unnest($1::text[]) ON CONFLICT (folder) DO NOTHING",
    };
}

/// Forgets an upload, which has become something or nothing; false: there was none.
pub(in crate::store) async fn end_upload(
    id: AttachmentId,
    owner: UserId,
    tx: &mut impl Transaction,
) -> Stored<bool> {
    Ok(tx.execute(END_UPLOAD.bind(id.0).bind(owner.0)).await? > 0)
}

/// Notes folders that are to be removed.
pub(in crate::store) async fn leave(folders: Vec<String>, tx: &mut impl Transaction) -> Stored<()> {
    if !folders.is_empty() {
        tx.execute(LEAVE.bind(Argument::Texts(folders))).await?;
    }
    Ok(())
}
