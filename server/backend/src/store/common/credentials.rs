//! The ending of all that someone could sign in with.

use chat::{SessionId, TokenId, UserId};

use super::{
    Operation, Transaction,
    statement::{Statement, both, statements},
};
use crate::store::Stored;

statements! {
    DELETE_SESSIONS_OF = Statement {
        sqlite: "DELETE FROM sessions WHERE user = $1 AND id IS NOT $2 RETURNING id",
        postgres: "DELETE FROM sessions WHERE \"user\" = $1 AND id IS DISTINCT FROM $2 RETURNING id",
    };
    DELETE_TOKENS_OF = both("DELETE FROM tokens WHERE \"user\" = $1 RETURNING id");
}

/// Ends a user's sessions, all but one if one is named; gives those that ended.
pub(in crate::store) struct DeleteSessionsOf {
    pub(in crate::store) user: UserId,
    pub(in crate::store) except: Option<SessionId>,
}

impl Operation for DeleteSessionsOf {
    type Output = Vec<SessionId>;
    const NAME: &'static str = "delete_sessions_of";

    async fn apply(&self, tx: &mut impl Transaction) -> Stored<Vec<SessionId>> {
        delete_sessions_of(self.user, self.except, tx).await
    }
}

/// Ends a user's sessions, all but one if one is named; gives those that ended.
pub(super) async fn delete_sessions_of(
    user: UserId,
    except: Option<SessionId>,
    tx: &mut impl Transaction,
) -> Stored<Vec<SessionId>> {
    let query = DELETE_SESSIONS_OF.bind(user.0).bind(except.map(|id| id.0));
    Ok(tx.column(query).await?.into_iter().map(SessionId).collect())
}

/// Ends a user's tokens; gives them.
pub(super) async fn delete_tokens_of(user: UserId, tx: &mut impl Transaction) -> Stored<Vec<TokenId>> {
    let ended = tx.column(DELETE_TOKENS_OF.bind(user.0)).await?;
    Ok(ended.into_iter().map(TokenId).collect())
}
