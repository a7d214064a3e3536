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
    store::{NewUser, Registered},
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
    /// Creates an account and signs it in. `address` is where the request came from.
    ///
    /// # Errors
    /// `too_fast`, `invalid` with the fields at fault, `username_taken`, `signup_closed`, `unavailable`.
    pub async fn register(self: &Arc<Self>, registration: Registration, address: &str) -> Result<SignedIn> {
        let (username, name) = check_registration(&registration)?;
        self.limiter.take(Quota::Register, address).await.allowed()?;
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
        self.carry_through(|backend| async move { backend.create_and_tell(new).await })
            .await
    }

    async fn create_and_tell(&self, new: NewUser) -> Result<SignedIn> {
        match self.store.create_user(new, self.signup != Signup::Open).await? {
            Registered::Created { user, rooms } => {
                for room in rooms {
                    self.tell_joined(room, &[user.author.id]).await;
                }
                self.open_session(user).await
            }
            Registered::Taken => Err(Code::UsernameTaken.into()),
            Registered::Closed => Err(Code::SignupClosed.into()),
        }
    }

    /// Signs a user in; whoever was signed in by `presented` no longer is. Unknown users and wrong passwords are
    /// answered alike and equally slowly.
    ///
    /// # Errors
    /// `bad_credentials`, `too_fast` (also after repeated failures), `unavailable`.
    pub async fn sign_in(
        self: &Arc<Self>,
        username: &str,
        password: String,
        address: &str,
        presented: Option<&Caller>,
    ) -> Result<SignedIn> {
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
        let signed_in = self.open_session(user).await?;
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
        // Nobody signs in as a bot, which has no password.
        let known = known.filter(|(user, _)| !user.bot);
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

    async fn open_session(&self, user: User) -> Result<SignedIn> {
        let (session, secret) = self.sessions.open(user.author.id).await?;
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
    if registration.password.chars().count() < PASSWORD_CHARS_MIN {
        refuse("password", "must have at least 8 characters");
    } else if registration.password.len() > PASSWORD_BYTES_MAX {
        refuse("password", "must have at most 256 bytes");
    }
    match (username, name, problem) {
        (Some(username), Some(name), None) => Ok((username.to_owned(), name)),
        (_, _, Some(problem)) => Err(problem),
        _ => Err(Code::Invalid.into()),
    }
}
