//! Who is who, and what is where: what the archive's lists say and this server knows.

use std::collections::HashMap;

use chat::Author;

use crate::{import::archive::Entry, markdown::Site, mrkdwn::Names};

/// Who is who, and what is where.
#[derive(Debug, Default)]
pub(in crate::import) struct Known {
    /// Slack's people, here.
    pub(in crate::import) people: HashMap<String, Author>,
    /// The same by their usernames in small letters.
    pub(in crate::import) by_username: HashMap<String, Author>,
    /// The addresses here of Slack's channels.
    pub(in crate::import) slugs: HashMap<String, String>,
    /// The files that are in the archive.
    pub(in crate::import) files: HashMap<String, Entry>,
    /// Where this site is.
    pub(in crate::import) site: Option<Site>,
}

impl Known {
    /// Adds one of Slack's people.
    pub(in crate::import) fn meet(&mut self, key: String, author: Author) {
        self.by_username
            .insert(author.username.to_lowercase(), author.clone());
        self.people.insert(key, author);
    }

    /// Who one of Slack's people is here.
    pub(in crate::import) fn person(&self, key: &str) -> Option<&Author> {
        self.people.get(key)
    }

    /// Who has this username here.
    pub(in crate::import) fn called(&self, username: &str) -> Option<&Author> {
        self.by_username.get(&username.to_lowercase())
    }
}

impl Names for Known {
    fn user(&self, id: &str) -> Option<&str> {
        self.people.get(id).map(|author| author.username.as_str())
    }

    fn room(&self, id: &str) -> Option<&str> {
        self.slugs.get(id).map(String::as_str)
    }
}
