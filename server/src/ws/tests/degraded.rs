//! A bus that is away and says so: what happens elsewhere is found in the store, without any word from it.

use super::*;

#[tokio::test]
async fn while_the_bus_is_away_readers_and_members_learn_from_the_store() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let (mut reader, mut watcher) = (scene.connect(1 << 20).await, scene.connect(1 << 20).await);
    reader.join(scene.room, None).await;
    assert!(matches!(reader.next_logged().await, ServerFrame::Joined { .. }));
    bus.fail();
    for rev in 1..=3 {
        scene.post(rev).await;
        assert_eq!(rev_of(&reader.next_logged().await), rev);
    }
    let mut seen = 0;
    while seen < 3 {
        match watcher.next_logged().await {
            ServerFrame::Head { last_rev, .. } => seen = last_rev,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn while_the_bus_is_away_markers_and_sign_outs_are_found_too() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let mei = scene.register("mei").await;
    let mut client = scene.connect(1 << 20).await;
    bus.fail();
    let post = Post {
        room: scene.room,
        body: "read this".into(),
        nonce: None,
        attachments: Vec::new(),
        origin: None,
        thread: None,
    };
    scene.backend.post_message(&mei, post).await.unwrap();
    scene
        .backend
        .mark_read(&scene.caller, Reading::of(scene.room, 1))
        .await
        .unwrap();
    loop {
        if let ServerFrame::Read { room, seq, .. } = client.next().await {
            assert_eq!((room, seq), (scene.room, 1));
            break;
        }
    }
    scene.backend.sign_out(&scene.caller).await.unwrap();
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn a_mention_that_the_bus_never_told_of_is_counted_all_the_same() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let mei = scene.register("mei").await;
    let mut client = scene.connect(1 << 20).await;
    bus.cut(true);
    let post = Post {
        room: scene.room,
        body: "look at this, @rosa".into(),
        thread: None,
        nonce: None,
        attachments: Vec::new(),
        origin: None,
    };
    scene.backend.post_message(&mei, post).await.unwrap();
    bus.cut(false);
    bus.confess();
    loop {
        if let ServerFrame::Head {
            room, mentions: 1, ..
        } = client.next().await
        {
            assert_eq!(room, scene.room);
            break;
        }
    }
}

#[tokio::test]
async fn whoever_asks_again_for_what_was_stored_untold_lets_it_be_told() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let mut reader = scene.connect(1 << 20).await;
    reader.join(scene.room, None).await;
    assert!(matches!(reader.next_logged().await, ServerFrame::Joined { .. }));
    let post = Post {
        room: scene.room,
        body: "heard?".into(),
        thread: None,
        nonce: chat::Nonce::new("once").ok(),
        attachments: Vec::new(),
        origin: None,
    };
    // As if the server had died between the commit and the bus.
    bus.cut(true);
    let first = scene
        .backend
        .post_message(&scene.caller, post.clone())
        .await
        .unwrap();
    bus.cut(false);
    let again = scene.backend.post_message(&scene.caller, post).await.unwrap();
    assert!(again.repeated && again.message == first.message);
    assert_eq!(rev_of(&reader.next_logged().await), first.message.rev);
}
