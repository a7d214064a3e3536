//! Everything, as it was at one moment: a transaction that reads, on a connection of its own.

use async_trait::async_trait;
use chat::{MessageId, UserId};
use futures::TryStreamExt as _;
use sqlx::{ConnectOptions as _, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore,
    rows::{Read, integer, message_columns, room_columns, user_columns},
    statement::{Statement, statements},
};
use crate::store::{Exports, Record, Sink, Stored, timed::timed};

// Of one user where `?1` is given. Whoever exports reads whole tables.
statements! {
    BEGIN = "BEGIN DEFERRED";
    END = "ROLLBACK";
    USERS = concat!(
        "SELECT 'user' AS record, ", user_columns!(), ", u.title, u.pronouns, u.time_zone, u.created_at
         FROM users u WHERE ?1 IS NULL OR u.id = ?1 ORDER BY u.id"
    );
    ROOMS = concat!(
        "SELECT 'room' AS record, ", room_columns!(), ", r.created_at FROM rooms r
         WHERE ?1 IS NULL OR EXISTS (SELECT 1 FROM members x WHERE x.room = r.id AND x.user = ?1) ORDER BY r.id"
    );
    MEMBERS = "SELECT 'member' AS record, room, user, read_seq, joined_at FROM members
               WHERE ?1 IS NULL OR user = ?1 ORDER BY room, user";
    MESSAGES = concat!(
        "SELECT 'message' AS record, ", message_columns!(), " FROM messages m CROSS JOIN users u ON u.id = m.author
         WHERE ?1 IS NULL OR m.author = ?1 ORDER BY m.room, m.seq"
    );
    REACTIONS = "SELECT 'reaction' AS record, message, emoji, user FROM reactions
                 WHERE ?1 IS NULL OR user = ?1 ORDER BY message, emoji, user";
    VERSIONS = "SELECT 'version' AS record, v.message, v.body, v.written_at FROM versions v
                CROSS JOIN messages m ON m.id = v.message
                WHERE ?1 IS NULL OR m.author = ?1 ORDER BY v.message, v.rev";
    FILES = "SELECT 'file' AS record, f.attachment, f.owner, a.message FROM files f
             LEFT JOIN attachments a ON a.file = f.id WHERE ?1 IS NULL OR f.owner = ?1 ORDER BY f.id";
    DRAFTS = "SELECT 'draft' AS record, user, room, NULL AS thread, body, written_at FROM drafts
              WHERE body <> '' AND (?1 IS NULL OR user = ?1)
              UNION ALL
              SELECT 'draft', user, room, root, body, written_at FROM reply_drafts
              WHERE body <> '' AND (?1 IS NULL OR user = ?1) ORDER BY user, room, thread";
    SAVED = "SELECT 'saved' AS record, user, message, saved_at FROM saved
             WHERE ?1 IS NULL OR user = ?1 ORDER BY message, user";
    AUTHORED = "SELECT id FROM messages WHERE author = ?1 AND deleted = 0 AND id > ?2 ORDER BY id LIMIT ?3";
}

/// In the order of [`Record::KINDS`].
const KINDS: [Statement; 9] = [
    USERS, ROOMS, MEMBERS, MESSAGES, REACTIONS, VERSIONS, FILES, DRAFTS, SAVED,
];

#[async_trait]
impl Exports for SqliteStore {
    async fn export(&self, of: Option<UserId>, sink: &mut dyn Sink) -> Stored<bool> {
        let mut connection = self.reads.connect_options().connect().await?;
        BEGIN.query().execute(&mut connection).await?;
        let handed = hand_out(of, sink, &mut connection).await;
        END.query().execute(&mut connection).await?;
        handed
    }

    async fn authored(&self, user: UserId, after: Option<MessageId>, limit: u64) -> Stored<Vec<MessageId>> {
        timed("authored", async {
            let after = after.map_or(Uuid::nil(), |id| id.0);
            let query = AUTHORED.scalar::<Uuid>().bind(user.0).bind(after);
            let found = query.bind(integer(limit)).fetch_all(&self.reads).await?;
            Ok(found.into_iter().map(MessageId).collect())
        })
        .await
    }
}

async fn hand_out(
    of: Option<UserId>,
    sink: &mut dyn Sink,
    connection: &mut SqliteConnection,
) -> Stored<bool> {
    for statement in KINDS {
        let query = statement.read::<Read<Record>>().bind(of.map(|user| user.0));
        let mut rows = query.fetch(&mut *connection);
        while let Some(Read(record)) = rows.try_next().await? {
            if !sink.take(record).await {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
