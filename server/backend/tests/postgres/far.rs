//! Matches that lie far apart: what one search finds in several goes.

use std::sync::Arc;

use backend::{
    search::{Results, Sought, page},
    store::Store,
};
use chat::search::parse;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    Place,
    contract::{post, two_in_a_room},
};

/// How many places lie between one message and the next: fewer and more than any length that a search looks at.
const GAPS: [u64; 8] = [1, 5_000, 9_000, 40_000, 200_000, 700_000, 3_000_000, 50_000_000];

/// Lets the next message have a place that is so much farther on, as if others had been written meanwhile.
async fn skip(place: &Place, places: u64) {
    let mut connection = PgConnection::connect(&place.url()).await.unwrap();
    let skip = format!("SELECT setval('message_places', nextval('message_places') + {places})");
    sqlx::raw_sql(AssertSqlSafe(skip))
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn bodies(store: &Arc<dyn Store>, reader: chat::UserId, query: &str) -> Vec<String> {
    let sought = Sought::of(parse(query).unwrap()).unwrap();
    let Results { results, next_cursor } = page(&**store, reader, &sought, None, 100).await.unwrap();
    assert_eq!(next_cursor, None);
    results.into_iter().map(|found| found.message.body).collect()
}

#[tokio::test]
async fn what_lies_far_back_is_found_whatever_lies_between() {
    let place = Place::new().await;
    let store = place.open().await;
    let (rosa, _, room) = two_in_a_room(&store).await;
    let mut posted = Vec::new();
    for gap in GAPS {
        for body in [format!("lantern {gap}"), format!("lanterns and noise {gap}")] {
            post(&store, room, &rosa, &body).await;
            posted.push(body);
        }
        skip(&place, gap).await;
    }
    let ending = |word: &str| {
        let found = posted.iter().filter(|body| body.starts_with(word));
        let mut found: Vec<String> = found.cloned().collect();
        found.sort();
        found
    };
    for (query, expected) in [
        ("lantern", ending("lantern ")),
        ("lantern*", ending("lantern")),
        ("\"lanterns and noise\"", ending("lanterns")),
        ("lantern* -noise", ending("lantern ")),
        ("from:rosa noise", ending("lanterns")),
    ] {
        let mut found = bodies(&store, rosa.author.id, query).await;
        found.sort();
        assert_eq!(found, expected, "{query}");
    }
}
