//! Exports as Slack writes them, made up.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, Crc, write::DeflateEncoder};
use serde_json::{Value, json};

/// An archive in the making.
#[derive(Default)]
pub struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    pub fn add(&mut self, name: &str, content: &[u8]) -> &mut Self {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(content).unwrap();
        let packed = packed.finish().unwrap();
        let mut crc = Crc::new();
        crc.update(content);
        let mut fields = Vec::new();
        fields.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0]);
        fields.extend(crc.sum().to_le_bytes());
        fields.extend((packed.len() as u32).to_le_bytes());
        fields.extend((content.len() as u32).to_le_bytes());
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        let at = self.bytes.len() as u32;
        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&fields);
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&fields);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(&packed);
        self.count += 1;
        self
    }

    pub fn json(&mut self, name: &str, content: &Value) -> &mut Self {
        self.add(name, content.to_string().as_bytes())
    }

    /// Writes it into `folder`.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let mut bytes = [&*self.bytes, &self.directory].concat();
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(self.count.to_le_bytes());
        bytes.extend(self.count.to_le_bytes());
        bytes.extend((self.directory.len() as u32).to_le_bytes());
        bytes.extend((self.bytes.len() as u32).to_le_bytes());
        bytes.extend([0, 0]);
        let path = folder.join("export.zip");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// An export of so many people, who are in all of so many channels, with so many messages in all, spread over days. A
/// tenth are replies, a tenth have reactions, some mention somebody.
pub fn export(people: usize, channels: usize, messages: usize) -> Zip {
    let mut zip = Zip::default();
    let user = |n: usize| format!("U{:07}", n % people);
    let users: Vec<Value> = (0..people)
        .map(|n| {
            json!({ "id": user(n), "team_id": "T0000001", "name": format!("sailor{n}"), "deleted": n % 50 == 49,
                    "tz": "Europe/Oslo", "profile": { "real_name": format!("Sailor {n}"), "email": format!("sailor{n}@example.org") } })
        })
        .collect();
    zip.json("users.json", &Value::Array(users));
    let members: Vec<String> = (0..people).map(user).collect();
    let rooms: Vec<Value> = (0..channels)
        .map(|n| {
            json!({ "id": format!("C{n:07}"), "name": format!("pier-{n}"), "created": 1_600_000_000, "creator": user(n),
                    "is_archived": false, "members": members, "topic": { "value": "ships" }, "purpose": { "value": "tides" } })
        })
        .collect();
    zip.json("channels.json", &Value::Array(rooms));
    for room in 0..channels {
        let count = messages / channels + usize::from(room < messages % channels);
        let days = (count / 200).max(1);
        for day in 0..days {
            let from = day * count / days;
            let said: Vec<Value> = (from..(day + 1) * count / days)
                .map(|n| message(n, &user))
                .collect();
            let (year, month, date) = (2015 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
            let name = format!("pier-{room}/{year}-{month:02}-{date:02}.json");
            zip.json(&name, &Value::Array(said));
        }
    }
    zip
}

fn message(n: usize, user: &impl Fn(usize) -> String) -> Value {
    let ts = |n: usize| format!("{}.{:06}", 1_420_070_400 + n * 400, n % 1_000_000);
    let mut message = json!({ "type": "message", "user": user(n), "ts": ts(n), "client_msg_id": format!("{n:036}"),
        "team": "T0000001",
        "text": format!("Message *{n}* of the day: the _tide_ was at {} and <https://example.org/{n}|the log> says so &amp; more.\n&gt; as it was", n % 7) });
    if n % 10 == 3 {
        message["thread_ts"] = json!(ts(n - 3));
    }
    if n.is_multiple_of(10) {
        message["reactions"] =
            json!([{ "name": "thumbsup", "users": [user(n + 1), user(n + 2)], "count": 2 }]);
    }
    if n % 20 == 7 {
        message["text"] = json!(format!(
            "<@{}> look at <#C0000000|pier-0>, message {n}",
            user(n + 5)
        ));
    }
    message
}
