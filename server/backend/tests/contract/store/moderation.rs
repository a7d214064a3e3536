//! Rooms' settings, slow mode, kicks and bans, reports, the log of what was done.

use backend::store::{
    Alteration, Appended, Changed, Expelled, Expulsion, NewEntry, NewMessage, NewReport, Replied, Reported,
    Resolved, RoomChange, RoomChanged, RoomEdit,
};
use chat::{AuditId, MessageId, ReportId, Role, RoomId, Timestamp, User, audit::Deed, report::OPEN_MAX};
use uuid::Uuid;

use super::{
    Fresh, Shared, change, channel, direct, edit, general, join, new_message, people::entry, post,
    private_channel, react, registered, replied, search::found, seen, two_in_a_room, with_nonce,
};

async fn change_room(store: &Shared, room: RoomId, by: &User, edit: RoomEdit) -> RoomChanged {
    let change = RoomChange {
        room,
        by: by.author.id,
        at: Timestamp(6_000),
        edit,
        entry: AuditId(Uuid::now_v7()),
    };
    store.change_room(change).await.unwrap()
}

fn named(name: &str) -> RoomEdit {
    RoomEdit {
        name: Some(name.to_owned()),
        ..RoomEdit::default()
    }
}

fn archived(archived: bool) -> RoomEdit {
    RoomEdit {
        archived: Some(archived),
        ..RoomEdit::default()
    }
}

fn slow(seconds: u32) -> RoomEdit {
    RoomEdit {
        slow_s: Some(seconds),
        ..RoomEdit::default()
    }
}

async fn expel(store: &Shared, room: RoomId, by: &User, whom: &User, ban: Option<&str>) -> Expelled {
    let expulsion = Expulsion {
        room,
        user: whom.author.id,
        by: by.author.id,
        at: Timestamp(6_000),
        ban: ban.map(ToOwned::to_owned),
        entry: AuditId(Uuid::now_v7()),
    };
    store.expel(expulsion).await.unwrap()
}

async fn make(store: &Shared, by: &User, whom: &User, role: Role) {
    let entry = entry(by, Deed::RoleChanged);
    store.set_role(whom.author.id, role, entry).await.unwrap();
}

const REFUSED: Expelled = Expelled::Refused(RoomChanged::Forbidden);

#[tokio::test]
async fn a_room_is_called_otherwise_and_keeps_its_address() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let before = store.looks().await.unwrap();
    assert_eq!(
        change_room(&store, room, &mei, named("Pier")).await,
        RoomChanged::Forbidden
    );
    assert_eq!(
        change_room(&store, room, &rosa, named("Pier")).await,
        RoomChanged::Changed
    );
    let after = store.looks().await.unwrap();
    assert_eq!((after.rooms, after.people), (before.rooms + 1, before.people));
    assert_eq!(store.rooms_changed_after(before.rooms).await.unwrap(), [room]);
    assert_eq!(store.rooms_changed_after(after.rooms).await.unwrap(), []);
    assert_eq!(
        change_room(&store, room, &rosa, named("Pier")).await,
        RoomChanged::Kept
    );
    let about = RoomEdit {
        topic: Some("ships".into()),
        description: Some("All about\nships".into()),
        ..RoomEdit::default()
    };
    assert_eq!(
        change_room(&store, room, &mei, about).await,
        RoomChanged::Changed,
        "every member says what it is about"
    );
    let record = store.room_by_slug("harbour").await.unwrap().unwrap();
    assert_eq!(
        (record.id, &*record.name, &*record.topic, &*record.description),
        (room, "Pier", "ships", "All about\nships")
    );
    let view = seen(&store, room, &mei).await;
    assert_eq!(
        (&*view.name, &*view.topic, &*view.description),
        ("Pier", "ships", "All about\nships")
    );
    let log = store.page_audit(None, 10).await.unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(
        (
            &*log[1].action,
            &*log[1].detail,
            &*log[1].room.as_ref().unwrap().name
        ),
        ("room_changed", "name: harbour → Pier", "Pier")
    );
}

#[tokio::test]
async fn who_may_change_a_room_is_decided_by_how_it_is_at_that_moment() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    let own = channel(&store, "own", &mei).await;
    assert_eq!(
        change_room(&store, own, &rosa, named("x")).await,
        RoomChanged::NotAMember
    );
    assert_eq!(
        change_room(&store, own, &mei, named("mine")).await,
        RoomChanged::Changed,
        "whoever made it runs it"
    );
    store.remove_member(own, mei.author.id).await.unwrap();
    assert_eq!(
        change_room(&store, own, &mei, named("again")).await,
        RoomChanged::NotAMember
    );
    let (pair, _) = direct(&store, &[&rosa, &mei], 1).await;
    assert_eq!(
        change_room(&store, pair, &rosa, named("us")).await,
        RoomChanged::Forbidden
    );
    let nowhere = RoomId(Uuid::now_v7());
    assert_eq!(
        change_room(&store, nowhere, &rosa, named("x")).await,
        RoomChanged::NotFound
    );
}

#[tokio::test]
async fn an_archived_room_is_read_and_nothing_else() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let ada = registered(&store, "ada").await;
    let first = with_nonce(new_message(room, &mei, "first"), "n1");
    let Appended::Stored(message) = store.append(first.clone()).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        change_room(&store, room, &rosa, archived(true)).await,
        RoomChanged::Changed
    );
    assert!(seen(&store, room, &mei).await.archived);
    assert!(
        store
            .rooms_open_to(ada.author.id)
            .await
            .unwrap()
            .iter()
            .all(|open| open.id != room)
    );
    assert_eq!(
        store.append(new_message(room, &mei, "more")).await.unwrap(),
        Appended::Archived
    );
    assert_eq!(
        store.append(new_message(room, &ada, "more")).await.unwrap(),
        Appended::NotAMember
    );
    assert_eq!(
        store
            .reply(message.id, new_message(room, &mei, "a reply"))
            .await
            .unwrap(),
        Replied::Archived
    );
    assert_eq!(
        store.append(first).await.unwrap(),
        Appended::Repeated(message.clone()),
        "what was sent before was sent"
    );
    for what in [
        edit("else", &[]),
        Alteration::Delete,
        react("👍"),
        Alteration::Pin,
    ] {
        assert_eq!(change(&store, message.id, &mei, what).await, Changed::Archived);
    }
    assert_eq!(
        change_room(&store, room, &rosa, named("x")).await,
        RoomChanged::Archived
    );
    let back = RoomEdit {
        name: Some("Reopened".into()),
        ..archived(false)
    };
    assert_eq!(
        change_room(&store, room, &rosa, back).await,
        RoomChanged::Changed,
        "in one breath"
    );
    assert!(matches!(
        store.append(new_message(room, &mei, "more")).await.unwrap(),
        Appended::Stored(_)
    ));
    assert_eq!(store.message(message.id).await.unwrap(), Some(message));
}

fn at(message: NewMessage, ms: i64) -> NewMessage {
    NewMessage {
        created_at: Timestamp(ms),
        ..message
    }
}

#[tokio::test]
async fn slow_mode_keeps_people_waiting_each_by_themselves() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    assert_eq!(
        change_room(&store, room, &rosa, slow(30)).await,
        RoomChanged::Changed
    );
    let say = |who: &User, ms| store.append(at(new_message(room, who, "hello"), ms));
    let Appended::Stored(first) = say(&mei, 100_000).await.unwrap() else {
        panic!()
    };
    assert_eq!(
        say(&mei, 110_500).await.unwrap(),
        Appended::Slow { wait_ms: 19_500 }
    );
    let reply = at(new_message(room, &mei, "a reply counts too"), 129_999);
    assert_eq!(
        store.reply(first.id, reply).await.unwrap(),
        Replied::Slow { wait_ms: 1 }
    );
    assert!(matches!(say(&rosa, 110_500).await.unwrap(), Appended::Stored(_)));
    let (_, root) = replied(&store, first.id, at(new_message(room, &mei, "in time"), 130_000)).await;
    assert_eq!(root.reply_count, 1);
    assert_eq!(
        say(&mei, 130_001).await.unwrap(),
        Appended::Slow { wait_ms: 29_999 }
    );
    let exempt = NewMessage {
        exempt: true,
        ..at(new_message(room, &mei, "order!"), 130_002)
    };
    assert!(matches!(store.append(exempt).await.unwrap(), Appended::Stored(_)));
    assert_eq!(
        change_room(&store, room, &rosa, slow(0)).await,
        RoomChanged::Changed
    );
    assert!(matches!(say(&mei, 130_003).await.unwrap(), Appended::Stored(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_messages_at_once_slow_mode_lets_through_one() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    change_room(&store, room, &rosa, slow(30)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..10 {
        let message = with_nonce(at(new_message(room, &mei, "quick"), 100_000), &format!("n{n}"));
        let store = store.clone();
        tasks.spawn(async move { store.append(message).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let stored = answers
        .iter()
        .filter(|answer| matches!(answer, Appended::Stored(_)));
    assert_eq!(stored.count(), 1, "{answers:?}");
}

#[tokio::test]
async fn who_is_sent_out_may_come_back_and_who_is_banned_may_not() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    assert_eq!(expel(&store, room, &mei, &rosa, None).await, REFUSED);
    assert_eq!(expel(&store, room, &rosa, &rosa, None).await, REFUSED);
    assert_eq!(
        expel(&store, room, &rosa, &mei, None).await,
        Expelled::Done { was_member: true }
    );
    assert_eq!(expel(&store, room, &rosa, &mei, None).await, Expelled::Kept);
    join(&store, room, &mei).await;
    assert_eq!(
        expel(&store, room, &rosa, &mei, Some("noise")).await,
        Expelled::Done { was_member: true }
    );
    let mei_id = mei.author.id;
    assert!(store.is_banned(room, mei_id).await.unwrap());
    assert_eq!(
        store.banned(room, &[rosa.author.id, mei_id]).await.unwrap(),
        [mei_id]
    );
    let bans = store.page_bans(room, None, 10).await.unwrap();
    assert_eq!(
        (&bans[0].user, &bans[0].banned_by, &*bans[0].reason),
        (&mei.author, &rosa.author, "noise")
    );
    assert_eq!(store.page_bans(room, Some(mei_id), 10).await.unwrap(), []);
    assert_eq!(
        store
            .add_members(room, &[mei_id], Timestamp(7_000))
            .await
            .unwrap(),
        []
    );
    for open in [
        store.rooms_open_to(mei_id).await.unwrap().len(),
        store.heads_open_to(mei_id).await.unwrap().len(),
    ] {
        assert_eq!(open, 0);
    }
    let unban = NewEntry {
        user: Some(mei_id),
        room: Some(room),
        ..entry(&rosa, Deed::Unbanned)
    };
    assert_eq!(
        store.lift_ban(room, mei_id, unban.clone()).await.unwrap(),
        Expelled::Done { was_member: false }
    );
    let again = NewEntry {
        id: AuditId(Uuid::now_v7()),
        ..unban
    };
    assert_eq!(store.lift_ban(room, mei_id, again).await.unwrap(), Expelled::Kept);
    join(&store, room, &mei).await;
    let log: Vec<_> = store
        .page_audit(None, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert_eq!(log, ["member_unbanned", "member_banned", "member_kicked"]);
}

#[tokio::test]
async fn nobody_sends_out_those_who_are_not_below() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (ada, eva) = (registered(&store, "ada").await, registered(&store, "eva").await);
    for person in [&ada, &eva] {
        join(&store, room, person).await;
    }
    make(&store, &rosa, &mei, Role::Moderator).await;
    make(&store, &rosa, &ada, Role::Admin).await;
    assert_eq!(expel(&store, room, &mei, &ada, None).await, REFUSED);
    assert_eq!(expel(&store, room, &ada, &rosa, Some("no")).await, REFUSED);
    assert_eq!(
        expel(&store, room, &mei, &eva, None).await,
        Expelled::Done { was_member: true }
    );
    assert_eq!(
        expel(&store, room, &ada, &mei, None).await,
        Expelled::Done { was_member: true }
    );
    assert_eq!(
        expel(&store, room, &mei, &eva, None).await,
        Expelled::Refused(RoomChanged::NotAMember)
    );
    let nobody = Expulsion {
        room,
        user: chat::UserId(Uuid::now_v7()),
        by: rosa.author.id,
        at: Timestamp(1),
        ban: None,
        entry: AuditId(Uuid::now_v7()),
    };
    assert_eq!(store.expel(nobody).await.unwrap(), Expelled::UserNotFound);
}

fn report(message: MessageId, by: &User, reason: &str) -> NewReport {
    NewReport {
        id: ReportId(Uuid::now_v7()),
        message,
        body: "as it was".into(),
        reporter: by.author.id,
        reason: reason.into(),
        created_at: Timestamp(7_000),
    }
}

#[tokio::test]
async fn reports_wait_until_somebody_resolves_them() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &mei, "as it was").await;
    let first = report(message.id, &rosa, "rude");
    assert_eq!(
        store.insert_report(first.clone()).await.unwrap(),
        Reported::Stored
    );
    assert_eq!(
        store
            .insert_report(report(message.id, &rosa, "again"))
            .await
            .unwrap(),
        Reported::Kept
    );
    let second = report(message.id, &mei, "I regret it");
    store.insert_report(second.clone()).await.unwrap();
    change(&store, message.id, &mei, Alteration::Delete).await;
    let page = store.page_reports(false, None, 10).await.unwrap();
    assert_eq!([page[0].id, page[1].id], [second.id, first.id]);
    assert_eq!(
        (
            &page[1].author,
            &page[1].reporter,
            &*page[1].body,
            &*page[1].reason
        ),
        (&mei.author, &rosa.author, "as it was", "rude")
    );
    assert_eq!((page[1].room, page[1].seq, &*page[1].slug), (room, 1, "harbour"));
    assert_eq!(
        store
            .page_reports(false, Some(second.id), 10)
            .await
            .unwrap()
            .len(),
        1
    );
    let resolve = |id| store.resolve_report(id, "deleted".into(), entry(&rosa, Deed::ReportResolved));
    assert_eq!(resolve(first.id).await.unwrap(), Resolved::Done);
    assert_eq!(resolve(first.id).await.unwrap(), Resolved::Kept);
    assert_eq!(
        resolve(ReportId(Uuid::now_v7())).await.unwrap(),
        Resolved::NotFound
    );
    let resolved = store.page_reports(true, None, 10).await.unwrap();
    assert_eq!(
        (resolved.len(), &resolved[0].resolved_by, &*resolved[0].resolution),
        (1, &Some(rosa.author.clone()), "deleted")
    );
    assert_eq!(
        store
            .insert_report(report(message.id, &rosa, "once more"))
            .await
            .unwrap(),
        Reported::Stored,
        "what was resolved can be reported anew"
    );
}

#[tokio::test]
async fn one_person_has_only_so_many_reports_that_wait() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    for n in 0..=OPEN_MAX {
        let message = post(&store, room, &mei, "x").await;
        let expected = if n < OPEN_MAX {
            Reported::Stored
        } else {
            Reported::TooMany
        };
        let answer = store.insert_report(report(message.id, &rosa, "again")).await;
        assert_eq!(answer.unwrap(), expected);
    }
}

#[tokio::test]
async fn the_log_is_paged_from_the_newest_down() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    for n in 0..5 {
        change_room(&store, room, &rosa, slow(n + 1)).await;
    }
    let page = store.page_audit(None, 3).await.unwrap();
    let details: Vec<&str> = page.iter().map(|entry| &*entry.detail).collect();
    assert_eq!(details, ["slow mode: 5 s", "slow mode: 4 s", "slow mode: 3 s"]);
    let rest = store.page_audit(Some(page[2].id), 3).await.unwrap();
    assert_eq!(rest.len(), 2);
    assert_eq!(
        store.prune_audit().await.unwrap(),
        0,
        "nothing is beyond the limit"
    );
}

#[tokio::test]
async fn what_a_search_finds_is_what_its_reader_may_read() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (guest, banned) = (registered(&store, "gil").await, registered(&store, "ben").await);
    let secret = private_channel(&store, "secret", &rosa).await;
    post(&store, room, &rosa, "lighthouse harbour").await;
    post(&store, secret, &rosa, "lighthouse secret").await;
    let everyone = general(&store).await;
    post(&store, everyone, &mei, "lighthouse everyone").await;
    make(&store, &rosa, &guest, Role::Guest).await;
    expel(&store, room, &rosa, &banned, Some("")).await;
    assert_eq!(
        found(&store, &rosa, "lighthouse").await,
        ["lighthouse everyone", "lighthouse harbour", "lighthouse secret"]
    );
    for reader in [&guest, &banned] {
        assert_eq!(found(&store, reader, "lighthouse").await, ["lighthouse everyone"]);
    }
}
