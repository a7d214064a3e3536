//! Reports, and the log of what was done.

use backend::store::{Alteration, NewReport, Reported, Resolved};
use chat::{MessageId, ReportId, Timestamp, User, audit::Deed, report::OPEN_MAX};
use uuid::Uuid;

use super::{
    super::{Fresh, change, people::entry, post, two_in_a_room},
    change_room, slow,
};

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
