use serde_json::json;
use uuid::Uuid;

use super::*;

fn author(username: &str) -> Author {
    Author {
        id: UserId(Uuid::now_v7()),
        username: username.to_owned(),
        display_name: username.to_owned(),
        avatar_url: None,
    }
}

fn known() -> Known {
    let mut known = Known::default();
    known.meet("U1".to_owned(), author("rosa"));
    known.meet("U2".to_owned(), author("mei"));
    known.slugs.insert("C2".to_owned(), "quay".to_owned());
    known
}

const PLACE: Place<'_> = Place {
    source: "slack:T1",
    key: "C1",
    pins: &["1700000009.000000"],
};

fn translated(value: Value) -> (Vec<Draft>, Summary) {
    let mut summary = Summary::default();
    let drafts = PLACE.translate(&value, &known(), &mut summary).unwrap();
    (drafts, summary)
}

#[test]
fn a_message_keeps_its_time_and_its_id_and_names_people_as_they_are_called_here() {
    let value = json!({ "type": "message", "user": "U1", "ts": "1700000000.000100",
        "text": "*Look* <@U2>, in <#C2|old-quay> &amp; <https://example.org|there>" });
    let (drafts, _) = translated(value.clone());
    let [draft] = &*drafts else { panic!("{drafts:?}") };
    assert_eq!(
        draft.body,
        "**Look** @mei, in #quay & [there](<https://example.org>)"
    );
    assert_eq!(draft.created_at, Timestamp(1_700_000_000_000));
    assert_eq!(draft.mentions.len(), 1);
    assert_eq!(draft.writer.key, "U1");
    assert_eq!(translated(value).0[0].id, draft.id, "the same each time");
    let elsewhere = Place { key: "C9", ..PLACE };
    assert_ne!(elsewhere.id(1_700_000_000_000_100, 0), draft.id);
    assert_eq!(PLACE.id(1_700_000_000_000_100, 0), draft.id);
}

#[test]
fn what_became_of_a_message_comes_with_it() {
    let (drafts, summary) = translated(json!({ "user": "U1", "ts": "1700000009.000000", "text": "plan",
        "edited": { "user": "U1", "ts": "1700000010.000000" },
        "reactions": [
            { "name": "thumbsup", "users": ["U1", "U2", "U2"] },
            { "name": "+1", "users": ["U1"] },
            { "name": "wave::skin-tone-3", "users": ["U2", "U404"] },
            { "name": "our-own-emoji", "users": ["U1", "U2"] }
        ],
        "files": [{ "id": "F1234567", "name": "../plan.pdf", "permalink": "https://example.org/f" }] }));
    let draft = &drafts[0];
    assert_eq!(draft.edited_at, Some(Timestamp(1_700_000_010_000)));
    assert!(draft.pinned, "as the list of rooms says");
    let given: Vec<(&str, usize)> = draft
        .reactions
        .iter()
        .map(|(emoji, users)| (emoji.as_str(), users.len()))
        .collect();
    assert_eq!(given, [("👍", 2), ("👋🏼", 1)]);
    assert_eq!(summary.reactions_left_out, 3);
    assert_eq!(draft.body, "plan\n📎 [plan.pdf](<https://example.org/f>)");
    assert_eq!(summary.files_linked, 1);
}

#[test]
fn replies_know_their_root_and_roots_are_no_replies() {
    let (root, _) = translated(
        json!({ "user": "U1", "ts": "1700000000.000100", "thread_ts": "1700000000.000100", "text": "root" }),
    );
    let (reply, _) = translated(
        json!({ "user": "U2", "ts": "1700000001.000100", "thread_ts": "1700000000.000100", "text": "reply" }),
    );
    assert_eq!(root[0].thread, None);
    assert_eq!(reply[0].thread, Some(root[0].id));
}

#[test]
fn notices_are_no_messages_and_deleted_ones_keep_their_place() {
    let (drafts, summary) = translated(
        json!({ "subtype": "channel_join", "user": "U1", "ts": "1.0", "text": "<@U1> has joined" }),
    );
    assert_eq!((drafts.len(), summary.notices), (0, 1));
    let (drafts, _) = translated(
        json!({ "subtype": "tombstone", "user": "USLACKBOT", "ts": "2.0", "text": "This message was deleted." }),
    );
    assert!(drafts[0].deleted && drafts[0].body.is_empty());
}

#[test]
fn what_programs_say_is_read_as_their_webhooks_are() {
    let (drafts, _) = translated(
        json!({ "subtype": "bot_message", "bot_id": "B1", "username": "deploys", "ts": "3.0", "text": "",
        "attachments": [{ "title": "Log", "title_link": "https://example.org/7", "text": "~old~" }] }),
    );
    assert_eq!(drafts[0].body, "**[Log](<https://example.org/7>)**\n~~old~~");
    assert_eq!((&*drafts[0].writer.key, drafts[0].writer.program), ("B1", true));
}

#[test]
fn a_text_that_is_too_long_becomes_several_messages_and_nothing_is_lost() {
    let line = "0123456789 ".repeat(300);
    let text = [line.trim(); 6].join("\n");
    let (drafts, _) = translated(json!({ "user": "U1", "ts": "4.0", "text": text }));
    assert!(drafts.len() > 2);
    let said: Vec<&str> = drafts.iter().map(|draft| &*draft.body).collect();
    assert_eq!(said.join("\n"), text);
    let mut ids: Vec<_> = drafts.iter().map(|draft| draft.id.0).collect();
    ids.dedup();
    assert_eq!(ids.len(), drafts.len());
}

#[test]
fn what_is_no_message_is_none() {
    let mut summary = Summary::default();
    for value in [
        json!(7),
        json!({}),
        json!({ "ts": "yesterday", "text": "x" }),
        json!({ "ts": "99999999999999999.0", "text": "x" }),
    ] {
        assert!(
            PLACE.translate(&value, &known(), &mut summary).is_none(),
            "{value}"
        );
    }
}
