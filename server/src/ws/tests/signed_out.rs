//! Credentials that end without the connection hearing of it.

use super::*;

impl Client {
    /// The code that the server closes with.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(20), self.stream.next());
            if let Message::Close(Some(close)) = message.await.expect("in time").expect("a close").unwrap() {
                return close.code.into();
            }
        }
    }
}

#[tokio::test]
async fn a_sign_out_that_the_bus_lost_is_found_when_it_says_so() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let mut client = scene.connect(1 << 20).await;
    bus.confess();
    // Who is signed in stays.
    client.join(scene.room, None).await;
    assert!(matches!(client.next_logged().await, ServerFrame::Joined { .. }));
    bus.cut(true);
    scene.backend.sign_out(&scene.caller).await.unwrap();
    bus.confess();
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn who_signed_out_while_the_connection_was_being_opened_is_not_let_in() {
    let scene = Scene::with(Arc::new(MemoryBus::new())).await;
    // All who hear of it have done so before the connection is there.
    scene.backend.sign_out(&scene.caller).await.unwrap();
    let (here, there) = tokio::io::duplex(1 << 20);
    tokio::spawn(task::serve(
        Arc::clone(&scene.hub),
        scene.caller.clone(),
        None,
        there,
    ));
    let mut client = Client {
        stream: WebSocketStream::from_raw_socket(here, Role::Client, None).await,
        waiting: Vec::new(),
    };
    assert_eq!(client.closed().await, 4401);
}
