//! Files: uploads, and what goes on messages.

use backend::store::{Alteration, Appended, Changed, Finished, NewMessage, Replied, UploadRecord};
use chat::{
    Attachment, AttachmentId, Message, RoomId, Timestamp, User, Variant,
    attachment::{BYTES_A_USER_MAX, FILES_A_USER_MAX},
    search::parse,
};
use futures::future::join_all;
use uuid::Uuid;

use super::{
    Fresh, Shared, altered, assert_shown, assert_whole, change, channel, edit, head, new_message, replied,
    stored, two_in_a_room, with_nonce,
};

const AT: Timestamp = Timestamp(4_000);

fn upload(owner: &User, size: u64) -> UploadRecord {
    UploadRecord {
        id: AttachmentId(Uuid::now_v7()),
        owner: owner.author.id,
        name: "plan.png".to_owned(),
        size,
        created_at: AT,
    }
}

fn attachment(upload: &UploadRecord) -> Attachment {
    let url = format!("/files/{}/plan.png", upload.id);
    Attachment {
        id: upload.id,
        name: upload.name.clone(),
        content_type: "image/png".to_owned(),
        size: upload.size,
        width: Some(1_000),
        height: Some(500),
        color: Some("#336699".to_owned()),
        variants: vec![Variant {
            width: 320,
            height: 160,
            url: format!("{url}?width=320"),
        }],
        url,
    }
}

/// A file of `owner` that waits for its message.
async fn file(store: &Shared, owner: &User) -> Attachment {
    let upload = upload(owner, 7);
    let file = attachment(&upload);
    assert!(store.begin_upload(upload).await.unwrap());
    let finished = store
        .finish_upload(owner.author.id, file.clone(), AT)
        .await
        .unwrap();
    assert_eq!(finished, Finished::Stored);
    file
}

fn with(message: NewMessage, files: &[&Attachment]) -> NewMessage {
    NewMessage {
        attachments: files.iter().map(|file| (*file).clone()).collect(),
        ..message
    }
}

/// All folders that are to be removed.
async fn remains(store: &Shared) -> Vec<String> {
    let mut folders = store.remains().await.unwrap();
    folders.sort();
    folders
}

async fn post(store: &Shared, room: RoomId, author: &User, files: &[&Attachment]) -> Message {
    stored(store, with(new_message(room, author, "see"), files)).await
}

#[tokio::test]
async fn an_upload_becomes_a_file_and_goes_on_one_message_with_the_post() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let begun = upload(&rosa, 7);
    let expected = attachment(&begun);
    assert!(store.begin_upload(begun.clone()).await.unwrap());
    let owner = rosa.author.id;
    assert_eq!(store.upload(begun.id, owner).await.unwrap(), Some(begun.clone()));
    assert!(store.file(begun.id).await.unwrap().is_none());
    let finish = || store.finish_upload(owner, expected.clone(), AT);
    assert_eq!(finish().await.unwrap(), Finished::Stored);
    assert_eq!(
        finish().await.unwrap(),
        Finished::Again(Box::new(expected.clone()))
    );
    assert_eq!(store.upload(begun.id, owner).await.unwrap(), None);
    assert_eq!(remains(&store).await, [format!("parts/{}", begun.id)]);
    let waiting = store.file(begun.id).await.unwrap().unwrap();
    assert_eq!(
        (&waiting.attachment, waiting.owner, waiting.room),
        (&expected, owner, None)
    );
    let ids = [begun.id];
    assert_eq!(
        store.attachments(owner, &ids, AT).await.unwrap(),
        std::slice::from_ref(&expected)
    );
    let later = Timestamp(AT.0 + 1);
    assert_eq!(
        store.attachments(owner, &ids, later).await.unwrap(),
        [],
        "too old to be sent"
    );

    let other = file(&store, &rosa).await;
    let message = post(&store, room, &rosa, &[&other, &expected]).await;
    assert_eq!(
        message.attachments,
        [other, expected.clone()],
        "in the order of the post"
    );
    assert_shown(&store, &message).await;
    assert_eq!(store.file(begun.id).await.unwrap().unwrap().room, Some(room));
    assert_eq!(
        store.attachments(owner, &ids, later).await.unwrap(),
        [expected],
        "sent, it is there for good"
    );
}

#[tokio::test]
async fn a_file_goes_on_one_message_of_its_uploader_and_a_refused_post_leaves_nothing() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (first, second) = (file(&store, &rosa).await, file(&store, &rosa).await);
    let ghost = attachment(&upload(&rosa, 7));
    post(&store, room, &rosa, &[&first]).await;
    let before = head(&store, room).await;
    for (author, files) in [
        (&rosa, vec![&first]),
        (&rosa, vec![&second, &first]),
        (&rosa, vec![&second, &ghost]),
        (&mei, vec![&second]),
    ] {
        let new = with(new_message(room, author, "again"), &files);
        assert_eq!(
            store.append(new.clone()).await.unwrap(),
            Appended::AttachmentNotFound
        );
        let root = super::whole(&store, room).await[0].id;
        assert_eq!(store.reply(root, new).await.unwrap(), Replied::AttachmentNotFound);
    }
    assert_eq!(head(&store, room).await, before);
    // What others find wrong comes first: who is no member learns nothing of files.
    let elsewhere = channel(&store, "elsewhere", &mei).await;
    let new = with(new_message(elsewhere, &rosa, "x"), &[&first]);
    assert_eq!(store.append(new).await.unwrap(), Appended::NotAMember);
    let new = with(new_message(RoomId(Uuid::now_v7()), &rosa, "x"), &[&first]);
    assert_eq!(store.append(new).await.unwrap(), Appended::RoomNotFound);
    let message = post(&store, room, &rosa, &[&second]).await;
    assert_eq!(message.attachments, [second]);
    assert_whole(&store, room).await;
}

#[tokio::test]
async fn a_nonce_that_comes_again_gives_the_message_with_its_files() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let file = file(&store, &rosa).await;
    let new = || with_nonce(with(new_message(room, &rosa, "see"), &[&file]), "n1");
    let first = stored(&store, new()).await;
    assert_eq!(
        store.append(new()).await.unwrap(),
        Appended::Repeated(first.clone())
    );
    assert_eq!(
        store.reply(first.id, new()).await.unwrap(),
        Replied::Repeated(first)
    );
}

#[tokio::test]
async fn of_many_posts_at_once_with_one_file_one_has_it() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let other = channel(&store, "other", &rosa).await;
    for _ in 0..5 {
        let file = file(&store, &rosa).await;
        let rooms = [room, other, room, other, room, other, room, other];
        let posts = rooms.map(|room| store.append(with(new_message(room, &rosa, "mine"), &[&file])));
        let answers = join_all(posts).await.into_iter().map(Result::unwrap);
        let (stored, refused): (Vec<_>, Vec<_>) =
            answers.partition(|answer| matches!(answer, Appended::Stored(_)));
        assert_eq!(stored.len(), 1);
        assert!(
            refused
                .iter()
                .all(|answer| *answer == Appended::AttachmentNotFound),
            "{refused:?}"
        );
    }
    assert_whole(&store, room).await;
}

#[tokio::test]
async fn a_post_beside_one_with_a_bad_file_is_not_harmed() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let ghost = attachment(&upload(&rosa, 7));
    let posts = (0..20).map(|n| {
        let author = if n % 2 == 0 { &rosa } else { &mei };
        let new = new_message(room, author, &format!("post {n}"));
        let new = if n % 5 == 0 { with(new, &[&ghost]) } else { new };
        store.append(new)
    });
    let answers = join_all(posts).await;
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Ok(Appended::AttachmentNotFound)));
    assert_eq!(refused.count(), 4);
    assert_eq!(head(&store, room).await, (16, 16));
    assert_whole(&store, room).await;
}

#[tokio::test]
async fn a_reply_carries_files_too() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let root = super::post(&store, room, &mei, "show me").await;
    let file = file(&store, &rosa).await;
    let (reply, _) = replied(&store, root.id, with(new_message(room, &rosa, ""), &[&file])).await;
    assert_eq!(reply.attachments, [file]);
    assert_shown(&store, &reply).await;
}

#[tokio::test]
async fn files_stay_through_edits_reactions_and_pins_and_go_when_the_message_is_deleted() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let file = file(&store, &rosa).await;
    let id = post(&store, room, &rosa, &[&file]).await.id;
    for (by, what) in [
        (&rosa, edit("other words", &[])),
        (&rosa, edit("", &[])),
        (&mei, super::react("🎉")),
        (&mei, Alteration::Pin),
    ] {
        let changed = altered(&store, id, by, what).await.message;
        assert_eq!(changed.attachments, std::slice::from_ref(&file));
        assert_shown(&store, &changed).await;
    }
    store.forget_remains(&remains(&store).await).await.unwrap();
    let deleted = altered(&store, id, &rosa, Alteration::Delete).await.message;
    assert_eq!(deleted.attachments, []);
    assert_shown(&store, &deleted).await;
    assert!(store.file(file.id).await.unwrap().is_none());
    let folder = format!("files/{}", file.id);
    assert_eq!(remains(&store).await, std::slice::from_ref(&folder));
    store.forget_remains(&[folder]).await.unwrap();
    assert!(remains(&store).await.is_empty());
}

#[tokio::test]
async fn a_message_without_files_cannot_be_emptied() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let message = super::post(&store, room, &rosa, "words").await;
    assert_eq!(
        change(&store, message.id, &rosa, edit("", &[])).await,
        Changed::Empty
    );
    assert_shown(&store, &message).await;
}

#[tokio::test]
async fn an_upload_is_its_owners_and_can_be_given_up_until_it_is_sent() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let begun = upload(&rosa, 7);
    let folders = [format!("files/{}", begun.id), format!("parts/{}", begun.id)];
    assert!(store.begin_upload(begun.clone()).await.unwrap());
    let (r, m) = (rosa.author.id, mei.author.id);
    assert_eq!(store.upload(begun.id, m).await.unwrap(), None);
    let foreign = store.finish_upload(m, attachment(&begun), AT).await.unwrap();
    assert_eq!(foreign, Finished::NotFound);
    assert!(!store.cancel_upload(begun.id, m).await.unwrap());
    assert!(store.cancel_upload(begun.id, r).await.unwrap());
    assert!(!store.cancel_upload(begun.id, r).await.unwrap());
    assert_eq!(remains(&store).await, folders);
    let late = store.finish_upload(r, attachment(&begun), AT).await.unwrap();
    assert_eq!(late, Finished::NotFound, "it was given up");

    let waiting = file(&store, &rosa).await;
    assert_eq!(store.attachments(m, &[waiting.id], AT).await.unwrap(), []);
    assert!(!store.cancel_upload(waiting.id, m).await.unwrap());
    assert!(store.cancel_upload(waiting.id, r).await.unwrap());
    assert!(store.file(waiting.id).await.unwrap().is_none());

    let sent = file(&store, &rosa).await;
    post(&store, room, &rosa, &[&sent]).await;
    assert!(
        !store.cancel_upload(sent.id, r).await.unwrap(),
        "it is on a message"
    );
    assert!(store.file(sent.id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_nobody_sends_expires_and_what_was_sent_does_not() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let under_way = upload(&rosa, 7);
    assert!(store.begin_upload(under_way.clone()).await.unwrap());
    let (waiting, sent) = (file(&store, &rosa).await, file(&store, &rosa).await);
    post(&store, room, &rosa, &[&sent]).await;
    store.forget_remains(&remains(&store).await).await.unwrap();
    assert!(
        !store.expire_uploads(AT).await.unwrap(),
        "nothing is older than that"
    );
    assert!(store.expire_uploads(Timestamp(AT.0 + 1)).await.unwrap());
    assert!(!store.expire_uploads(Timestamp(AT.0 + 1)).await.unwrap());
    assert_eq!(store.upload(under_way.id, rosa.author.id).await.unwrap(), None);
    assert!(store.file(waiting.id).await.unwrap().is_none());
    assert!(store.file(sent.id).await.unwrap().is_some());
    let mut gone: Vec<String> = [under_way.id, waiting.id]
        .iter()
        .flat_map(|id| [format!("files/{id}"), format!("parts/{id}")])
        .collect();
    gone.sort();
    assert_eq!(remains(&store).await, gone);
}

#[tokio::test]
async fn space_is_bounded_by_bytes_and_by_count_also_for_many_uploads_at_once() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    let tenth = BYTES_A_USER_MAX / 10;
    let begun = join_all((0..20).map(|_| store.begin_upload(upload(&rosa, tenth)))).await;
    assert_eq!(
        begun.into_iter().filter(|begun| *begun.as_ref().unwrap()).count(),
        10
    );
    assert!(
        store.begin_upload(upload(&mei, tenth)).await.unwrap(),
        "each has their own"
    );
    let unknown = upload(&rosa, 0);
    assert!(store.begin_upload(unknown.clone()).await.unwrap());
    let larger = Attachment {
        size: 1,
        ..attachment(&unknown)
    };
    let finished = store.finish_upload(rosa.author.id, larger, AT).await.unwrap();
    assert_eq!(finished, Finished::TooMuch);
    for _ in 1..FILES_A_USER_MAX {
        assert!(store.begin_upload(upload(&mei, 1)).await.unwrap());
    }
    assert!(!store.begin_upload(upload(&mei, 1)).await.unwrap());
}

#[tokio::test]
async fn imported_messages_have_their_files() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let (one, two) = (file(&store, &rosa).await, file(&store, &mei).await);
    let batch = vec![
        with(new_message(room, &rosa, "one"), &[&one]),
        new_message(room, &mei, "words"),
        with(new_message(room, &mei, "two"), &[&two]),
    ];
    store.append_batch(room, batch).await.unwrap().unwrap();
    let all = super::whole(&store, room).await;
    assert_eq!(all[0].attachments, [one]);
    assert_eq!(all[1].attachments, []);
    assert_eq!(all[2].attachments, std::slice::from_ref(&two));
    assert_eq!(store.file(two.id).await.unwrap().unwrap().room, Some(room));
}

#[tokio::test]
async fn messages_are_found_by_having_files_or_pictures() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let plain = Attachment {
        width: None,
        height: None,
        content_type: "application/pdf".to_owned(),
        variants: Vec::new(),
        ..attachment(&upload(&rosa, 7))
    };
    assert!(
        store
            .begin_upload(UploadRecord {
                id: plain.id,
                ..upload(&rosa, 7)
            })
            .await
            .unwrap()
    );
    store
        .finish_upload(rosa.author.id, plain.clone(), AT)
        .await
        .unwrap();
    let picture = file(&store, &rosa).await;
    stored(&store, with(new_message(room, &rosa, "paper"), &[&plain])).await;
    stored(&store, with(new_message(room, &rosa, "drawing"), &[&picture])).await;
    super::post(&store, room, &rosa, "words").await;
    let found = async |query: &str| {
        let sought = backend::search::Sought::of(parse(query).unwrap()).unwrap();
        let page = backend::search::page(&**store, mei.author.id, &sought, None, 100)
            .await
            .unwrap();
        let mut bodies: Vec<String> = page.results.into_iter().map(|found| found.message.body).collect();
        bodies.sort();
        bodies
    };
    assert_eq!(found("has:file").await, ["drawing", "paper"]);
    assert_eq!(found("has:image").await, ["drawing"]);
}
