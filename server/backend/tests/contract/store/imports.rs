//! What comes from other programs' archives, and what is handed out.

use async_trait::async_trait;
use backend::store::{Foreign, ForeignChannel, ForeignMessage, ForeignUser, NO_PASSWORD, Record, Sink};

use super::*;

const SOURCE: &str = "slack:T1";

fn foreign_user(key: &str, username: &str) -> ForeignUser {
    ForeignUser {
        key: key.to_owned(),
        id: UserId(Uuid::now_v7()),
        usernames: vec![
            username.to_owned(),
            format!("{username}-2"),
            format!("{username}-3"),
        ],
        display_name: format!("The {username}"),
        title: "Sailor".to_owned(),
        time_zone: "Europe/Oslo".to_owned(),
        deactivated: false,
        adopt: false,
        created_at: Timestamp(1_000),
    }
}

fn foreign_channel(key: &str, slug: &str, private: bool) -> ForeignChannel {
    ForeignChannel {
        key: key.to_owned(),
        id: RoomId(Uuid::now_v7()),
        slugs: vec![slug.to_owned(), format!("{slug}-2"), format!("{slug}-3")],
        name: slug.to_owned(),
        topic: "ships".to_owned(),
        description: "tides".to_owned(),
        private,
        archived: false,
        created_by: None,
        created_at: Timestamp(1_000),
    }
}

fn foreign_message(author: &User, body: &str, at: i64) -> ForeignMessage {
    ForeignMessage {
        id: MessageId(Uuid::now_v7()),
        author: author.author.clone(),
        body: body.to_owned(),
        html: format!("<p>{body}</p>"),
        mentions: Vec::new(),
        created_at: Timestamp(at),
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reactions: Vec::new(),
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn people_come_once_and_nobody_can_sign_in_as_them() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let people = vec![foreign_user("U1", "rosa"), foreign_user("U2", "mei")];
    let came = store.import_users(SOURCE, people.clone()).await.unwrap();
    let names: Vec<(&str, &str)> = came
        .iter()
        .map(|(key, author)| (&**key, &*author.username))
        .collect();
    assert_eq!(
        names,
        [("U1", "rosa-2"), ("U2", "mei")],
        "whoever is here keeps the name"
    );
    let (user, hash) = store.password_hash("mei").await.unwrap().unwrap();
    assert_eq!(
        (hash.as_str(), user.deactivated, user.bot),
        (NO_PASSWORD, false, false)
    );
    let profile = store.profile(user.author.id).await.unwrap().unwrap();
    assert_eq!((&*profile.title, &*profile.time_zone), ("Sailor", "Europe/Oslo"));
    let again = people.iter().map(|user| ForeignUser {
        id: UserId(Uuid::now_v7()),
        ..user.clone()
    });
    assert_eq!(store.import_users(SOURCE, again.collect()).await.unwrap(), came);
    let adopting = ForeignUser {
        adopt: true,
        ..foreign_user("U9", "Rosa")
    };
    let adopted = store.import_users(SOURCE, vec![adopting]).await.unwrap();
    assert_eq!(adopted[0].1, rosa.author);
    let keys = ["U1", "U404", "U9"].map(str::to_owned);
    let mut known = store.imported(SOURCE, Foreign::User, &keys).await.unwrap();
    known.sort();
    assert_eq!(known.len(), 2);
    assert_eq!(known[1], ("U9".to_owned(), rosa.author.id.0));
    assert!(
        store
            .imported("slack:T2", Foreign::User, &keys)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_public_channel_goes_on_in_the_one_of_its_name_and_a_private_one_never_does() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let harbour = channel(&store, "harbour", &rosa).await;
    let merged = store
        .import_channel(SOURCE, foreign_channel("C1", "harbour", false))
        .await
        .unwrap();
    assert_eq!(merged, (harbour, false));
    let (secret, new) = store
        .import_channel(SOURCE, foreign_channel("G1", "harbour", true))
        .await
        .unwrap();
    assert!(new && secret != harbour);
    let record = store.room(secret).await.unwrap().unwrap();
    assert_eq!(
        (&*record.slug, record.private, &*record.description),
        ("harbour-2", true, "tides")
    );
    assert_eq!(
        store.count_members(secret).await.unwrap(),
        0,
        "nobody is let in by being imported"
    );
    let private = private_channel(&store, "vault", &rosa).await;
    let (open, new) = store
        .import_channel(SOURCE, foreign_channel("C2", "vault", false))
        .await
        .unwrap();
    assert!(
        new && open != private,
        "what was public there does not come into what is private here"
    );
    let again = store
        .import_channel(SOURCE, foreign_channel("G1", "harbour", true))
        .await
        .unwrap();
    assert_eq!(again, (secret, false));
}

#[tokio::test]
async fn messages_come_once_with_all_that_became_of_them() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    post(&store, room, &rosa, "from here").await;
    store.mark_read(room, mei.author.id, 1, None).await.unwrap();
    let root = ForeignMessage {
        reactions: vec![(Emoji::new("👍").unwrap(), vec![mei.author.id, rosa.author.id])],
        mentions: vec![mei.author.id],
        edited_at: Some(Timestamp(150)),
        pinned: true,
        ..foreign_message(&rosa, "root", 100)
    };
    let reply = ForeignMessage {
        thread: Some(root.id),
        ..foreign_message(&mei, "reply", 200)
    };
    let lost = ForeignMessage {
        thread: Some(MessageId(Uuid::now_v7())),
        ..foreign_message(&mei, "reply to what is gone", 300)
    };
    let gone = ForeignMessage {
        deleted: true,
        body: String::new(),
        html: String::new(),
        ..foreign_message(&mei, "", 400)
    };
    let batch = vec![root.clone(), reply.clone(), lost, gone, reply.clone()];
    let arrived = store.import_messages(room, batch.clone()).await.unwrap().unwrap();
    assert_eq!(
        (arrived.stored, arrived.head.last_seq, arrived.head.last_rev),
        (4, 5, 5)
    );
    assert_whole(&store, room).await;
    let all = whole(&store, room).await;
    assert_eq!(all[1].id, root.id);
    assert_eq!(
        (all[1].reply_count, all[1].pinned, all[1].edited_at),
        (1, true, Some(Timestamp(150)))
    );
    assert_eq!(
        (all[1].created_at, all[1].reactions[0].count),
        (Timestamp(100), 2)
    );
    assert_eq!(
        (all[2].thread, all[3].thread, all[4].deleted),
        (Some(root.id), None, true)
    );
    assert_shown(&store, &all[1]).await;
    let again = store.import_messages(room, batch).await.unwrap().unwrap();
    assert_eq!(
        (again.stored, again.head),
        (0, arrived.head),
        "nothing comes twice"
    );
    let room_of_mei = seen(&store, room, &mei).await;
    assert_eq!(
        (room_of_mei.unread, room_of_mei.mentions),
        (0, 0),
        "history is not news"
    );

    let later = ForeignMessage {
        thread: Some(root.id),
        ..foreign_message(&rosa, "later reply", 500)
    };
    let arrived = store.import_messages(room, vec![later]).await.unwrap().unwrap();
    assert_eq!(
        (arrived.stored, arrived.head.last_seq, arrived.head.last_rev),
        (1, 6, 7)
    );
    assert_whole(&store, room).await;
    assert_eq!(store.message(root.id).await.unwrap().unwrap().reply_count, 2);
    // What came can be changed as anything else.
    let unreacted = altered(&store, root.id, &mei, unreact("👍")).await.message;
    assert_eq!(unreacted.reactions[0].users, [rosa.author.id]);
    assert_eq!(
        store
            .stored_among(&[root.id, MessageId(Uuid::now_v7())])
            .await
            .unwrap(),
        [root.id]
    );
    assert!(
        store
            .import_messages(RoomId(Uuid::now_v7()), Vec::new())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn what_came_is_found_by_its_words() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let batch = (0..3)
        .map(|n| foreign_message(&rosa, "barnacles everywhere", 100 + n))
        .collect();
    store.import_messages(room, batch).await.unwrap().unwrap();
    let found = super::search::found(&store, &rosa, "barnacles").await;
    assert_eq!(found.len(), 3);
}

/// Keeps what it is given, up to so many.
struct Gathered(Vec<Record>, usize);

#[async_trait]
impl Sink for Gathered {
    async fn take(&mut self, record: Record) -> bool {
        self.0.push(record);
        self.0.len() < self.1
    }
}

async fn gathered(store: &Shared, of: Option<UserId>) -> Vec<&'static str> {
    let mut sink = Gathered(Vec::new(), usize::MAX);
    assert!(store.export(of, &mut sink).await.unwrap());
    sink.0.iter().map(Record::kind).collect()
}

#[tokio::test]
async fn everything_is_handed_out_and_of_one_person_what_is_theirs() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let first = post(&store, room, &rosa, "one").await;
    post(&store, room, &mei, "two").await;
    altered(&store, first.id, &rosa, edit("one, better", &[])).await;
    altered(&store, first.id, &mei, react("👍")).await;
    store.save(mei.author.id, first.id, Timestamp(9)).await.unwrap();
    let kinds = gathered(&store, None).await;
    let count = |kind: &str| kinds.iter().filter(|other| **other == kind).count();
    let counts = Record::KINDS.map(count);
    // Two rooms, which both are in.
    assert_eq!(counts, [2, 2, 4, 2, 1, 1, 0, 0, 1]);
    assert!(kinds.is_sorted_by_key(|kind| Record::KINDS.iter().position(|known| known == kind)));
    let of_mei = gathered(&store, Some(mei.author.id)).await;
    assert_eq!(
        of_mei,
        [
            "user", "room", "room", "member", "member", "message", "reaction", "saved"
        ]
    );
    let mut enough = Gathered(Vec::new(), 3);
    assert!(!store.export(None, &mut enough).await.unwrap());
    assert_eq!(enough.0.len(), 3);
    assert_eq!(
        store.authored(rosa.author.id, None, 10).await.unwrap(),
        [first.id]
    );
    assert!(
        store
            .authored(rosa.author.id, Some(first.id), 10)
            .await
            .unwrap()
            .is_empty()
    );
}
