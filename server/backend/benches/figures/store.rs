//! Single questions to a store, one after the other.

use std::cell::Cell;

use backend::{
    session::{Sessions, memory::StoredSessions},
    stamp,
    store::NewMessage,
};
use chat::message::{Bound, PAGE_LIMIT};
use criterion::{BatchSize, Criterion};
use tokio::runtime::Runtime;

use crate::{
    measure::Bench,
    place::{MEMBERS, Outcome, Place, message},
    table::Figure,
};

/// How many messages a batch has.
const BATCH: usize = 1_000;
/// How many changes someone who returns has missed.
const MISSED: u64 = 100;
/// Makes steps through a long room that never come near each other.
const STRIDE: u64 = 7_368_787;

const fn figure(what: &'static str, place: &Place, target: &'static str) -> Figure {
    Figure {
        what,
        place: place.name,
        unit: "ms",
        target,
    }
}

pub(crate) fn measure(
    criterion: &mut Criterion,
    bench: &mut Bench,
    runtime: &Runtime,
    place: &Place,
) -> Outcome<()> {
    let (store, long) = (&*place.store, place.long);
    let reader = place.members[0].author.id;
    let head = runtime.block_on(store.heads(&[long]))?[0];
    bench.one(
        criterion,
        figure("newest 50 of the long room", place, "< 1"),
        |b| {
            b.to_async(runtime)
                .iter(|| async { store.page(long, Bound::Newest, PAGE_LIMIT).await.unwrap() });
        },
    )?;
    let step = Cell::new(0);
    let anywhere = || {
        step.set(step.get() + STRIDE);
        Bound::Before(step.get() % head.last_seq + 1)
    };
    bench.one(criterion, figure("50 anywhere in it", place, ""), |b| {
        b.to_async(runtime)
            .iter(|| async { store.page(long, anywhere(), PAGE_LIMIT).await.unwrap() });
    })?;
    let after = head.last_rev.saturating_sub(MISSED);
    bench.one(criterion, figure("its last 100 changes", place, ""), |b| {
        b.to_async(runtime)
            .iter(|| async { store.changes(long, after, MISSED).await.unwrap() });
    })?;
    bench.one(
        criterion,
        figure("where it stands, and may one read it", place, ""),
        |b| {
            b.to_async(runtime)
                .iter(|| async { store.head_for(long, reader).await.unwrap() });
        },
    )?;
    write(criterion, bench, runtime, place)?;
    let sessions = StoredSessions::new(std::sync::Arc::clone(&place.store), stamp::now);
    let (_, secret) = runtime.block_on(sessions.open(reader))?;
    let hash = secret.hash();
    bench.one(criterion, figure("a session looked up", place, ""), |b| {
        b.to_async(runtime)
            .iter(|| async { store.session_by_hash(&hash).await.unwrap() });
    })
}

fn write(criterion: &mut Criterion, bench: &mut Bench, runtime: &Runtime, place: &Place) -> Outcome<()> {
    let store = &*place.store;
    let batch = || -> Vec<NewMessage> {
        let author = |n: usize| &place.members[n % MEMBERS].author;
        (0..BATCH).map(|n| message(place.fresh, author(n))).collect()
    };
    bench.one(
        criterion,
        figure("1,000 messages in one batch", place, "< 100"),
        |b| {
            let mut b = b.to_async(runtime);
            b.iter_batched(
                batch,
                |messages| async { store.append_batch(place.fresh, messages).await.unwrap() },
                BatchSize::PerIteration,
            );
        },
    )?;
    bench.one(criterion, figure("one durable post", place, ""), |b| {
        let mut b = b.to_async(runtime);
        b.iter_batched(
            || place.message(0),
            |message| async { store.append(message).await.unwrap() },
            BatchSize::PerIteration,
        );
    })
}
