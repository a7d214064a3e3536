//! `natter seed`: people, rooms and messages to try things with.

use std::{
    fmt::Write as _,
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use backend::{
    connect::open_store,
    password::Passwords,
    seed::{Plan, Seeded},
    session::secret::Secret,
};

use super::CommandError;
use crate::config::{Config, SeedArgs};

pub(super) async fn seed(config: &Config, args: &SeedArgs) -> Result<(), CommandError> {
    let store = open_store(&config.database_url, None).await?;
    // Drawn anew each time: nobody who knows the source can sign in to a seeded server.
    let password: String = Secret::draw().cookie_text().chars().take(16).collect();
    let password_hash = Passwords::new(1).hash(password.clone()).await?;
    let plan = Plan {
        users: args.users,
        rooms: args.rooms,
        members: args.members,
        messages: args.messages,
        password_hash,
    };
    let seeded = backend::seed::seed(store.as_ref(), &plan).await;
    store.close().await;
    let seeded = seeded?;
    if let Some(path) = &args.tokens {
        let written = write_secret(path, &lines(&seeded));
        written.map_err(|error| CommandError::File {
            path: path.display().to_string(),
            error,
        })?;
    }
    println!(
        "Seeded {} users, {} rooms, {} messages.",
        args.users, args.rooms, args.messages
    );
    println!("Every seeded user's password: {password}");
    Ok(())
}

/// One `username<TAB>token<TAB>room-id,room-id,…` line a user.
fn lines(seeded: &[Seeded]) -> String {
    seeded.iter().fold(String::new(), |mut text, user| {
        let rooms: Vec<String> = user.rooms.iter().map(ToString::to_string).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}\t{}\t{}", user.username, user.token, rooms.join(","));
        text
    })
}

/// For its owner's eyes only: whoever has a token is that user.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}
