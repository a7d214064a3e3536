//! By what people are known: another password, and where they are signed in.

use std::sync::Arc;

use chat::{Code, Problem, SessionId, UserId, quota::Quota};

use crate::{
    Backend, Caller, Credential, Event, Result,
    account::{Doorstep, SignedIn, password_fault},
    store::SessionRecord,
};

impl Backend {
    /// Gives the caller another password. All sessions end, the caller's own included, which a new one takes the place
    /// of. Tokens stay.
    ///
    /// # Errors
    /// `invalid` for a wrong or unfit password, `forbidden` for a program, `too_fast`, `unavailable`.
    pub async fn change_password<'a>(
        self: &Arc<Self>,
        caller: &Caller,
        current: String,
        new: String,
        from: impl Into<Doorstep<'a>> + Send,
    ) -> Result<SignedIn> {
        let Credential::Session(_) = caller.credential else {
            return Err(Code::Forbidden.into());
        };
        if let Some(reason) = password_fault(&new) {
            return Err(Problem::invalid("new_password", reason));
        }
        let Doorstep { address, agent } = from.into();
        let attempt = format!("{address} {}", caller.author.username.to_lowercase());
        self.limiter
            .take(Quota::SignInFailure, &attempt)
            .await
            .allowed()?;
        let known = self.store.password_hash(&caller.author.username).await?;
        let (user, hash) = known.ok_or(Code::UserNotFound)?;
        let wrong = || Problem::invalid("current_password", "is not the password");
        if !self.passwords.verify(current, Some(hash.clone())).await? {
            return Err(wrong());
        }
        self.limiter.give_back(Quota::SignInFailure, &attempt).await;
        let to = self.passwords.hash(new).await?;
        let agent = agent.to_owned();
        self.carry_through(move |backend| async move {
            if !backend.store.set_password(user.author.id, hash, to).await? {
                return Err(wrong());
            }
            backend.end_all_sessions(user.author.id).await?;
            backend.open_session(user, &agent).await
        })
        .await
    }

    /// Where the caller is signed in, the session used last first.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn list_sessions(&self, caller: &Caller) -> Result<Vec<SessionRecord>> {
        Ok(self.store.sessions_of(caller.id()).await?)
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// `session_not_found`, `unavailable`.
    pub async fn end_session(self: &Arc<Self>, caller: &Caller, session: SessionId) -> Result<()> {
        let own = self.store.sessions_of(caller.id()).await?;
        if !own.iter().any(|record| record.id == session) {
            return Err(Code::SessionNotFound.into());
        }
        self.carry_through(move |backend| async move { backend.end_and_tell(session).await })
            .await
    }

    /// Signs the caller out everywhere, here included.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn sign_out_everywhere(self: &Arc<Self>, caller: &Caller) -> Result<()> {
        let user = caller.id();
        self.carry_through(move |backend| async move { backend.end_all_sessions(user).await })
            .await
    }

    async fn end_all_sessions(&self, user: UserId) -> Result<()> {
        for session in self.store.delete_sessions_of(user, None).await? {
            self.end_and_tell(session).await?;
        }
        Ok(())
    }

    /// Ends a session, whether or not it is in the store any more, and tells so.
    pub(crate) async fn end_and_tell(&self, session: SessionId) -> Result<()> {
        let ended = self.sessions.end(session).await;
        self.bus.publish(Event::SessionEnded { session }).await;
        Ok(ended?)
    }

    /// Tells that what is held of a user is not true any more: name, picture or role.
    pub(crate) async fn tell_user_changed(&self, user: UserId) -> Result<()> {
        let sessions = self.store.sessions_of(user).await?;
        let sessions: Vec<SessionId> = sessions.into_iter().map(|session| session.id).collect();
        for session in &sessions {
            self.sessions.renew(*session).await;
        }
        self.tokens.forget();
        self.bus.publish(Event::UserChanged { user, sessions }).await;
        Ok(())
    }
}
