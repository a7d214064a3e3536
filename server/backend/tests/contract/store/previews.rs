//! What other sites' pages say of themselves, and how it comes under a message.

use backend::store::{Alteration, Changed, PreviewRecord};
use chat::Timestamp;

use super::{Fresh, altered, assert_shown, assert_whole, change, edit, post, two_in_a_room};

fn found(key: u8, title: Option<&str>, at: i64) -> PreviewRecord {
    PreviewRecord {
        key: [key; 32],
        title: title.map(str::to_owned),
        description: "about it".into(),
        site: "a.bc".into(),
        fetched_at: Timestamp(at),
    }
}

#[tokio::test]
async fn what_was_found_is_kept_until_it_is_stale() {
    let store = Fresh::open().await;
    assert_eq!(store.preview(&[1; 32]).await.unwrap(), None);
    for record in [
        found(1, Some("old"), 100),
        found(1, None, 200),
        found(2, Some("two"), 100),
    ] {
        store.keep_preview(record.clone()).await.unwrap();
        assert_eq!(store.preview(&record.key).await.unwrap(), Some(record));
    }
    assert_eq!(store.delete_stale_previews(Timestamp(200)).await.unwrap(), 1);
    assert_eq!(store.preview(&[1; 32]).await.unwrap(), Some(found(1, None, 200)));
    assert_eq!(store.preview(&[2; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn a_preview_comes_under_a_message_that_still_looks_the_same() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &rosa, "see this").await;
    let preview = |seen: &str| Alteration::Preview {
        seen: seen.to_owned(),
        html: format!("{seen}<aside>"),
    };
    // Whoever is named asks for nothing, so rights are not looked at.
    let shown = altered(&store, message.id, &mei, preview(&message.html))
        .await
        .message;
    assert_eq!(
        (shown.html.as_str(), shown.rev),
        ("<p>see this</p><aside>", message.rev + 1)
    );
    assert_eq!((&shown.body, shown.edited_at), (&message.body, None));
    assert_shown(&store, &shown).await;
    let again = change(&store, message.id, &rosa, preview(&message.html)).await;
    assert_eq!(again, Changed::Kept(Box::new(shown.clone())));
    let edited = altered(&store, message.id, &rosa, edit("another", &[]))
        .await
        .message;
    let late = change(&store, message.id, &rosa, preview(&shown.html)).await;
    assert_eq!(late, Changed::Kept(Box::new(edited.clone())));
    let deleted = altered(&store, message.id, &rosa, Alteration::Delete)
        .await
        .message;
    let late = change(&store, message.id, &rosa, preview("")).await;
    assert_eq!(late, Changed::Kept(Box::new(deleted)));
    assert_whole(&store, room).await;
}
