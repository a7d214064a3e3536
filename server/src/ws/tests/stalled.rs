//! Readers that stop in the middle of something that others need too.

use super::*;

#[tokio::test]
async fn who_stops_reading_in_the_middle_of_a_join_keeps_nobody_out() {
    const STALLED: usize = 8;
    let scene = Scene::with(Arc::new(MemoryBus::new())).await;
    let mut other = scene.connect(1 << 20).await;
    let mut rooms = Vec::new();
    for n in 0..STALLED {
        let draft = backend::room::ChannelDraft {
            name: format!("room-{n}"),
            ..Default::default()
        };
        let room = scene
            .backend
            .create_channel(&scene.caller, draft)
            .await
            .unwrap()
            .id;
        let mut stalled = scene.connect(256).await;
        rooms.push(room);
        // Each ping is answered, and nobody reads the answers: the task is soon stuck writing, join or no join.
        tokio::spawn(async move {
            stalled.join(room, Some(0)).await;
            while stalled
                .stream
                .send(Message::Ping(vec![0; 100].into()))
                .await
                .is_ok()
            {}
        });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    for room in rooms {
        other.join(room, Some(0)).await;
        let frame = other.next_logged().await;
        assert!(
            matches!(frame, ServerFrame::Joined { room: of, .. } if of == room),
            "{frame:?}"
        );
    }
    assert_eq!(
        scene.hub.connections(),
        STALLED + 1,
        "those who stopped are still there"
    );
}

#[tokio::test]
async fn who_signs_out_is_closed_although_the_reader_has_stopped() {
    let scene = Scene::with(Arc::new(MemoryBus::new())).await;
    let mut stalled = scene.connect(256).await;
    stalled.join(scene.room, None).await;
    assert!(matches!(stalled.next_logged().await, ServerFrame::Joined { .. }));
    scene.post_all(1..=20).await;
    // Until it is known that the reader is slow.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    scene.backend.sign_out(&scene.caller).await.unwrap();
    assert_eq!(
        stalled.closed().await,
        4401,
        "and what it was being told is whole"
    );
}
