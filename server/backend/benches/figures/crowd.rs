//! Many at once: what Criterion, which asks one after the other, does not show.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use backend::store::Appended;
use chat::message::{Bound, PAGE_LIMIT};
use futures::future::join_all;

use crate::{
    place::{Outcome, Place},
    table::{Figure, Table},
};

/// How many ask at once, and how often each.
const READERS: u64 = 100;
const QUESTIONS: u64 = 20;
/// How many post at once, and for how long.
const WRITERS: usize = 64;
const POSTING: Duration = Duration::from_secs(5);
const STRIDE: u64 = 7_368_787;

/// 100 people ask at once: a quarter each for the newest page, one anywhere, what they missed, and where the room stands.
pub(crate) async fn read(table: &mut Table, place: &Place) -> Outcome<()> {
    let head = place.store.heads(&[place.long]).await?[0];
    let failed = AtomicU64::new(0);
    let readers = (0..READERS).map(|reader| {
        let (store, long, failed) = (&*place.store, place.long, &failed);
        let user = place.members[usize::try_from(reader).unwrap_or(0) % place.members.len()]
            .author
            .id;
        async move {
            let mut took = Vec::new();
            for question in 0..QUESTIONS {
                let anywhere = (reader * QUESTIONS + question + 1) * STRIDE % head.last_seq;
                let begun = Instant::now();
                let is_ok = match (reader + question) % 4 {
                    0 => store.page(long, Bound::Newest, PAGE_LIMIT).await.is_ok(),
                    1 => store
                        .page(long, Bound::Before(anywhere), PAGE_LIMIT)
                        .await
                        .is_ok(),
                    2 => store
                        .changes(long, head.last_rev.saturating_sub(50), 100)
                        .await
                        .is_ok(),
                    _ => store.head_for(long, user).await.is_ok(),
                };
                took.push(begun.elapsed());
                failed.fetch_add(u64::from(!is_ok), Ordering::Relaxed);
            }
            took
        }
    });
    let took = join_all(readers).await.concat();
    let name = place.name;
    table.add(
        row("100 at once: questions that failed", name, "", "0"),
        failed.into_inner() as f64,
    );
    percentiles(table, took, ["100 at once: p50", "100 at once: p99"], name);
    Ok(())
}

/// 64 people post at once, one message after the other each.
pub(crate) async fn write(table: &mut Table, place: &Place) -> Outcome<()> {
    let begun = Instant::now();
    let writers = (0..WRITERS).map(|writer| async move {
        let mut took = Vec::new();
        while begun.elapsed() < POSTING {
            let message = place.message(writer);
            let sent = Instant::now();
            match place.store.append(message).await {
                Ok(Appended::Stored(_)) => took.push(sent.elapsed()),
                other => return Err(format!("{other:?}")),
            }
        }
        Ok(took)
    });
    let took: Result<Vec<_>, String> = join_all(writers).await.into_iter().collect();
    let (took, elapsed) = (took?.concat(), begun.elapsed());
    let name = place.name;
    let rate = took.len() as f64 / elapsed.as_secs_f64();
    table.add(row("64 writers in one room: posts", name, "a second", ""), rate);
    percentiles(
        table,
        took,
        ["64 writers in one room: p50", "64 writers in one room: p99"],
        name,
    );
    Ok(())
}

const fn row(what: &'static str, place: &'static str, unit: &'static str, target: &'static str) -> Figure {
    Figure {
        what,
        place,
        unit,
        target,
    }
}

fn percentiles(table: &mut Table, mut took: Vec<Duration>, names: [&'static str; 2], place: &'static str) {
    took.sort_unstable();
    for (name, percent) in names.into_iter().zip([50, 99]) {
        if let Some(found) = took.get(took.len() * percent / 100) {
            table.add(row(name, place, "ms", ""), found.as_secs_f64() * 1000.0);
        }
    }
}
