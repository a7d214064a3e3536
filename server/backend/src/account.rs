//! Accounts: register, sign in, sign out, and who a secret belongs to.

use std::sync::Arc;

use chat::{
    Call, Code, Problem, RoomId, SessionId, User, UserId,
    quota::Quota,
    user::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, display_name},
    username,
};

use crate::{
    Backend, Caller, Credential, Event, Result, Signup,
    health::Health,
    session::{ABSOLUTE_MS, IDLE_MS, secret::Secret},
    stamp::{new_id, now},
    store::{NO_PASSWORD, NewUser, Registered},
};

/// A registration as it came in.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name to mention and find the user by.
    pub username: String,
    /// The password in clear.
    pub password: String,
    /// The name to read; `None`: the username.
    pub display_name: Option<String>,
    /// The code of an invitation.
    pub invite: Option<String>,
}

/// Where someone comes from who has yet to show who it is.
#[derive(Clone, Copy, Debug)]
pub struct Doorstep<'a> {
    /// The address that limits are counted for.
    pub address: &'a str,
    /// What the browser calls itself; may be empty.
    pub agent: &'a str,
}

impl<'a> From<&'a str> for Doorstep<'a> {
    fn from(address: &'a str) -> Self {
        Self { address, agent: "" }
    }
}

impl<'a> From<&'a String> for Doorstep<'a> {
    fn from(address: &'a String) -> Self {
        Self::from(address.as_str())
    }
}

/// A user who has just been signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The user.
    pub user: User,
    /// The session.
    pub session: SessionId,
    /// What the cookie will hold.
    pub secret: Secret,
}

impl Backend {
    /// Creates an account and signs it in. With an invitation, the account comes as that says.
    ///
    /// # Errors
    /// `too_fast`, `invalid` with the fields at fault, `username_taken`, `signup_closed`, `invite_invalid`,
    /// `unavailable`.
    pub async fn register<'a>(
        self: &Arc<Self>,
        registration: Registration,
        from: impl Into<Doorstep<'a>> + Send,
    ) -> Result<SignedIn> {
        let Doorstep { address, agent } = from.into();
        let (username, name) = check_registration(&registration)?;
        self.limiter.take(Quota::Register, address).await.allowed()?;
        let invite = registration.invite.filter(|code| !code.is_empty());
        if let Some(code) = &invite {
            self.find_invite(code).await?;
        }
        // Asked again by the write itself; asking first spares the hashing.
        if self.store.user_by_username(&username).await?.is_some() {
            return Err(Code::UsernameTaken.into());
        }
        let new = NewUser {
            id: UserId(new_id()),
            username,
            display_name: name,
            password_hash: self.passwords.hash(registration.password).await?,
            created_at: now(),
            general: RoomId(new_id()),
        };
        let agent = agent.to_owned();
        self.carry_through(|backend| async move { backend.create_and_tell(new, invite, &agent).await })
            .await
    }

    async fn create_and_tell(&self, new: NewUser, invite: Option<String>, agent: &str) -> Result<SignedIn> {
        let registered = match invite {
            Some(code) if self.signup != Signup::Closed => self.store.create_invited(new, &code).await?,
            _ => {
                let only_first = self.signup != Signup::Open;
                self.store.create_user(new, only_first).await?
            }
        };
        match registered {
            Registered::Created { user, rooms } => {
                for room in rooms {
                    self.tell_joined(room, &[user.author.id]).await;
                }
                self.open_session(user, agent).await
            }
            Registered::Taken => Err(Code::UsernameTaken.into()),
            Registered::Closed => Err(Code::SignupClosed.into()),
            Registered::NotInvited => Err(Code::InviteInvalid.into()),
        }
    }

    /// Signs a user in; whoever was signed in by `presented` no longer is. Unknown users and wrong passwords are
    /// answered alike and equally slowly.
    ///
    /// # Errors
    /// `bad_credentials`, `account_deactivated`, `too_fast` (also after repeated failures), `unavailable`.
    pub async fn sign_in<'a>(
        self: &Arc<Self>,
        username: &str,
        password: String,
        from: impl Into<Doorstep<'a>> + Send,
        presented: Option<&Caller>,
    ) -> Result<SignedIn> {
        let Doorstep { address, agent } = from.into();
        self.limiter.take(Quota::SignIn, address).await.allowed()?;
        let attempt = attempt(username, address);
        // Counted before anyone knows how it ends, so that those made at once count too.
        self.limiter
            .take(Quota::SignInFailure, &attempt)
            .await
            .allowed()?;
        let checked = self.check_password(username, password).await;
        if !matches!(checked, Ok(None)) {
            self.limiter.give_back(Quota::SignInFailure, &attempt).await;
        }
        let user = checked?.ok_or(Code::BadCredentials)?;
        // Only whoever knows the password learns of it.
        if user.deactivated {
            return Err(Code::AccountDeactivated.into());
        }
        let signed_in = self.open_session(user, agent).await?;
        // The cookie is about to be replaced: nobody else may go on with the old one.
        if let Some(presented) = presented {
            self.sign_out(presented).await?;
        }
        Ok(signed_in)
    }

    /// The user of this name, if the password is theirs.
    async fn check_password(&self, username: &str, password: String) -> Result<Option<User>> {
        if password.len() > PASSWORD_BYTES_MAX || username::parse(username).is_err() {
            return Ok(None);
        }
        let known = self.store.password_hash(username.trim()).await?;
        // Nobody signs in as a bot, or as someone who was imported or erased: they have no password.
        let known = known.filter(|(user, hash)| !user.bot && hash != NO_PASSWORD);
        let (user, hash) = known.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
        // Checked for unknown users too, against a hash of nothing: it takes as long.
        let right = self.passwords.verify(password, hash).await?;
        Ok(user.filter(|_| right))
    }

    /// Ends the caller's session; a token is revoked elsewhere and stays.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn sign_out(self: &Arc<Self>, caller: &Caller) -> Result<()> {
        let Credential::Session(session) = caller.credential else {
            return Ok(());
        };
        self.carry_through(move |backend| async move {
            backend.sessions.end(session).await?;
            backend.bus.publish(Event::SessionEnded { session }).await;
            Ok(())
        })
        .await
    }

    /// Those of the credentials that still stand: not ended, not revoked, not expired.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn standing(&self, credentials: &[Credential]) -> Result<Vec<Credential>> {
        let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
        for credential in credentials {
            match credential {
                Credential::Session(id) => sessions.push(*id),
                Credential::Token(id) => tokens.push(*id),
                Credential::Webhook(_) | Credential::Command(_) => {}
            }
        }
        let (created, seen) = (now().plus_ms(-ABSOLUTE_MS), now().plus_ms(-IDLE_MS));
        let (sessions, tokens) = tokio::try_join!(
            self.store.standing_sessions(&sessions, created, seen),
            self.store.standing_tokens(&tokens)
        )?;
        let sessions = sessions.into_iter().map(Credential::Session);
        Ok(sessions
            .chain(tokens.into_iter().map(Credential::Token))
            .collect())
    }

    /// Who holds this session's secret; `None`: nobody any longer.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn authenticate_session(&self, secret: &Secret) -> Result<Option<Caller>> {
        let found = self.sessions.find(&secret.hash()).await?;
        Ok(found.map(|(session, user)| caller(user, Credential::Session(session))))
    }

    /// Who holds this personal access token; `None`: nobody any longer.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn authenticate_token(&self, secret: &Secret) -> Result<Option<Caller>> {
        if self.bus.health() == Health::Degraded {
            // Nobody would say that another instance revoked it.
            self.tokens.forget();
        }
        let found = self.tokens.find(&secret.hash(), &*self.store).await?;
        Ok(found.map(|(token, user)| caller(user, Credential::Token(token))))
    }

    pub(crate) async fn open_session(&self, user: User, agent: &str) -> Result<SignedIn> {
        let (session, secret) = self.sessions.open_for(user.author.id, agent).await?;
        Ok(SignedIn {
            user,
            session,
            secret,
        })
    }
}

/// What failures count under: one name from one address.
fn attempt(username: &str, address: &str) -> String {
    let name = username.trim().to_ascii_lowercase();
    let short: String = name.chars().take(username::USERNAME_CHARS_MAX).collect();
    format!("{address} {short}")
}

fn caller(user: User, credential: Credential) -> Caller {
    let User {
        author, role, bot, ..
    } = user;
    Caller {
        author,
        role,
        bot,
        credential,
    }
}

/// Checks every field before refusing, so that a person corrects all of them at once.
fn check_registration(registration: &Registration) -> Result<(String, String)> {
    let mut problem: Option<Problem> = None;
    let mut refuse = |field: &str, reason: &str| {
        problem = Some(match problem.take() {
            Some(problem) => problem.and_invalid(field, reason),
            None => Problem::invalid(field, reason),
        });
    };
    let username = username::parse(&registration.username)
        .map_err(|e| refuse("username", e.reason()))
        .ok();
    // A name that calls on everyone would call on nobody else.
    if username.is_some_and(|name| Call::of(name).is_some()) {
        refuse("username", "calls on everyone in a room, and is nobody's name");
    }
    let given = registration
        .display_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let name = match given {
        Some(name) => display_name(name),
        None => username.map(ToOwned::to_owned),
    };
    if name.is_none() && given.is_some() {
        refuse(
            "display_name",
            "must have 1 to 64 characters and no control characters",
        );
    }
    if let Some(reason) = password_fault(&registration.password) {
        refuse("password", reason);
    }
    match (username, name, problem) {
        (Some(username), Some(name), None) => Ok((username.to_owned(), name)),
        (_, _, Some(problem)) => Err(problem),
        _ => Err(Code::Invalid.into()),
    }
}

/// What is wrong with a new password, to be read after the field's name.
pub(crate) fn password_fault(password: &str) -> Option<&'static str> {
    if password.chars().count() < PASSWORD_CHARS_MIN {
        Some("must have at least 8 characters")
    } else if password.len() > PASSWORD_BYTES_MAX {
        Some("must have at most 256 bytes")
    } else {
        None
    }
}
