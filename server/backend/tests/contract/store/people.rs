//! Profiles, roles, closed accounts, invitations.

use backend::store::{
    ActiveSet, Looks, NewEntry, NewInvite, ProfileEdit, Registered, RoleSet, SessionRecord, TokenRecord,
};
use chat::{
    AttachmentId, AuditId, InviteId, Role, RoomId, SessionId, Timestamp, TokenId, User, UserId, audit::Deed,
    invite::Invite,
};
use uuid::Uuid;

use super::{
    Fresh, Shared, channel, general, new_user, post, private_channel, registered, seen, two_in_a_room,
    usernames,
};

pub(super) fn entry(actor: &User, deed: Deed) -> NewEntry {
    NewEntry {
        id: AuditId(Uuid::now_v7()),
        at: Timestamp(6_000),
        actor: actor.author.id,
        deed,
        user: None,
        room: None,
        detail: String::new(),
    }
}

async fn set_role(store: &Shared, by: &User, whom: &User, to: Role) -> RoleSet {
    let entry = NewEntry {
        user: Some(whom.author.id),
        ..entry(by, Deed::RoleChanged)
    };
    store.set_role(whom.author.id, to, entry).await.unwrap()
}

async fn set_active(store: &Shared, by: &User, whom: &User, active: bool) -> ActiveSet {
    let entry = entry(by, Deed::Deactivated);
    store.set_active(whom.author.id, active, entry).await.unwrap()
}

async fn role(store: &Shared, user: &User) -> Role {
    store.user(user.author.id).await.unwrap().unwrap().role
}

async fn looks(store: &Shared) -> Looks {
    store.looks().await.unwrap()
}

#[tokio::test]
async fn a_profile_is_what_was_told_and_another_name_is_everywhere_at_once() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &rosa, "hello").await;
    let id = rosa.author.id;
    let before = looks(&store).await;
    let told = ProfileEdit {
        title: Some("Harbour master".into()),
        pronouns: Some("she/her".into()),
        time_zone: Some("Europe/Oslo".into()),
        display_name: None,
    };
    let profile = store.edit_profile(id, told).await.unwrap().unwrap();
    assert_eq!(
        (&*profile.title, &*profile.pronouns, &*profile.time_zone),
        ("Harbour master", "she/her", "Europe/Oslo")
    );
    assert_eq!(store.profile(id).await.unwrap(), Some(profile.clone()));
    assert_eq!(looks(&store).await, before, "nothing else shows any of it");

    let named = ProfileEdit {
        display_name: Some("Rosa Lindqvist".into()),
        ..ProfileEdit::default()
    };
    let renamed = store.edit_profile(id, named.clone()).await.unwrap().unwrap();
    assert_eq!(
        (&*renamed.user.author.display_name, &*renamed.title),
        ("Rosa Lindqvist", "Harbour master")
    );
    let shown = store.message(message.id).await.unwrap().unwrap();
    assert_eq!(shown.author.display_name, "Rosa Lindqvist");
    let found = store.page_users("rosa li", None, 10).await.unwrap();
    assert_eq!(usernames(&found), ["rosa"]);
    let after = looks(&store).await;
    assert_eq!(after.people, before.people + 1);
    store.edit_profile(id, named).await.unwrap();
    assert_eq!(looks(&store).await, after, "the same name is no change");
    assert!(store.set_avatar(id, Some("/files/a.webp".into())).await.unwrap());
    let user = store.user(id).await.unwrap().unwrap();
    assert_eq!(user.author.avatar_url.as_deref(), Some("/files/a.webp"));
    assert_eq!(looks(&store).await.people, after.people + 1);
    let picture = AttachmentId(Uuid::now_v7());
    let address = format!("/avatars/{picture}");
    assert!(store.set_avatar(id, Some(address)).await.unwrap());
    assert!(store.remains().await.unwrap().is_empty());
    assert!(store.set_avatar(id, None).await.unwrap());
    let gone = [format!("files/{picture}")];
    assert_eq!(
        store.remains().await.unwrap(),
        gone,
        "the bytes of the one before go"
    );
    let nobody = UserId(Uuid::now_v7());
    assert!(!store.set_avatar(nobody, None).await.unwrap());
    assert_eq!(
        store.edit_profile(nobody, ProfileEdit::default()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_password_is_changed_from_the_one_that_was_checked() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let id = rosa.author.id;
    assert!(
        store
            .set_password(id, "hash of rosa".into(), "new".into())
            .await
            .unwrap()
    );
    assert!(
        !store
            .set_password(id, "hash of rosa".into(), "newer".into())
            .await
            .unwrap()
    );
    assert_eq!(store.password_hash("rosa").await.unwrap().unwrap().1, "new");
}

#[tokio::test]
async fn roles_are_given_by_those_who_have_them_and_the_last_owner_stays() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    let ada = registered(&store, "ada").await;
    assert_eq!(
        set_role(&store, &mei, &ada, Role::Guest).await,
        RoleSet::Forbidden
    );
    assert_eq!(
        set_role(&store, &rosa, &rosa, Role::Member).await,
        RoleSet::LastOwner
    );
    assert_eq!(set_role(&store, &rosa, &mei, Role::Admin).await, RoleSet::Set);
    assert_eq!(set_role(&store, &rosa, &mei, Role::Admin).await, RoleSet::Kept);
    // By what is so at that moment, not by what the caller was when signing in.
    assert_eq!(
        set_role(&store, &mei, &ada, Role::Owner).await,
        RoleSet::Forbidden
    );
    assert_eq!(set_role(&store, &mei, &ada, Role::Moderator).await, RoleSet::Set);
    assert_eq!(set_role(&store, &rosa, &mei, Role::Owner).await, RoleSet::Set);
    assert_eq!(set_role(&store, &rosa, &rosa, Role::Member).await, RoleSet::Set);
    assert_eq!(
        (
            role(&store, &rosa).await,
            role(&store, &mei).await,
            role(&store, &ada).await
        ),
        (Role::Member, Role::Owner, Role::Moderator)
    );
    let nobody = store.set_role(
        UserId(Uuid::now_v7()),
        Role::Guest,
        entry(&mei, Deed::RoleChanged),
    );
    assert_eq!(nobody.await.unwrap(), RoleSet::NotFound);
    let log = store.page_audit(None, 100).await.unwrap();
    assert_eq!(
        log.len(),
        4,
        "what was refused, or was so already, is not written down"
    );
    assert_eq!(log[0].user.as_ref().unwrap().username, "rosa");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_step_down_at_once_one_stays() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    assert_eq!(set_role(&store, &rosa, &mei, Role::Owner).await, RoleSet::Set);
    let step = |user: User| {
        let store = store.clone();
        tokio::spawn(async move { set_role(&store, &user, &user, Role::Member).await })
    };
    let (one, two) = (step(rosa), step(mei));
    let mut answers = [one.await.unwrap(), two.await.unwrap()];
    answers.sort_by_key(|answer| *answer == RoleSet::LastOwner);
    assert_eq!(answers, [RoleSet::Set, RoleSet::LastOwner]);
}

#[tokio::test]
async fn a_closed_account_has_no_sessions_and_no_tokens_and_keeps_its_messages() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let message = post(&store, room, &mei, "still here").await;
    let session = SessionRecord {
        id: SessionId(Uuid::now_v7()),
        hash: [1; 32],
        user: mei.author.id,
        created_at: Timestamp(1),
        agent: "Firefox".into(),
        seen_at: Timestamp(1),
    };
    let token = TokenRecord {
        id: TokenId(Uuid::now_v7()),
        hash: [2; 32],
        user: mei.author.id,
        name: "bot".into(),
        created_at: Timestamp(1),
    };
    store.insert_session(session.clone()).await.unwrap();
    store.insert_tokens(vec![token.clone()]).await.unwrap();
    assert_eq!(set_active(&store, &mei, &rosa, false).await, ActiveSet::Forbidden);
    assert_eq!(
        set_active(&store, &rosa, &mei, false).await,
        ActiveSet::Set {
            sessions: vec![session.id],
            tokens: vec![token.id]
        }
    );
    assert_eq!(set_active(&store, &rosa, &mei, false).await, ActiveSet::Kept);
    assert!(store.user(mei.author.id).await.unwrap().unwrap().deactivated);
    assert_eq!(store.message(message.id).await.unwrap(), Some(message));
    // A sign-in that was under way opens nothing.
    store.insert_session(session.clone()).await.unwrap();
    assert_eq!(store.session_by_hash(&session.hash).await.unwrap(), None);
    store.insert_tokens(vec![token.clone()]).await.unwrap();
    assert_eq!(store.token_by_hash(&token.hash).await.unwrap(), None);
    assert!(matches!(
        set_active(&store, &rosa, &mei, true).await,
        ActiveSet::Set { .. }
    ));
    assert!(!store.user(mei.author.id).await.unwrap().unwrap().deactivated);
    assert_eq!(
        store.session_by_hash(&session.hash).await.unwrap(),
        None,
        "what came meanwhile is gone"
    );
}

#[tokio::test]
async fn sessions_are_listed_with_their_browsers_and_end_all_at_once() {
    let store = Fresh::open().await;
    let (rosa, mei, _) = two_in_a_room(&store).await;
    let session = |secret: u8, user: &User| SessionRecord {
        id: SessionId(Uuid::now_v7()),
        hash: [secret; 32],
        user: user.author.id,
        created_at: Timestamp(1),
        agent: format!("browser {secret}"),
        seen_at: Timestamp(i64::from(secret)),
    };
    let (one, two, three, hers) = (
        session(1, &rosa),
        session(2, &rosa),
        session(3, &rosa),
        session(4, &mei),
    );
    for session in [&one, &two, &three, &hers] {
        store.insert_session(session.clone()).await.unwrap();
    }
    let listed = store.sessions_of(rosa.author.id).await.unwrap();
    assert_eq!(listed, [three.clone(), two.clone(), one.clone()]);
    let mut ended = store
        .delete_sessions_of(rosa.author.id, Some(two.id))
        .await
        .unwrap();
    ended.sort_unstable();
    assert_eq!(ended, [one.id, three.id]);
    assert_eq!(
        store.delete_sessions_of(rosa.author.id, None).await.unwrap(),
        [two.id]
    );
    assert_eq!(store.sessions_of(rosa.author.id).await.unwrap(), []);
    assert_eq!(store.sessions_of(mei.author.id).await.unwrap(), [hers]);
}

fn invite(code: &str, by: &User, rooms: &[RoomId]) -> NewInvite {
    NewInvite {
        id: InviteId(Uuid::now_v7()),
        code: code.to_owned(),
        role: Role::Member,
        rooms: rooms.to_vec(),
        created_by: by.author.id,
        created_at: Timestamp(500),
        expires_at: None,
        uses_max: None,
    }
}

async fn invited(store: &Shared, username: &str, code: &str) -> Registered {
    store.create_invited(new_user(username), code).await.unwrap()
}

async fn keep(store: &Shared, invite: NewInvite, by: &User) {
    assert!(
        store
            .insert_invite(invite, 200, entry(by, Deed::InviteCreated))
            .await
            .unwrap()
    );
}

async fn by_code(store: &Shared, code: &str) -> Option<Invite> {
    store.invite_by_code(code).await.unwrap()
}

#[tokio::test]
async fn an_invitation_lets_people_into_its_rooms_as_often_as_it_says() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let secret = private_channel(&store, "secret", &rosa).await;
    let once = NewInvite {
        uses_max: Some(1),
        ..invite("once", &rosa, &[room, secret])
    };
    keep(&store, once.clone(), &rosa).await;
    let kept = by_code(&store, "once").await.unwrap();
    assert_eq!((kept.id, kept.uses, kept.uses_max), (once.id, 0, Some(1)));
    assert_eq!(kept.rooms, [room, secret]);
    let Registered::Created { user: ada, mut rooms } = invited(&store, "ada", "once").await else {
        panic!()
    };
    rooms.sort_unstable();
    let mut expected = [general(&store).await, room, secret];
    expected.sort_unstable();
    assert_eq!((ada.role, &*rooms), (Role::Member, &expected[..]));
    assert!(seen(&store, secret, &ada).await.member);
    assert_eq!(invited(&store, "eva", "once").await, Registered::NotInvited);
    assert_eq!(store.user_by_username("eva").await.unwrap(), None);
    assert_eq!(invited(&store, "eva", "never made").await, Registered::NotInvited);
}

#[tokio::test]
async fn a_guest_comes_only_into_the_rooms_of_the_invitation() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let open = channel(&store, "open", &rosa).await;
    let guests = NewInvite {
        role: Role::Guest,
        ..invite("guests", &rosa, &[room])
    };
    keep(&store, guests, &rosa).await;
    let Registered::Created { user, rooms } = invited(&store, "gil", "guests").await else {
        panic!()
    };
    assert_eq!((user.role, rooms), (Role::Guest, vec![room]));
    let id = user.author.id;
    let own: Vec<RoomId> = store
        .rooms_of(id)
        .await
        .unwrap()
        .iter()
        .map(|room| room.id)
        .collect();
    assert_eq!(own, [room]);
    assert_eq!(store.rooms_open_to(id).await.unwrap(), []);
    assert_eq!(store.heads_open_to(id).await.unwrap(), []);
    // An invitation brings in who is here already, too.
    keep(&store, invite("more", &rosa, &[open, room]), &rosa).await;
    assert_eq!(
        store.accept_invite("more", id, Timestamp(1_000)).await.unwrap(),
        Some(vec![open])
    );
    assert_eq!(
        store.accept_invite("more", id, Timestamp(1_000)).await.unwrap(),
        Some(Vec::new())
    );
    assert_eq!(by_code(&store, "more").await.unwrap().uses, 1);
    assert_eq!(
        store
            .accept_invite("nothing", id, Timestamp(1_000))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn invitations_end_by_time_by_number_and_by_hand() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    // New users of these tests come at 1,000.
    let late = NewInvite {
        expires_at: Some(Timestamp(1_000)),
        ..invite("late", &rosa, &[room])
    };
    let timely = NewInvite {
        expires_at: Some(Timestamp(1_001)),
        ..invite("timely", &rosa, &[room])
    };
    let revoked = invite("revoked", &rosa, &[room]);
    for new in [late, timely.clone(), revoked.clone()] {
        keep(&store, new, &rosa).await;
    }
    assert_eq!(invited(&store, "ada", "late").await, Registered::NotInvited);
    assert!(matches!(
        invited(&store, "ada", "timely").await,
        Registered::Created { .. }
    ));
    let gone = |id| store.delete_invite(id, entry(&rosa, Deed::InviteRevoked));
    assert!(gone(revoked.id).await.unwrap());
    assert!(!gone(revoked.id).await.unwrap());
    assert_eq!(invited(&store, "eva", "revoked").await, Registered::NotInvited);
    // There are no more than there may be, and what has ended makes room.
    let later = NewInvite {
        created_at: Timestamp(2_000),
        ..invite("later", &rosa, &[])
    };
    let log = |deed| entry(&rosa, deed);
    assert!(
        store
            .insert_invite(later, 1, log(Deed::InviteCreated))
            .await
            .unwrap()
    );
    let listed: Vec<String> = store
        .invites()
        .await
        .unwrap()
        .into_iter()
        .map(|invite| invite.code)
        .collect();
    assert_eq!(listed, ["later"]);
    let more = NewInvite {
        created_at: Timestamp(2_000),
        ..invite("more", &rosa, &[])
    };
    assert!(
        !store
            .insert_invite(more, 1, log(Deed::InviteCreated))
            .await
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_for_three_lets_in_three_of_eight_who_come_at_once() {
    let store = Fresh::open().await;
    let rosa = registered(&store, "rosa").await;
    let three = NewInvite {
        uses_max: Some(3),
        ..invite("three", &rosa, &[])
    };
    keep(&store, three, &rosa).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = store.clone();
        tasks.spawn(async move { invited(&store, &format!("person{n}x"), "three").await });
    }
    let answers = tasks.join_all().await;
    let created = answers
        .iter()
        .filter(|answer| matches!(answer, Registered::Created { .. }));
    assert_eq!(created.count(), 3);
}
