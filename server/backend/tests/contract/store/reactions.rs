//! Reactions: one emoji under a message, by any number of people.

use backend::store::Changed;
use chat::{
    Reaction, UserId,
    message::{REACTION_USERS_MAX, REACTIONS_MAX},
};

use super::{
    Fresh, altered, assert_shown, assert_whole, change, head, join, post, react, registered, two_in_a_room,
    unreact,
};

#[tokio::test]
async fn reactions_come_in_the_order_of_their_first_use_and_each_person_counts_once() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let id = post(&store, room, &rosa, "launch?").await.id;
    let (r, m) = (rosa.author.id, mei.author.id);
    let reaction = |emoji: &str, users: &[UserId]| Reaction {
        emoji: emoji.to_owned(),
        count: users.len() as u64,
        users: users.to_vec(),
    };
    let steps = [
        (&mei, react("🎉"), vec![reaction("🎉", &[m])]),
        (
            &rosa,
            react("👍🏽"),
            vec![reaction("🎉", &[m]), reaction("👍🏽", &[r])],
        ),
        (
            &rosa,
            react("🎉"),
            vec![reaction("🎉", &[m, r]), reaction("👍🏽", &[r])],
        ),
        (
            &mei,
            unreact("🎉"),
            vec![reaction("🎉", &[r]), reaction("👍🏽", &[r])],
        ),
        (&rosa, unreact("🎉"), vec![reaction("👍🏽", &[r])]),
        (
            &rosa,
            react("🎉"),
            vec![reaction("👍🏽", &[r]), reaction("🎉", &[r])],
        ),
    ];
    let mut rev = 1;
    for (by, what, expected) in steps {
        let changed = altered(&store, id, by, what.clone()).await;
        rev += 1;
        assert_eq!(
            (changed.message.rev, &changed.message.reactions),
            (rev, &expected)
        );
        assert_eq!((changed.mentioned.len(), changed.message.edited_at), (0, None));
        assert_shown(&store, &changed.message).await;
        let again = change(&store, id, by, what).await;
        assert_eq!(again, Changed::Kept(Box::new(changed.message)));
    }
    assert_eq!(head(&store, room).await, (1, rev));
}

#[tokio::test]
async fn one_emoji_written_in_two_ways_is_one_reaction() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let id = post(&store, room, &rosa, "hello").await.id;
    altered(&store, id, &rosa, react("❤️")).await;
    let changed = altered(&store, id, &mei, react("❤")).await;
    assert_eq!(
        (
            changed.message.reactions.len(),
            changed.message.reactions[0].count
        ),
        (1, 2)
    );
    let changed = altered(&store, id, &rosa, unreact("❤")).await;
    assert_eq!(changed.message.reactions[0].users, [mei.author.id]);
}

#[tokio::test]
async fn so_many_different_emoji_and_no_more() {
    let store = Fresh::open().await;
    let (rosa, mei, room) = two_in_a_room(&store).await;
    let id = post(&store, room, &rosa, "hello").await.id;
    let emoji = |n: usize| char::from_u32(0x1f600 + n as u32).unwrap().to_string();
    for n in 0..REACTIONS_MAX {
        altered(&store, id, &rosa, react(&emoji(n))).await;
    }
    let one_more = react(&emoji(REACTIONS_MAX));
    assert_eq!(change(&store, id, &mei, one_more.clone()).await, Changed::TooMany);
    // One that is there already may be joined, and one that goes makes room.
    altered(&store, id, &mei, react(&emoji(3))).await;
    altered(&store, id, &rosa, unreact(&emoji(0))).await;
    let changed = altered(&store, id, &mei, one_more).await;
    assert_eq!(changed.message.reactions.len(), REACTIONS_MAX);
    assert_whole(&store, room).await;
}

#[tokio::test]
async fn all_are_counted_and_the_first_fifty_are_named() {
    let store = Fresh::open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let id = post(&store, room, &rosa, "hello").await.id;
    let mut people = Vec::new();
    for n in 0..REACTION_USERS_MAX as u8 + 2 {
        let letters = [b'a' + n / 26, b'a' + n % 26].map(char::from);
        let user = registered(&store, &format!("member-{}{}-x", letters[0], letters[1])).await;
        join(&store, room, &user).await;
        altered(&store, id, &user, react("👍")).await;
        people.push(user);
    }
    let named = async || {
        let message = store.message(id).await.unwrap().unwrap();
        let reaction = &message.reactions[0];
        (reaction.count, reaction.users.clone())
    };
    let ids: Vec<UserId> = people.iter().map(|user| user.author.id).collect();
    assert_eq!(named().await, (52, ids[..50].to_vec()));
    // Whoever comes next moves up, and who is named no longer need not be there to take it back.
    altered(&store, id, &people[3], unreact("👍")).await;
    let expected = [&ids[..3], &ids[4..51]].concat();
    assert_eq!(named().await, (51, expected));
    altered(&store, id, &people[51], unreact("👍")).await;
    altered(&store, id, &people[0], unreact("👍")).await;
    altered(&store, id, &people[0], react("👍")).await;
    let expected = [&ids[1..3], &ids[4..51], &ids[..1]].concat();
    assert_eq!(named().await, (50, expected));
}
