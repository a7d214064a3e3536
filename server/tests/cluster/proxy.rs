//! Behind a real nginx, configured as in earnest.

use std::path::Path;

use serde_json::json;

use crate::common::{Person, Socket};

#[tokio::test]
async fn pages_and_sockets_work_through_nginx_and_go_on_when_an_instance_dies() {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("pkg")).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_natter"));
    let cluster = services::Cluster::start(binary, site.path(), 3).unwrap();
    let rosa = Person::register(&cluster.nginx.url(), "rosa").await;
    let page = rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("data-testid=\"messages\""));
    assert_eq!(rosa.bare("GET", "/metrics").send().await.unwrap().status(), 404);

    let room = rosa.room_id("general").await;
    let cookie = [("cookie", rosa.cookie.as_str()), ("origin", rosa.url.as_str())];
    let mut reader = Socket::open(&rosa.url, &cookie)
        .await
        .expect("the site's own origin is let in");
    reader.join(&room, None).await;
    for number in 1..=cluster.instances.len() as u64 {
        let instance = &cluster.instances[number as usize - 1];
        instance.kill().unwrap();
        let said = rosa.say(&room, &format!("message {number}")).await;
        assert_eq!(said["seq"], number, "the next request succeeds");
        let mut returned = rosa.connect().await;
        let joined = returned.join(&room, Some(number - 1)).await;
        assert_eq!(joined["messages"], json!([said]), "and so does who comes back");
        instance.start_again().unwrap();
    }
    assert_eq!(rosa.history(&room).await.len(), cluster.instances.len());
}
