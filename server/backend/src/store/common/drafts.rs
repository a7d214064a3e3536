//! Drafts.

use async_trait::async_trait;
use chat::UserId;

use super::{
    Engine, Operation, Transaction,
    statement::{Query, both, statements},
};
use crate::store::{Draft, Drafts, Place, REPLY_DRAFTS_MAX, Stored};

statements! {
    KEEP = both(
        "INSERT INTO drafts (\"user\", room, body, written_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (\"user\", room) DO UPDATE SET body = excluded.body, written_at = excluded.written_at
         WHERE drafts.written_at <= excluded.written_at AND drafts.body <> excluded.body"
    );
    DRAFT = both("SELECT body, written_at FROM drafts WHERE \"user\" = $1 AND room = $2");
    KEEP_REPLY = both(
        "INSERT INTO reply_drafts (\"user\", root, room, body, written_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (root, \"user\") DO UPDATE SET body = excluded.body, written_at = excluded.written_at
         WHERE reply_drafts.written_at <= excluded.written_at AND reply_drafts.body <> excluded.body"
    );
    /// Those that are older than the newest `$2` + 1. Of several written in one moment a few more may stay.
    FORGET_REPLIES = both(
        "DELETE FROM reply_drafts WHERE \"user\" = $1 AND written_at <
         (SELECT d.written_at FROM reply_drafts d WHERE d.\"user\" = $1 ORDER BY d.written_at DESC LIMIT 1 OFFSET $2)"
    );
    REPLY = both("SELECT body, written_at FROM reply_drafts WHERE \"user\" = $1 AND root = $2");
}

#[async_trait]
impl<E: Engine> Drafts for E {
    async fn keep_draft(&self, user: UserId, place: Place, draft: Draft) -> Stored<(Draft, bool)> {
        self.perform(KeepDraft { user, place, draft }).await
    }

    async fn draft(&self, user: UserId, place: Place) -> Stored<Option<Draft>> {
        self.row("draft", draft(user, place)).await
    }
}

fn draft(user: UserId, place: Place) -> Query {
    match place {
        Place::Room(room) => DRAFT.bind(user.0).bind(room.0),
        Place::Thread { root, .. } => REPLY.bind(user.0).bind(root.0),
    }
}

struct KeepDraft {
    user: UserId,
    place: Place,
    draft: Draft,
}

impl Operation for KeepDraft {
    type Output = (Draft, bool);
    const NAME: &'static str = "keep_draft";
    const REPEATABLE: bool = true;

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<(Draft, bool)> {
        let keep = match self.place {
            Place::Room(room) => KEEP.bind(self.user.0).bind(room.0),
            Place::Thread { root, room } => KEEP_REPLY.bind(self.user.0).bind(root.0).bind(room.0),
        };
        let kept = tx
            .execute(keep.bind(&self.draft.body).bind(self.draft.at.0))
            .await?
            > 0;
        if kept && matches!(self.place, Place::Thread { .. }) {
            let forget = FORGET_REPLIES.bind(self.user.0).bind(REPLY_DRAFTS_MAX - 1);
            tx.execute(forget).await?;
        }
        let known = tx.row(draft(self.user, self.place)).await?;
        // Gone at once: whoever wrote it is told that it is the one.
        Ok(known.map_or_else(|| (self.draft.clone(), kept), |known| (known, kept)))
    }
}
