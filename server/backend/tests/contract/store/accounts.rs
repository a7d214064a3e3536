use backend::store::{NewUser, Registered};
use chat::{Role, UserId, room::GENERAL};
use uuid::Uuid;

use super::{Fresh, authors, channel, general, new_user, post, registered, seen, usernames};

#[tokio::test]
async fn the_first_user_is_the_owner_and_gets_the_room_for_everybody() {
    let store = Fresh::open().await;
    let new = NewUser {
        display_name: "Rosa Lindqvist".into(),
        ..new_user("Rosa")
    };
    let Registered::Created { user, rooms } = store.create_user(new.clone(), true).await.unwrap() else {
        panic!()
    };
    assert_eq!(user.role, Role::Owner);
    assert_eq!((user.author.id, &*user.author.username), (new.id, "Rosa"));
    assert_eq!(
        (&*user.author.display_name, user.status),
        ("Rosa Lindqvist", None)
    );
    assert_eq!(rooms, [new.general]);
    let room = seen(&store, new.general, &user).await;
    assert_eq!(
        (&*room.slug, &*room.name, &*room.topic),
        (GENERAL, GENERAL, "Everyone is here")
    );
    assert!(room.member && !room.private);
    assert_eq!(store.user(user.author.id).await.unwrap(), Some(user));
}

#[tokio::test]
async fn later_users_are_members_of_it_who_have_read_what_is_there() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let general = general(&store).await;
    post(&store, general, &rosa, "hello").await;
    let new = new_user("mei");
    let unused = new.general;
    let Registered::Created { user: mei, rooms } = store.create_user(new, false).await.unwrap() else {
        panic!()
    };
    assert_eq!(mei.role, Role::Member);
    assert_eq!(rooms, [general]);
    let room = seen(&store, general, &mei).await;
    assert_eq!((room.member, room.read_seq, room.unread), (true, 1, 0));
    assert_eq!(store.room(unused).await.unwrap(), None);
}

#[tokio::test]
async fn usernames_that_look_alike_are_taken() {
    let store = Fresh::open().await;
    registered(&store, "barney.lo").await;
    for alike in ["barney.lo", "BARNEY.LO", "bamey.lo", "barney-10", "barney_l0"] {
        let answer = store.create_user(new_user(alike), false).await.unwrap();
        assert_eq!(answer, Registered::Taken, "{alike}");
    }
    registered(&store, "barney.lo2").await;
}

#[tokio::test]
async fn when_only_the_first_account_may_be_created_others_are_refused() {
    let store = Fresh::open().await;
    assert!(matches!(
        store.create_user(new_user("rosa"), true).await.unwrap(),
        Registered::Created { .. }
    ));
    assert_eq!(
        store.create_user(new_user("mei"), true).await.unwrap(),
        Registered::Closed
    );
    assert_eq!(
        store.create_user(new_user("rosa"), true).await.unwrap(),
        Registered::Closed
    );
    registered(&store, "mei").await;
}

#[tokio::test]
async fn a_refused_registration_writes_nothing() {
    let store = Fresh::open().await;
    registered(&store, "rosa").await;
    for (username, only_first) in [("r0sa", false), ("mei", true)] {
        let new = new_user(username);
        let (id, room) = (new.id, new.general);
        store.create_user(new, only_first).await.unwrap();
        assert_eq!(store.user(id).await.unwrap(), None);
        assert_eq!(store.room(room).await.unwrap(), None);
        assert_eq!(store.user_by_username(username).await.unwrap(), None);
    }
    assert_eq!(store.count_members(general(&store).await).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_registrations_at_once_make_one_owner_and_one_room() {
    let store = Fresh::open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        tasks.spawn(async move { registered(&store, &format!("user{n:02}x")).await });
    }
    let users = tasks.join_all().await;
    let owners = users.iter().filter(|user| user.role == Role::Owner).count();
    assert_eq!(owners, 1);
    let general = general(&store).await;
    assert_eq!(store.count_members(general).await.unwrap(), 16);
    assert_eq!(store.rooms_of(users[0].author.id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_registrations_of_one_name_one_succeeds() {
    let store = Fresh::open().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let store = store.clone();
        let name = if n % 2 == 0 { "rosa" } else { "R0SA" };
        tasks.spawn(async move { store.create_user(new_user(name), false).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let created = answers
        .iter()
        .filter(|answer| matches!(answer, Registered::Created { .. }))
        .count();
    let taken = answers
        .iter()
        .filter(|answer| **answer == Registered::Taken)
        .count();
    assert_eq!((created, taken), (1, 15));
}

#[tokio::test]
async fn users_are_found_by_username_in_any_case() {
    let store = Fresh::open().await;
    let (rosa, mei) = (registered(&store, "Rosa").await, registered(&store, "mei").await);
    assert_eq!(store.user_by_username("rOSA").await.unwrap(), Some(rosa.clone()));
    assert_eq!(
        store.password_hash("ROSA").await.unwrap(),
        Some((rosa.clone(), "hash of Rosa".into()))
    );
    let found = store.users_by_usernames(&["MEI", "rosa", "mei"]).await.unwrap();
    assert_eq!(found, authors(&[&mei, &rosa]));
}

#[tokio::test]
async fn who_does_not_exist_is_left_out() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let nobody = UserId(Uuid::now_v7());
    assert_eq!(store.user(nobody).await.unwrap(), None);
    assert_eq!(
        store.user_by_username("r0sa").await.unwrap(),
        None,
        "alike is not the same"
    );
    assert_eq!(store.password_hash("nobody").await.unwrap(), None);
    assert_eq!(
        store.users_by_ids(&[nobody, rosa.author.id]).await.unwrap(),
        authors(&[&rosa])
    );
    assert_eq!(store.users_by_ids(&[]).await.unwrap(), []);
    assert_eq!(
        store
            .users_by_usernames(&["nobody", "'; --", "rosa"])
            .await
            .unwrap(),
        authors(&[&rosa])
    );
    assert_eq!(store.users_by_usernames(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn pages_of_users_follow_each_other_by_name_in_any_case() {
    let store = Fresh::open().await;
    for name in ["delta", "Alpha", "charlie", "Bravo", "Echo"] {
        registered(&store, name).await;
    }
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.page_users("", after.as_deref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        // A cursor works in any case too.
        after = Some(last.author.username.to_uppercase());
        seen.extend(page);
    }
    assert_eq!(usernames(&seen), ["Alpha", "Bravo", "charlie", "delta", "Echo"]);
}

#[tokio::test]
async fn a_search_finds_the_beginning_of_either_name_in_any_case() {
    let store = Fresh::open().await;
    for (username, display_name) in [
        ("tomasz", "Żaneta W"),
        ("zofia", "Tom Z"),
        ("Tove", "Tove L"),
        ("atom", "A Tom"),
        ("perc", "%to_"),
    ] {
        let new = NewUser {
            display_name: display_name.into(),
            ..new_user(username)
        };
        store.create_user(new, false).await.unwrap();
    }
    for (query, expected) in [
        ("to", vec!["tomasz", "Tove", "zofia"]),
        ("TOM", vec!["tomasz", "zofia"]),
        ("żan", vec!["tomasz"]),
        ("ŻAN", vec!["tomasz"]),
        ("%", vec!["perc"]),
        ("_", vec![]),
        ("tovex", vec![]),
        ("\u{10ffff}", vec![]),
    ] {
        assert_eq!(
            usernames(&store.page_users(query, None, 10).await.unwrap()),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        usernames(&store.page_users("to", None, 2).await.unwrap()),
        ["tomasz", "Tove"]
    );
    assert_eq!(
        usernames(&store.page_users("to", Some("tomasz"), 2).await.unwrap()),
        ["Tove", "zofia"]
    );
    assert_eq!(
        usernames(&store.page_users("to", Some("a"), 1).await.unwrap()),
        ["tomasz"]
    );
    assert_eq!(
        usernames(&store.page_users("to", Some("zofia"), 2).await.unwrap()),
        Vec::<&str>::new()
    );
}

#[tokio::test]
async fn many_users_are_created_together_or_not_at_all() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let room = channel(&store, "one", &rosa).await;
    let many = |names: &[&str]| names.iter().map(|name| new_user(name)).collect::<Vec<_>>();
    assert!(store.create_users(many(&["ada", "r0sa", "bea"])).await.is_err());
    assert_eq!(store.user_by_username("ada").await.unwrap(), None);
    store.create_users(many(&["ada", "bea"])).await.unwrap();
    store.create_users(Vec::new()).await.unwrap();
    let ada = store.user_by_username("ada").await.unwrap().unwrap();
    assert_eq!(ada.role, Role::Member);
    assert_eq!(store.rooms_of(ada.author.id).await.unwrap(), []);
    assert_eq!(store.count_members(room).await.unwrap(), 1);
}

#[tokio::test]
async fn a_thousand_and_one_users_are_created_at_once() {
    let store = Fresh::open().await;
    // Letters only, as digits and letters can look alike.
    let name = |n: u8| char::from(b'a' + n);
    let names = (0..26)
        .flat_map(|a| (0..26).map(move |b| (a, b)))
        .map(|(a, b)| format!("p{}x{}q", name(a), name(b)));
    let more = (0..26)
        .flat_map(|a| (0..13).map(move |b| (a, b)))
        .map(|(a, b)| format!("s{}x{}q", name(a), name(b)));
    let users: Vec<_> = names
        .chain(more)
        .take(1_001)
        .map(|name| new_user(&name))
        .collect();
    let last = users[1_000].clone();
    store.create_users(users).await.unwrap();
    assert_eq!(
        store
            .user_by_username(&last.username)
            .await
            .unwrap()
            .unwrap()
            .author
            .id,
        last.id
    );
}

#[tokio::test]
async fn a_question_with_a_character_that_no_name_can_hold_finds_nothing() {
    let store = Fresh::open().await;
    registered(&store, "rosa").await;
    assert_eq!(store.user_by_username("rosa\0").await.unwrap(), None);
    assert_eq!(store.password_hash("\0").await.unwrap(), None);
    assert_eq!(store.users_by_usernames(&["rosa\0"]).await.unwrap(), []);
    assert_eq!(store.room_by_slug("general\0").await.unwrap(), None);
    assert_eq!(store.page_users("ro\0", None, 10).await.unwrap(), []);
    let after = store.page_users("", Some("ro\0"), 10).await.unwrap();
    assert_eq!(usernames(&after), ["rosa"]);
    let members = store.page_members(general(&store).await, Some("\0"), 10).await;
    assert_eq!(usernames(&members.unwrap()), ["rosa"]);
}
