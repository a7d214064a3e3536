//! Who and what comes: people, the rooms that they are in, and the bytes of files.

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use chat::{
    Attachment, Author, Code, Problem, Timestamp, UserId,
    attachment::FILE_BYTES_MAX,
    room::{DESCRIPTION_CHARS_MAX, DIRECT_MEMBERS_MAX, NAME_CHARS_MAX, TOPIC_CHARS_MAX, slug},
    user::{DISPLAY_NAME_CHARS_MAX, TITLE_CHARS_MAX, display_name, is_invisible_format, time_zone},
    username::{self, USERNAME_CHARS_MAX, is_username_char},
};
use futures::StreamExt as _;
use tokio::sync::mpsc;

use super::{
    Fault, IDS_AT_ONCE, Import, ImportError, ImportedRoom, Run,
    archive::{Archive, Entry},
    room_id,
    slack::{Channel, Export, Kind, Person},
    translate::{Draft, Known, Writer},
};
use crate::{
    Backend, Result,
    stamp::{new_id, now},
    store::{Foreign, ForeignChannel, ForeignUser},
};

/// How many of the people of an archive come in one transaction.
const PEOPLE_AT_ONCE: usize = 500;
/// How many usernames of the same sound are tried with a number behind them.
const NUMBERED: usize = 20;
/// How much of a file is unpacked at once, and how many pieces are ready before they are put away.
const PIECE_BYTES: usize = 256 * 1024;
const PIECES_AHEAD: usize = 2;

impl Backend {
    /// Brings the people of the archive in; gives those who are new here.
    pub(super) async fn import_people(
        &self,
        source: &str,
        people: &[Person],
        import: &Import,
        known: &mut Known,
    ) -> Result<HashSet<UserId>, ImportError> {
        let mut newcomers = HashSet::new();
        let people: Vec<&Person> = people.iter().filter(|person| !person.id.is_empty()).collect();
        for some in people.chunks(PEOPLE_AT_ONCE) {
            let users: Vec<ForeignUser> = some
                .iter()
                .map(|person| user(person, import.match_usernames))
                .collect();
            let proposed: HashSet<UserId> = users.iter().map(|user| user.id).collect();
            for (key, author) in self.store.import_users(source, users).await? {
                if proposed.contains(&author.id) {
                    newcomers.insert(author.id);
                }
                known.meet(key, author);
            }
        }
        Ok(newcomers)
    }

    /// Finds or makes the rooms of the archive. A direct room needs everybody who is in it.
    pub(super) async fn import_rooms(
        &self,
        source: &str,
        export: &mut Export,
        known: &mut Known,
    ) -> Result<Vec<ImportedRoom>, ImportError> {
        let mut rooms = Vec::new();
        for (kind, channel) in std::mem::take(&mut export.rooms) {
            if channel.id.is_empty() {
                continue;
            }
            let days = export.take_days(kind, &channel);
            let id = match kind {
                Kind::Direct => self.import_direct(source, &channel, known).await?,
                kind => {
                    let new = foreign_channel(kind, &channel, known);
                    let (id, _) = self.store.import_channel(source, new).await?;
                    let room = self.store.room(id).await?;
                    if let Some(room) = room.filter(|_| kind == Kind::Public) {
                        known.slugs.insert(channel.id.clone(), room.slug);
                    }
                    Some(id)
                }
            };
            if let Some(id) = id {
                rooms.push(ImportedRoom {
                    id,
                    kind,
                    channel,
                    days,
                });
            }
        }
        Ok(rooms)
    }

    async fn import_direct(
        &self,
        source: &str,
        channel: &Channel,
        known: &Known,
    ) -> Result<Option<chat::RoomId>, ImportError> {
        let key = std::slice::from_ref(&channel.id);
        if let Some((_, id)) = self.store.imported(source, Foreign::Room, key).await?.pop() {
            return Ok(Some(chat::RoomId(id)));
        }
        let people = channel.members.iter().filter_map(|id| known.person(id));
        let mut people: Vec<UserId> = people.map(|author| author.id).collect();
        people.sort_unstable();
        people.dedup();
        if people.is_empty() || people.len() > DIRECT_MEMBERS_MAX {
            return Ok(None);
        }
        let (id, _) = self
            .store
            .open_direct(room_id(), &people, created_at(channel))
            .await?;
        self.store
            .note_imported(source, Foreign::Room, &channel.id, id.0)
            .await?;
        Ok(Some(id))
    }

    /// Brings a file of the archive in, which is on no message yet; an inner error says why it cannot be.
    pub(super) async fn import_file(
        self: &Arc<Self>,
        archive: &Archive,
        owner: UserId,
        name: &str,
        entry: &Entry,
    ) -> Result<Result<Attachment, String>, ImportError> {
        if entry.size == 0 {
            return Ok(Err("it is empty".to_owned()));
        }
        let (pieces, ready) = mpsc::channel(PIECES_AHEAD);
        let (archive, entry) = (archive.clone(), entry.clone());
        let reading = tokio::task::spawn_blocking(move || unpack(&archive, &entry, &pieces));
        let stream = futures::stream::unfold(ready, |mut ready: mpsc::Receiver<Result<Bytes>>| async {
            ready.recv().await.map(|piece| (piece, ready))
        });
        let brought = self.bring_file(owner, name, stream.boxed()).await;
        let fault = reading.await.map_err(|_| ImportError::Ended)?;
        match (brought, fault) {
            (Ok(file), None) => Ok(Ok(file)),
            (_, Some(fault)) => Ok(Err(fault)),
            (Err(problem), None) if problem.code == Code::Unavailable => Err(problem.into()),
            (Err(problem), None) => Ok(Err(problem.to_string())),
        }
    }
}

/// Hands the pieces of a file on; gives what is wrong with it.
fn unpack(archive: &Archive, entry: &Entry, pieces: &mpsc::Sender<Result<Bytes>>) -> Option<String> {
    use std::io::Read as _;

    let fail = |reason: String| {
        pieces
            .blocking_send(Err(Problem::invalid("file", "cannot be unpacked")))
            .ok();
        Some(reason)
    };
    let mut unpacked = match archive.read(entry, FILE_BYTES_MAX) {
        Ok(unpacked) => unpacked,
        Err(error) => return fail(error.to_string()),
    };
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        match unpacked.read(&mut piece) {
            Ok(0) => return None,
            Ok(count) => piece.truncate(count),
            Err(error) => return fail(error.to_string()),
        }
        if pieces.blocking_send(Ok(Bytes::from(piece))).is_err() {
            // Whoever keeps it has refused it, and says why.
            return None;
        }
    }
}

impl Run {
    /// Brings those in who have written and are in no list: programs, and people of other workspaces. Their accounts
    /// are closed.
    pub(super) async fn meet(&mut self, drafts: &[Draft]) -> Result<(), ImportError> {
        let mut unknown: Vec<Writer> = Vec::new();
        for draft in drafts {
            if self.author(&draft.writer).is_none() && !unknown.contains(&draft.writer) {
                unknown.push(draft.writer.clone());
            }
        }
        for some in unknown.chunks(IDS_AT_ONCE) {
            let users: Vec<ForeignUser> = some.iter().map(stranger).collect();
            let met = self.backend.store.import_users(&self.source, users).await?;
            let met = some
                .iter()
                .zip(met)
                .map(|(writer, (_, author))| (writer.clone(), author));
            self.strangers.extend(met.collect::<Vec<(Writer, Author)>>());
        }
        Ok(())
    }
}

fn user(person: &Person, adopt: bool) -> ForeignUser {
    let profile = &person.profile;
    let names = [
        &profile.display_name,
        &profile.real_name,
        &person.real_name,
        &person.name,
    ];
    ForeignUser {
        adopt: adopt && !person.is_bot && !person.deleted,
        title: line(&profile.title, TITLE_CHARS_MAX),
        time_zone: time_zone(&person.tz).unwrap_or_default(),
        deactivated: person.deleted || person.is_bot,
        ..foreign_user(&person.id, &person.name, names.into_iter().map(String::as_str))
    }
}

fn stranger(writer: &Writer) -> ForeignUser {
    foreign_user(&writer.key, &writer.name, [writer.name.as_str()].into_iter())
}

fn foreign_user<'a>(key: &str, username: &str, names: impl Iterator<Item = &'a str>) -> ForeignUser {
    let usernames = usernames(username, key);
    let named = names
        .map(|name| line(name, DISPLAY_NAME_CHARS_MAX))
        .find_map(|name| display_name(&name));
    ForeignUser {
        key: key.to_owned(),
        id: UserId(new_id()),
        display_name: named.unwrap_or_else(|| usernames[0].clone()),
        usernames,
        title: String::new(),
        time_zone: String::new(),
        deactivated: true,
        adopt: false,
        created_at: now(),
    }
}

/// The usernames that fit, the best first: as it was, with a number, with the id there, with one of our own. The last is
/// free for certain.
fn usernames(name: &str, key: &str) -> Vec<String> {
    let plain = |text: &str| {
        let text: String = text
            .chars()
            .map(|c| if is_username_char(c) { c } else { '-' })
            .collect();
        let is_edge = |c: char| !c.is_ascii_alphanumeric();
        text.trim_matches(is_edge).to_owned()
    };
    let short = |text: &str, room: usize| {
        let short: String = text.chars().take(USERNAME_CHARS_MAX - room).collect();
        plain(&short)
    };
    let (name, key) = (plain(name), plain(&key.to_lowercase()));
    let base = [short(&name, 0), short(&key, 0), "slack".to_owned()];
    let base = base
        .into_iter()
        .find(|base| username::parse(base).is_ok() && chat::Call::of(base).is_none());
    let base = base.unwrap_or_default();
    let mut usernames = vec![base.clone()];
    usernames.extend((2..NUMBERED).map(|n| format!("{}-{n}", short(&base, 3))));
    let own = new_id().as_simple().to_string();
    usernames.extend([short(&key, 12), own].into_iter().map(|id| match id.len() {
        USERNAME_CHARS_MAX.. => id,
        _ => format!("{}-{id}", short(&base, id.len() + 1)),
    }));
    usernames.retain(|name| username::parse(name).is_ok());
    usernames
}

fn foreign_channel(kind: Kind, channel: &Channel, known: &Known) -> ForeignChannel {
    let name = line(&channel.name, NAME_CHARS_MAX);
    let address = slug(&name);
    let name = match address.is_some() {
        true => name,
        false => channel.id.to_lowercase(),
    };
    let id = room_id();
    let base = address
        .or_else(|| slug(&name))
        .unwrap_or_else(|| "room".to_owned());
    let mut slugs = vec![base.clone()];
    slugs.extend((2..NUMBERED).map(|n| format!("{base}-{n}")));
    slugs.push(format!("{base}-{}", id.0.as_simple()));
    let creator = known.person(&channel.creator).map(|author| author.id);
    ForeignChannel {
        key: channel.id.clone(),
        id,
        slugs,
        name,
        topic: line(&channel.topic.value, TOPIC_CHARS_MAX),
        description: text(&channel.purpose.value, DESCRIPTION_CHARS_MAX),
        private: kind != Kind::Public,
        archived: channel.is_archived,
        created_by: creator,
        created_at: created_at(channel),
    }
}

fn created_at(channel: &Channel) -> Timestamp {
    match channel.created {
        seconds if seconds > 0 => Timestamp(seconds.saturating_mul(1_000).min(now().0)),
        _ => now(),
    }
}

/// One line of what a text says, cut where it is too long.
fn line(text: &str, most: usize) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    self::text(&line.join(" "), most)
}

/// What a text says, without what is not seen, cut where it is too long.
fn text(text: &str, most: usize) -> String {
    let seen = text
        .chars()
        .filter(|c| (!c.is_control() || *c == '\n') && !is_invisible_format(*c));
    let cut: String = seen.take(most).collect();
    cut.trim().to_owned()
}

impl From<Fault> for ImportError {
    fn from(fault: Fault) -> Self {
        Self::Archive(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_username_that_is_tried_is_one() {
        for (name, key, first) in [
            ("rosa.lindqvist", "U1", "rosa.lindqvist"),
            ("Rosa L", "U1", "Rosa-L"),
            ("_rosa_", "U1", "rosa"),
            ("田中", "U012AB", "u012ab"),
            ("", "", "slack"),
            ("here", "U7", "u7"),
            (&"a".repeat(80), "U1", &*"a".repeat(32)),
        ] {
            let tried = usernames(name, key);
            assert_eq!(tried[0], first, "{name}");
            assert!(
                tried.iter().all(|name| username::parse(name).is_ok()),
                "{tried:?}"
            );
            assert!(tried.len() > 10);
        }
    }

    #[test]
    fn a_channel_always_finds_an_address() {
        let named = |name: &str| Channel {
            id: "C012".to_owned(),
            name: name.to_owned(),
            ..Channel::default()
        };
        for (name, first) in [
            ("release-notes", "release-notes"),
            ("!!!", "c012"),
            ("計画", "計画"),
        ] {
            let channel = foreign_channel(Kind::Public, &named(name), &Known::default());
            assert_eq!(channel.slugs[0], first);
        }
    }
}
