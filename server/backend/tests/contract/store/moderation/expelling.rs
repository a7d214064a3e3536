//! Kicks and bans.

use backend::store::{Expelled, Expulsion, NewEntry, RoomChanged};
use chat::{AuditId, Role, RoomId, Timestamp, User, audit::Deed};
use uuid::Uuid;

use super::{
    super::{
        Fresh, Shared, general, join, people::entry, post, private_channel, registered, search::found,
        two_in_a_room,
    },
    make,
};

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

const REFUSED: Expelled = Expelled::Refused(RoomChanged::Forbidden);

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
