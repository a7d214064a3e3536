//! `natter password`: a way in for who forgot the password, or never had one.

use backend::{connect::open_store, password::Passwords, session::secret::Secret};

use super::CommandError;
use crate::config::Config;

/// How many characters the password has: 96 bits.
const CHARS: usize = 16;

/// Draws a password, gives it to the user and prints it. The user is signed out everywhere.
pub(super) async fn password(config: &Config, username: &str) -> Result<(), CommandError> {
    let store = open_store(&config.database_url, None).await?;
    let nobody = || CommandError::Nobody(username.to_owned());
    let found = store.password_hash(username).await?;
    let (user, before) = found.filter(|(user, _)| !user.bot).ok_or_else(nobody)?;
    let password: String = Secret::draw().cookie_text().chars().take(CHARS).collect();
    let hash = Passwords::new(1).hash(password.clone()).await?;
    if !store.set_password(user.author.id, before, hash).await? {
        return Err(nobody());
    }
    store.delete_sessions_of(user.author.id, None).await?;
    store.close().await;
    println!("{}: {password}", user.author.username);
    if user.deactivated {
        println!("The account is closed: an administrator has to open it again.");
    }
    Ok(())
}
