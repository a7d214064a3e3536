//! Where words are.

use async_trait::async_trait;
use chat::UserId;

use super::{Candidates, Span, Stored};
use crate::search::Sought;

/// The index of what messages say. It is written with the messages, in the same transaction.
#[async_trait]
pub trait Search: Send + Sync {
    /// The newest messages within `span` that match, that `reader` may read (as a member, or in a public channel)
    /// and that were not deleted: newest first, at most `limit`. It looks at a bounded number of matches: where most
    /// are not for `reader`, there may be fewer, with the rest still to be asked for.
    async fn search(&self, reader: UserId, sought: &Sought, span: Span, limit: u64) -> Stored<Candidates>;
    /// Adds the next older messages to the index that were there before it was, newest first; false: all are in it.
    async fn index_older(&self) -> Stored<bool>;
}
