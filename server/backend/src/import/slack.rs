//! What a Slack export holds, and where.
//!
//! `users.json`, `channels.json` (public), `groups.json` (private), `mpims.json` and `dms.json` name people and rooms;
//! each room has a folder, named as the room or by its id, with a file a day (`2024-03-01.json`). Files are only in
//! archives that other tools have filled up, in a folder or under a name that begins with the file's id.

use std::{collections::HashMap, io::Read};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    Fault,
    archive::{Archive, ArchiveError, Entry},
};

/// The most bytes of one of the archive's JSON files when it is unpacked: it is held in memory.
pub(super) const JSON_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The most people, and the most rooms, of an archive.
pub(super) const PEOPLE_MAX: usize = 100_000;
pub(super) const ROOMS_MAX: usize = 100_000;

/// A person or a program.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Person {
    pub(super) id: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) team_id: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) real_name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) tz: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) deleted: bool,
    #[serde(deserialize_with = "lenient")]
    pub(super) is_bot: bool,
    #[serde(deserialize_with = "lenient")]
    pub(super) profile: Profile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    #[serde(deserialize_with = "lenient")]
    pub(super) display_name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) real_name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) title: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: String,
}

/// A channel, or the conversation of a few.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Channel {
    pub(super) id: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) creator: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) created: i64,
    #[serde(deserialize_with = "lenient")]
    pub(super) is_archived: bool,
    #[serde(deserialize_with = "lenient")]
    pub(super) members: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) topic: About,
    #[serde(deserialize_with = "lenient")]
    pub(super) purpose: About,
    #[serde(deserialize_with = "lenient")]
    pub(super) pins: Vec<Pin>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct About {
    #[serde(deserialize_with = "lenient")]
    pub(super) value: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Pin {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: String,
}

/// A line of a day.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    #[serde(deserialize_with = "lenient")]
    pub(super) subtype: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) ts: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) thread_ts: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) user: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) user_profile: Profile,
    #[serde(deserialize_with = "lenient")]
    pub(super) bot_id: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) username: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) bot_profile: Profile,
    #[serde(deserialize_with = "lenient")]
    pub(super) text: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) edited: Edited,
    #[serde(deserialize_with = "lenient")]
    pub(super) pinned_to: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) reactions: Vec<Reaction>,
    #[serde(deserialize_with = "lenient")]
    pub(super) files: Vec<File>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Edited {
    #[serde(deserialize_with = "lenient")]
    pub(super) ts: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reaction {
    #[serde(deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) users: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) title: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) permalink: String,
    #[serde(deserialize_with = "lenient")]
    pub(super) url_private: String,
}

/// What is of another kind than it should be, `null` included, is as if it were not there: archives of many years differ
/// in details, and a detail must not cost a message.
fn lenient<'de, D: Deserializer<'de>, T: Default + DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// Which kind of room it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Public,
    Private,
    Direct,
}

/// The lists of rooms, and what kind they hold.
const LISTS: [(&str, Kind); 4] = [
    ("channels.json", Kind::Public),
    ("groups.json", Kind::Private),
    ("mpims.json", Kind::Direct),
    ("dms.json", Kind::Direct),
];
const PEOPLE: &str = "users.json";

/// Where everything is in an archive.
pub(super) struct Export {
    pub(super) people: Vec<Person>,
    pub(super) rooms: Vec<(Kind, Channel)>,
    /// The days of each folder, in their order.
    pub(super) days: HashMap<String, Vec<Entry>>,
    /// Files by their ids.
    pub(super) files: HashMap<String, Entry>,
}

impl Export {
    /// Reads the lists of an archive, and where the days are.
    ///
    /// # Errors
    /// Where the directory or one of the lists cannot be read: nothing could be said of whose the messages are.
    pub(super) fn read(archive: &Archive) -> Result<Self, Fault> {
        let (mut lists, mut days, mut files) =
            (HashMap::new(), HashMap::<_, Vec<Entry>>::new(), HashMap::new());
        let prefix = prefix(archive)?;
        for entry in archive.entries() {
            let entry = entry.map_err(|error| Fault::of("the archive", error))?;
            let Some(path) = entry.name.strip_prefix(&*prefix) else {
                continue;
            };
            match path.split_once('/') {
                None => drop(lists.insert(path.to_owned(), entry)),
                Some((folder, day)) if is_day(day) => days.entry(folder.to_owned()).or_default().push(entry),
                Some(_) => {
                    if let Some(id) = path.split('/').find_map(file_id) {
                        files.insert(id.to_owned(), entry);
                    }
                }
            }
        }
        // Named by their dates, so in the order of time.
        for days in days.values_mut() {
            days.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let people = lists
            .get(PEOPLE)
            .map(|entry| list(archive, entry, PEOPLE_MAX))
            .transpose()?;
        let mut rooms = Vec::new();
        for (name, kind) in LISTS {
            if let Some(entry) = lists.get(name) {
                let found: Vec<Channel> = list(archive, entry, ROOMS_MAX - rooms.len())?;
                rooms.extend(found.into_iter().map(|channel| (kind, channel)));
            }
        }
        Ok(Self {
            people: people.unwrap_or_default(),
            rooms,
            days,
            files,
        })
    }

    /// Which workspace it is of: the one that most of its people are of.
    pub(super) fn team(&self) -> String {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for person in &self.people {
            *counts.entry(&person.team_id).or_default() += 1;
        }
        let known = counts.into_iter().filter(|(team, _)| !team.is_empty());
        let most = known.max_by_key(|(team, count)| (*count, std::cmp::Reverse(*team)));
        most.map_or_else(String::new, |(team, _)| team.to_owned())
    }

    /// Takes the days of a room: its folder is named by it, or by its id.
    pub(super) fn take_days(&mut self, kind: Kind, channel: &Channel) -> Vec<Entry> {
        let mut names = [&channel.name, &channel.id];
        if kind == Kind::Direct {
            names.reverse();
        }
        names
            .into_iter()
            .find_map(|name| self.days.remove(name))
            .unwrap_or_default()
    }
}

/// The folder of an archive in which everything is; mostly none.
fn prefix(archive: &Archive) -> Result<String, Fault> {
    let mut shortest: Option<String> = None;
    for entry in archive.entries() {
        let entry = entry.map_err(|error| Fault::of("the archive", error))?;
        let prefix = entry
            .name
            .strip_suffix(PEOPLE)
            .filter(|prefix| prefix.is_empty() || prefix.ends_with('/'));
        if let Some(prefix) = prefix
            && shortest
                .as_ref()
                .is_none_or(|shortest| prefix.len() < shortest.len())
        {
            shortest = Some(prefix.to_owned());
        }
    }
    shortest.ok_or_else(|| Fault::of("the archive", "it holds no users.json: it is no Slack export"))
}

/// `2024-03-01.json`.
fn is_day(name: &str) -> bool {
    let Some(date) = name.strip_suffix(".json") else {
        return false;
    };
    date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// The id of a file that a part of a path begins with: `F012AB34`, `F012AB34-plan.pdf`.
fn file_id(part: &str) -> Option<&str> {
    let end = part
        .find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit())
        .unwrap_or(part.len());
    let id = &part[..end];
    let apart = !part[end..].starts_with(|c: char| c.is_alphanumeric());
    (id.starts_with('F') && id.len() >= 7 && apart).then_some(id)
}

/// A list that has to be there as a whole.
fn list<T: DeserializeOwned + Default>(
    archive: &Archive,
    entry: &Entry,
    most: usize,
) -> Result<Vec<T>, Fault> {
    let mut items = Vec::new();
    let bytes = bytes(archive, entry).map_err(|error| Fault::of(&entry.name, error))?;
    each(&bytes, |value| {
        if items.len() <= most {
            items.push(serde_json::from_value(value).unwrap_or_default());
        }
    })
    .map_err(|error| Fault::of(&entry.name, error))?;
    if items.len() > most {
        return Err(Fault::of(&entry.name, "it has more than 100,000 items"));
    }
    Ok(items)
}

/// All of an entry.
pub(super) fn bytes(archive: &Archive, entry: &Entry) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    archive.read(entry, JSON_BYTES_MAX)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Hands the items of a list on, one by one. What came before a fault is handed on too.
pub(super) fn each(bytes: &[u8], take: impl FnMut(Value)) -> serde_json::Result<()> {
    struct Items<F>(F);

    impl<'de, F: FnMut(Value)> Visitor<'de> for Items<F> {
        type Value = ();

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
            while let Some(item) = items.next_element()? {
                (self.0)(item);
            }
            Ok(())
        }
    }

    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    (&mut deserializer).deserialize_seq(Items(take))?;
    deserializer.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_files_are_known_by_their_names() {
        assert!(is_day("2024-03-01.json"));
        assert!(!is_day("canvas.json") && !is_day("2024-03-01.txt"));
        for (part, id) in [
            ("F012AB34", Some("F012AB34")),
            ("F012AB34-plan.pdf", Some("F012AB34")),
            ("F012AB34.png", Some("F012AB34")),
            ("Folder", None),
            ("FUN", None),
            ("F012AB34lower", None),
        ] {
            assert_eq!(file_id(part), id, "{part}");
        }
    }

    #[test]
    fn what_came_before_a_fault_is_read() {
        let mut seen = Vec::new();
        assert!(each(b"[1, {\"a\": 2}, oops]", |value| seen.push(value)).is_err());
        assert_eq!(seen.len(), 2);
        assert!(each(b"{}", |_| ()).is_err());
    }

    #[test]
    fn a_detail_of_another_kind_costs_nothing_else() {
        let said: Said =
            serde_json::from_str(r#"{"ts": "1.2", "text": 7, "files": null, "edited": [], "user": "U1"}"#)
                .unwrap();
        assert_eq!((&*said.ts, &*said.text, &*said.user), ("1.2", "", "U1"));
    }
}
