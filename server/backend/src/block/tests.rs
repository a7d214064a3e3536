use chat::{Author, MessageId, Timestamp, UserId};
use uuid::Uuid;

use super::*;

const ROOM: RoomId = RoomId(Uuid::from_u128(1));

fn message(seq: u64, rev: u64) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(2)),
        room: ROOM,
        seq,
        rev,
        author: Author {
            id: UserId(Uuid::from_u128(3)),
            username: "rosa".into(),
            display_name: "Rosa".into(),
            avatar_url: None,
        },
        body: format!("message {seq}"),
        html: format!("<p>message {seq}</p>"),
        created_at: Timestamp(0),
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce: None,
        reactions: Vec::new(),
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
    }
}

fn version(place: u64, last_seq: u64, last_rev: u64) -> BlockVersion {
    BlockVersion {
        encoding: 1,
        epoch: "e".into(),
        head: Head {
            room: ROOM,
            last_seq,
            last_rev,
        },
        people: 0,
        place,
    }
}

fn messages(seqs: RangeInclusive<u64>) -> Vec<Message> {
    seqs.map(|seq| message(seq, seq)).collect()
}

#[test]
fn a_full_block_is_kept_until_a_message_is_changed() {
    assert_eq!(version(0, 50, 50).key(), version(0, 70, 70).key());
    assert_ne!(version(0, 50, 50).key(), version(0, 50, 51).key());
    assert_ne!(version(0, 70, 70).key(), version(1, 170, 170).key());
}

#[test]
fn a_block_that_fills_is_another_one_after_each_post_and_change() {
    let keys = [
        version(1, 60, 60),
        version(1, 60, 61),
        version(1, 61, 62),
        version(1, 100, 100),
    ]
    .map(|version| version.key());
    for (place, key) in keys.iter().enumerate() {
        assert!(!keys[..place].contains(key), "{key}");
    }
}

#[test]
fn what_was_posted_since_is_left_out() {
    let version = version(1, 52, 52);
    let then = version.block_of(&messages(51..=52)).unwrap();
    assert_eq!(version.block_of(&messages(51..=60)).unwrap(), then);
}

#[test]
fn what_was_changed_since_or_is_missing_makes_no_block() {
    let version = version(0, 3, 3);
    let mut changed = messages(1..=3);
    changed[1].rev = 4;
    assert_eq!(version.block_of(&changed), None);
    assert_eq!(version.block_of(&messages(1..=2)), None);
    assert_eq!(version.block_of(&messages(2..=3)), None);
}

#[test]
fn a_block_gives_any_of_its_messages() {
    let messages = messages(1..=3);
    let block = version(0, 3, 3).block_of(&messages).unwrap();
    let block = Block::decode(block.encode().unwrap()).unwrap();
    for from in 0..3 {
        for to in from..3 {
            let texts = block.texts(from..=to).unwrap();
            let list = format!("[{}]", std::str::from_utf8(texts).unwrap());
            let found: Vec<Message> = serde_json::from_str(&list).unwrap();
            assert_eq!(found, messages[from..=to]);
        }
    }
    assert_eq!(block.texts(1..=3), None);
}

#[test]
fn what_is_cut_off_is_no_block() {
    let whole = version(0, 3, 3)
        .block_of(&messages(1..=3))
        .unwrap()
        .encode()
        .unwrap();
    for length in 0..whole.len() {
        assert_eq!(Block::decode(whole.slice(..length)), None, "{length}");
    }
}
