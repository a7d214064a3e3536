//! Forgetting people: the account at once, and what it wrote right after, if that is wanted.

use std::sync::Arc;

use chat::{Code, MessageId, Problem, UserId, audit::Deed, quota::Quota};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::{
    Backend, Caller, Credential, Event, Result,
    account::Doorstep,
    audit::entry,
    stamp::{now, now_us},
    store::{Alteration, Change, Changed, Erased},
};

/// How many messages are looked for at once, which goes through all there are, and how many of them are taken away side
/// by side.
const MESSAGES_AT_ONCE: u64 = 10_000;
const ERASING_AT_ONCE: usize = 16;

impl Backend {
    /// Erases the caller's own account; `messages` says whether what was written goes too, or stays without a name. The
    /// password is asked for once more.
    ///
    /// # Errors
    /// `invalid` for a wrong password, `forbidden` for a program, `last_owner`, `too_fast`, `unavailable`.
    pub async fn erase_own<'a>(
        self: &Arc<Self>,
        caller: &Caller,
        password: String,
        messages: bool,
        from: impl Into<Doorstep<'a>> + Send,
    ) -> Result<()> {
        let Credential::Session(_) = caller.credential else {
            return Err(Code::Forbidden.into());
        };
        let Doorstep { address, .. } = from.into();
        let attempt = format!("{address} {}", caller.author.username.to_lowercase());
        self.limiter
            .take(Quota::SignInFailure, &attempt)
            .await
            .allowed()?;
        let known = self.store.password_hash(&caller.author.username).await?;
        let (_, hash) = known.ok_or(Code::UserNotFound)?;
        if !self.passwords.verify(password, Some(hash)).await? {
            return Err(Problem::invalid("password", "is not the password"));
        }
        self.limiter.give_back(Quota::SignInFailure, &attempt).await;
        self.erase(caller, caller.id(), messages).await
    }

    /// Erases somebody's account, for who may close it.
    ///
    /// # Errors
    /// `forbidden`, also for one's own account, for which the password is asked; `user_not_found`, `last_owner`,
    /// `unavailable`.
    pub async fn erase_user(self: &Arc<Self>, caller: &Caller, user: UserId, messages: bool) -> Result<()> {
        if user == caller.id() || caller.bot {
            return Err(Code::Forbidden.into());
        }
        self.erase(caller, user, messages).await
    }

    async fn erase(self: &Arc<Self>, caller: &Caller, user: UserId, messages: bool) -> Result<()> {
        let detail = if messages { "with messages" } else { "" };
        let entry = entry(caller, Deed::Erased, Some(user), None, detail);
        self.carry_through(move |backend| async move {
            match backend.store.erase_user(user, messages, entry).await? {
                Erased::Erased {
                    sessions,
                    tokens,
                    rooms,
                } => {
                    for room in rooms {
                        backend.bus.publish(Event::Left { room, user }).await;
                    }
                    for session in sessions {
                        backend.end_and_tell(session).await?;
                    }
                    for token in tokens {
                        backend.bus.publish(Event::TokenRevoked { token }).await;
                    }
                    backend.tell_user_changed(user).await?;
                }
                Erased::NotFound => return Err(Code::UserNotFound.into()),
                Erased::Forbidden => return Err(Code::Forbidden.into()),
                Erased::LastOwner => return Err(Code::LastOwner.into()),
            }
            // Nobody has to wait for as many messages as somebody may have written. Upkeep goes on where this ends early.
            let sweeping = Arc::clone(&backend);
            tokio::spawn(async move { sweeping.go_on_erasing().await });
            Ok(())
        })
        .await
    }

    /// Takes the messages away that erased people leave behind.
    pub(crate) async fn go_on_erasing(&self) {
        if let Err(problem) = self.erase_messages().await {
            tracing::warn!(%problem, "messages of erased people are left; the next round tries again");
        }
    }

    async fn erase_messages(&self) -> Result<()> {
        for user in self.store.erasing().await? {
            let mut after = None;
            loop {
                let found = self.store.authored(user, after, MESSAGES_AT_ONCE).await?;
                after = found.last().copied();
                if after.is_none() {
                    break;
                }
                let going = found.into_iter().map(|id| self.erase_message(user, id));
                let going = stream::iter(going).buffer_unordered(ERASING_AT_ONCE);
                going.try_collect::<()>().await?;
            }
            self.store.end_erasing(user).await?;
        }
        Ok(())
    }

    async fn erase_message(&self, user: UserId, id: MessageId) -> Result<()> {
        let change = Change {
            message: id,
            by: user,
            role: chat::Role::Member,
            at: now(),
            what: Alteration::Erase,
        };
        if let Changed::Stored(altered) = self.store.change(change).await? {
            self.tell_changed(*altered, now_us()).await?;
        }
        Ok(())
    }
}
