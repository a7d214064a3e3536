//! How long a search takes in a large database: `search DATABASE_URL [MESSAGES]`. Seeds what is missing, then asks for
//! common and rare words, beginnings, phrases and conditions, and prints the times of each kind.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use backend::{
    connect::open_store,
    search::{Cursor, Sought, page},
    seed::{Plan, seed},
    store::Store,
};
use chat::{UserId, search::parse};

/// How often each search is made.
const TIMES: usize = 60;

/// What is searched, by kind.
const SEARCHES: &[(&str, &[&str])] = &[
    ("a very common word", &["the", "a", "is", "to"]),
    ("two common words", &["the is", "to the", "a for"]),
    ("a less common word", &["harbour", "deploy", "budget", "meeting"]),
    ("words that nobody says", &["xylophonist", "the xylophonist"]),
    ("a phrase", &["\"in the\"", "\"the second\""]),
    ("a short beginning", &["th*", "re*", "de*"]),
    ("a longer beginning", &["thing*", "deplo*", "messa*"]),
    (
        "with a condition",
        &[
            "the has:link",
            "is:pinned",
            "the after:2020-01-01",
            "the before:2020-01-01",
        ],
    ),
    ("without a word", &["-the", "is -the"]),
    ("Chinese and Japanese", &["北京", "会議", "学", "東京大学"]),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("search DATABASE_URL [MESSAGES]")?;
    let messages = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    let store = open_store(&url, None).await?;
    if store.page_users("", None, 1).await?.is_empty() {
        fill(&*store, messages).await?;
    }
    let reader = store.page_users("", None, 1).await?.remove(0).author.id;
    println!(
        "{:<24} {:>8} {:>8} {:>8} {:>9}",
        "search", "p50 ms", "p95 ms", "max ms", "results"
    );
    let mut all = Vec::new();
    for (kind, queries) in SEARCHES {
        let (times, results) = measure(&*store, reader, queries).await?;
        print(kind, times.clone(), results);
        all.extend(times);
    }
    print("all of them", all, 0);
    store.close().await;
    Ok(())
}

async fn fill(store: &dyn Store, messages: usize) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let plan = Plan {
        users: 200,
        rooms: 200,
        members: 200,
        messages,
        password_hash: "none".to_owned(),
    };
    seed(store, &plan).await?;
    store.tune().await?;
    println!(
        "seeded {messages} messages in {:.0} s",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The first and the second page of each query, over and over.
async fn measure(
    store: &dyn Store,
    reader: UserId,
    queries: &[&str],
) -> Result<(Vec<Duration>, usize), Box<dyn Error>> {
    let (mut times, mut results) = (Vec::new(), 0);
    for n in 0..TIMES {
        let query = queries[n % queries.len()];
        let query = parse(query).map_err(|error| error.reason())?;
        let sought = Sought::of(query).ok_or("looks for nothing")?;
        let mut cursor = None;
        for _ in 0..2 {
            let started = Instant::now();
            let page = page(store, reader, &sought, cursor, 20).await?;
            times.push(started.elapsed());
            results = results.max(page.results.len());
            cursor = page
                .next_cursor
                .and_then(|text| Cursor::read(&text, reader, &sought));
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok((times, results))
}

fn print(kind: &str, mut times: Vec<Duration>, results: usize) {
    times.sort_unstable();
    let at = |share: usize| {
        let place = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    println!(
        "{kind:<24} {:>8.2} {:>8.2} {:>8.2} {results:>9}",
        at(50),
        at(95),
        at(100)
    );
}
