//! What is one for all instances: who is signed in, who did too much, who is there.

use serde_json::{Value, json};

use crate::{
    cluster::Cluster,
    common::{Person, Socket, assert_problem},
};

/// The same person at each of the instances.
fn everywhere(person: &Person, cluster: &Cluster) -> Vec<Person> {
    let urls = cluster.urls().into_iter();
    urls.map(|url| Person {
        url,
        ..person.clone()
    })
    .collect()
}

async fn status_by_cookie(person: &Person) -> u16 {
    person
        .by_cookie("GET", "/api/me")
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[tokio::test]
async fn sessions_and_tokens_stand_at_every_instance_and_after_every_restart() {
    let mut cluster = Cluster::start();
    let rosa = Person::register(&cluster.urls()[0], "rosa").await;
    for round in ["at first", "without Redis", "after all restarts"] {
        match round {
            "without Redis" => cluster.redis.kill().unwrap(),
            "after all restarts" => {
                cluster.redis.start_again().unwrap();
                cluster.postgres.restart().unwrap();
                cluster.instances.iter_mut().for_each(|instance| instance.kill());
                cluster
                    .instances
                    .iter_mut()
                    .for_each(|instance| instance.restart());
            }
            _ => {}
        }
        for rosa in everywhere(&rosa, &cluster) {
            assert_eq!(status_by_cookie(&rosa).await, 200, "{round} at {}", rosa.url);
            assert_eq!(rosa.get("/api/me").await.status(), 200, "{round} at {}", rosa.url);
        }
    }
}

#[tokio::test]
async fn who_signs_out_at_one_instance_is_out_at_all_of_them() {
    let cluster = Cluster::start();
    let rosa = Person::register(&cluster.urls()[0], "rosa").await;
    let rosas = everywhere(&rosa, &cluster);
    let mut sockets = Vec::new();
    for rosa in &rosas {
        assert_eq!(status_by_cookie(rosa).await, 200);
        let cookie = [("cookie", rosa.cookie.as_str()), ("origin", rosa.url.as_str())];
        sockets.push(Socket::open(&rosa.url, &cookie).await.unwrap());
    }
    let out = rosas[1]
        .by_cookie("POST", "/api/auth/logout")
        .send()
        .await
        .unwrap();
    assert_eq!(out.status(), 204);
    for (rosa, socket) in rosas.iter().zip(&mut sockets) {
        assert_eq!(socket.ended().await.code, 4401, "{}", rosa.url);
        assert_eq!(status_by_cookie(rosa).await, 401, "{}", rosa.url);
        assert_eq!(
            rosa.get("/api/me").await.status(),
            200,
            "the token is another matter"
        );
    }
}

#[tokio::test]
async fn limits_count_at_all_instances_together() {
    let cluster = Cluster::with(|setup| setup.with("NATTER_LIMITS", "post=5/1h,register=3/1h"));
    let urls = cluster.urls();
    let rosa = Person::register(&urls[0], "rosa").await;
    let rosas = everywhere(&rosa, &cluster);
    let room = rosa.room_id("general").await;
    let mut statuses = Vec::new();
    for n in 0..9 {
        let post = json!({ "room": room, "body": n.to_string() });
        let answer = rosas[n % rosas.len()].post("/api/messages", post).await;
        statuses.push(answer.status().as_u16());
        if n >= 5 {
            assert!(answer.headers().contains_key("retry-after"));
            assert_problem(answer, 429, "too_fast").await;
        }
    }
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429, 429, 429]);
    Person::register(&urls[1], "mei").await;
    Person::register(&urls[2], "li").await;
    let body = json!({ "username": "one-too-many", "password": "correct horse battery" });
    let answer = cluster.instances[0]
        .anonymous("POST", "/api/auth/register", Some(body))
        .await;
    assert_problem(answer, 429, "too_fast").await;
}

/// What an instance says of someone's presence.
async fn status_of(username: &str, asking: &Person) -> Value {
    let found = asking.get_json(&format!("/api/users?query={username}")).await;
    found["users"][0]["status"].clone()
}

#[tokio::test]
async fn whoever_comes_to_one_instance_is_seen_at_all_of_them_until_it_dies() {
    let mut cluster = Cluster::start();
    let urls = cluster.urls();
    let (rosa, mei) = (
        Person::register(&urls[0], "rosa").await,
        Person::register(&urls[1], "mei").await,
    );
    let mut watcher = mei.connect().await;
    // The two share a room, and so see each other.
    let present = rosa.connect().await;
    let seen = loop {
        let frame = watcher.expect("presence").await;
        if frame["user"] == rosa.id {
            break frame["status"].clone();
        }
    };
    assert_eq!(seen, "online");
    for mei in everywhere(&mei, &cluster) {
        assert_eq!(status_of("rosa", &mei).await, "online", "{}", mei.url);
    }
    cluster.instances[0].kill();
    // The others find out by not hearing of it. Until then she counts as there.
    while status_of("rosa", &mei).await != "offline" {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    drop(present);
}

#[tokio::test]
async fn whoever_left_while_an_instance_heard_nothing_is_offline_there_once_it_hears_again() {
    let cluster = Cluster::start();
    let urls = cluster.urls();
    let (mei, rosa) = (
        Person::register(&urls[0], "mei").await,
        Person::register(&urls[1], "rosa").await,
    );
    let mut watcher = mei.connect().await;
    let present = rosa.connect().await;
    until_seen(&rosa, "online", &mut watcher).await;
    cluster.wire.cut();
    drop(present);
    let here = Person {
        url: urls[2].clone(),
        ..rosa.clone()
    };
    while status_of("rosa", &here).await != "offline" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // What was under way is lost, and nobody says it again.
    cluster.wire.sever();
    cluster.wire.mend();
    until_seen(&rosa, "offline", &mut watcher).await;
}

/// Reads until a connection is told that someone is this.
async fn until_seen(whom: &Person, status: &str, watcher: &mut Socket) {
    loop {
        let frame = watcher.expect("presence").await;
        if frame["user"] == whom.id && frame["status"] == status {
            return;
        }
    }
}
