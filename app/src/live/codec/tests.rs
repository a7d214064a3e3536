//! What `serde` writes is read, and what is written `serde` reads: whatever it is.

use chat::{AttachmentId, MessageId, RoomId, Timestamp, view::Start};
use proptest::{collection::vec, option, prelude::*};

use super::*;

fn id() -> impl Strategy<Value = String> {
    any::<u128>().prop_map(|bits| {
        let hex = format!("{bits:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    })
}

fn user_id() -> impl Strategy<Value = UserId> {
    id().prop_map(|id| id.parse().unwrap())
}

fn room_id() -> impl Strategy<Value = RoomId> {
    id().prop_map(|id| id.parse().unwrap())
}

fn message_id() -> impl Strategy<Value = MessageId> {
    id().prop_map(|id| id.parse().unwrap())
}

fn attachment_id() -> impl Strategy<Value = AttachmentId> {
    id().prop_map(|id| id.parse().unwrap())
}

fn any_nonce() -> impl Strategy<Value = Nonce> {
    "[^\\p{Cc}]{1,64}".prop_map(|text| Nonce::new(text).unwrap())
}

fn time() -> impl Strategy<Value = Timestamp> {
    (0_i64..253_402_300_800_000).prop_map(Timestamp)
}

fn any_status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Online), Just(Status::Away), Just(Status::Offline)]
}

prop_compose! {
    fn any_author()(
        id in user_id(), username: String, display_name: String, avatar_url in option::of(any::<String>()),
    ) -> Author {
        Author { id, username, display_name, avatar_url }
    }
}

prop_compose! {
    fn any_reaction()(emoji: String, count: u64, users in vec(user_id(), 0..3)) -> Reaction {
        Reaction { emoji, count, users }
    }
}

prop_compose! {
    fn any_variant()((width, height) in any::<(u32, u32)>(), url: String) -> Variant {
        Variant { width, height, url }
    }
}

prop_compose! {
    fn any_attachment()(
        id in attachment_id(), (url, name, content_type, size) in any::<(String, String, String, u64)>(),
        (width, height, color) in any::<(Option<u32>, Option<u32>, Option<String>)>(),
        variants in vec(any_variant(), 0..3),
    ) -> Attachment {
        Attachment { id, url, name, content_type, size, width, height, color, variants }
    }
}

prop_compose! {
    fn any_message()(
        (id, room, author) in (message_id(), room_id(), any_author()),
        (seq, rev, reply_count) in any::<(u64, u64, u64)>(),
        (body, html, deleted, pinned) in any::<(String, String, bool, bool)>(),
        (created_at, edited_at, thread) in (time(), option::of(time()), option::of(message_id())),
        nonce in option::of(any_nonce()),
        reactions in vec(any_reaction(), 0..3),
        attachments in vec(any_attachment(), 0..3),
        mentions in vec(user_id(), 0..3),
        calls in option::of(prop_oneof![Just(Call::Here), Just(Call::Room)]),
    ) -> Message {
        Message {
            id, room, seq, rev, author, body, html, created_at, edited_at, deleted, pinned, thread, reply_count, nonce,
            reactions, attachments, mentions, calls,
        }
    }
}

prop_compose! {
    fn any_room()(
        (id, kind) in (room_id(), prop_oneof![Just(RoomKind::Channel), Just(RoomKind::Direct)]),
        (slug, name, topic, private, member) in any::<(String, String, String, bool, bool)>(),
        (last_seq, last_rev, read_seq, unread, mentions) in any::<(u64, u64, u64, u64, u64)>(),
        (description, archived, slow_s) in any::<(String, bool, u32)>(),
        created_by in option::of(user_id()),
        users in vec(any_author(), 0..3),
        (read_turn, level, muted) in (any::<u64>(), any_level(), any::<bool>()),
    ) -> Room {
        Room {
            id, kind, slug, name, topic, private, description, archived, slow_s, created_by, member, last_seq, last_rev,
            read_seq, unread, mentions, users, read_turn, level, muted,
        }
    }
}

prop_compose! {
    fn any_head()(
        room in room_id(),
        (last_seq, last_rev, read_seq, read_turn, mentions) in any::<(u64, u64, u64, u64, u64)>(),
        (level, muted) in (any_level(), any::<bool>()),
    ) -> RoomHead {
        RoomHead { room, last_seq, last_rev, read_seq, read_turn, mentions, level, muted }
    }
}

fn any_level() -> impl Strategy<Value = Option<Level>> {
    option::of(prop::sample::select(Level::ALL))
}

fn any_request_id() -> impl Strategy<Value = RequestId> {
    prop_oneof![
        any::<i64>().prop_map(RequestId::Number),
        any::<String>().prop_map(RequestId::Text)
    ]
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    prop_oneof![
        (
            id(),
            user_id(),
            any::<(u64, String, u64)>(),
            vec(any_head(), 0..3)
        )
            .prop_map(
                |(connection, user, (heartbeat_ms, epoch, rooms_version), rooms)| ServerFrame::Hello {
                    connection: connection.parse().unwrap(),
                    user,
                    heartbeat_ms,
                    epoch,
                    rooms,
                    rooms_version,
                }
            ),
        (
            option::of(any_request_id()),
            room_id(),
            any::<(u64, u64, bool)>(),
            vec(any_message(), 0..3)
        )
            .prop_map(
                |(id, room, (last_seq, last_rev, limited), messages)| ServerFrame::Joined {
                    id,
                    room,
                    last_seq,
                    last_rev,
                    messages,
                    limited
                }
            ),
        (any_nonce(), any_message()).prop_map(|(nonce, message)| ServerFrame::Sent { nonce, message }),
        any_message().prop_map(|message| ServerFrame::Message { message }),
        any_message().prop_map(|message| ServerFrame::Changed { message }),
        (room_id(), any::<(u64, u64, u64)>()).prop_map(|(room, (last_seq, last_rev, mentions))| {
            ServerFrame::Head {
                room,
                last_seq,
                last_rev,
                mentions,
            }
        }),
        (room_id(), user_id(), option::of(message_id()))
            .prop_map(|(room, user, thread)| ServerFrame::Typing { room, user, thread }),
        (user_id(), any_status()).prop_map(|(user, status)| ServerFrame::Presence { user, status }),
        (room_id(), any::<(u64, u64)>()).prop_map(|(room, (seq, turn))| ServerFrame::Read {
            room,
            seq,
            turn
        }),
        any_room().prop_map(|room| ServerFrame::Room { room: Box::new(room) }),
        any::<u64>().prop_map(|in_ms| ServerFrame::Reconnect { in_ms }),
        (
            option::of(any_request_id()),
            any::<(Option<String>, String, String)>()
        )
            .prop_map(|(id, (nonce, code, detail))| ServerFrame::Error {
                id,
                nonce,
                code,
                detail
            }),
    ]
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    prop_oneof![
        (option::of(any_request_id()), room_id(), any::<Option<u64>>())
            .prop_map(|(id, room, after)| ClientFrame::Join { id, room, after }),
        room_id().prop_map(|room| ClientFrame::Leave { room }),
        (
            room_id(),
            any_nonce(),
            any::<String>(),
            option::of(message_id()),
            vec(attachment_id(), 0..3)
        )
            .prop_map(|(room, nonce, body, thread, attachments)| ClientFrame::Send {
                room,
                nonce,
                body,
                thread,
                attachments
            }),
        (room_id(), option::of(message_id())).prop_map(|(room, thread)| ClientFrame::Typing { room, thread }),
        (room_id(), any::<(u64, Option<u64>)>()).prop_map(|(room, (seq, turn))| ClientFrame::Read {
            room,
            seq,
            turn
        }),
        any_status().prop_map(|status| ClientFrame::Presence { status }),
    ]
}

prop_compose! {
    fn any_pending()(
        room in room_id(), nonce in any_nonce(), body: String,
        attachments in vec(any_attachment(), 0..3), created_at in time(), failed: Option<String>,
    ) -> Pending {
        Pending { room, nonce, body, attachments, created_at, failed }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_of_the_server_is_read_as_it_was_meant(sent in server_frame()) {
        let text = serde_json::to_string(&sent).unwrap();
        prop_assert_eq!(frame(&text), Some(sent));
    }

    #[test]
    fn every_frame_for_the_server_is_read_there_as_it_was_meant(frame in client_frame()) {
        let read: ClientFrame = serde_json::from_str(&text_of(&frame)).unwrap();
        prop_assert_eq!(read, frame);
    }

    #[test]
    fn pages_are_read_as_they_were_meant(
        messages in vec(any_message(), 0..4), has_before: bool, has_after: bool, last_rev: u64,
    ) {
        let sent = Page { messages, has_before, has_after, last_rev };
        let text = serde_json::to_string(&sent).unwrap();
        prop_assert_eq!(page(&Value::parse(&text).unwrap()), Some(sent));
    }

    #[test]
    fn messages_that_were_kept_come_back_as_they_were(kept in any_message()) {
        let mut writer = Writer::default();
        write_message(&mut writer, &kept);
        prop_assert_eq!(message(&Value::parse(&writer.text).unwrap()), Some(kept));
    }

    #[test]
    fn threads_are_read_as_they_were_meant(
        root in any_message(), messages in vec(any_message(), 0..3), has_before: bool, has_after: bool, last_rev: u64,
    ) {
        let sent = Thread { root, page: Page { messages, has_before, has_after, last_rev } };
        let text = serde_json::to_string(&sent).unwrap();
        prop_assert_eq!(thread(&Value::parse(&text).unwrap()), Some(sent));
    }

    #[test]
    fn sends_that_were_kept_come_back_as_they_were(kept in vec(any_pending(), 0..4)) {
        prop_assert_eq!(sends(&text_of_sends(kept.iter())), kept);
    }
}

#[test]
fn of_a_room_the_newest_messages_are_kept() {
    let me = UserId(Default::default());
    let author = Author {
        id: me,
        username: String::new(),
        display_name: String::new(),
        avatar_url: None,
    };
    let message = |seq| Message {
        id: MessageId(Default::default()),
        room: RoomId(Default::default()),
        seq,
        rev: seq,
        author: author.clone(),
        body: String::new(),
        html: String::new(),
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
    };
    let start = Start {
        last_seq: 3,
        last_rev: 7,
        read_seq: 0,
        read_turn: 0,
    };
    let view = View::new(
        RoomId(Default::default()),
        me,
        (1..=3).map(message).collect(),
        start,
    );
    let text = text_of_room(&view, 2);
    let kept = page(&Value::parse(&text).unwrap()).unwrap();
    assert_eq!(
        kept.messages
            .iter()
            .map(|message| message.seq)
            .collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!((kept.has_before, kept.has_after, kept.last_rev), (true, false, 7));
}

#[test]
fn frames_may_have_more_fields_and_be_of_unknown_kinds() {
    let more = r#"{"type":"reconnect","in_ms":5,"why":{"since":[1,2]}}"#;
    assert_eq!(frame(more), Some(ServerFrame::Reconnect { in_ms: 5 }));
    assert_eq!(frame(r#"{"type":"weather","degrees":21.5}"#), None);
    assert_eq!(frame(r#"{"type":"reconnect"}"#), None);
    assert_eq!(frame("not json"), None);
}
