//! Faults as chance brings them, two at a time. `NATTER_CHANCE=SEED:ROUNDS` makes a longer or another run of it.

use std::{env, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use crate::{
    cluster::Cluster,
    crew::{Crew, assert_holds},
};

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    InstanceKilled(usize),
    InstanceHangs(usize),
    RedisKilled,
    RedisHangs,
    RedisCutOff,
    PostgresRestarts,
    PostgresKilled,
    PostgresHangs,
}

const FAULTS: [Fault; 9] = [
    Fault::InstanceKilled(0),
    Fault::InstanceKilled(1),
    Fault::InstanceHangs(2),
    Fault::RedisKilled,
    Fault::RedisHangs,
    Fault::RedisCutOff,
    Fault::PostgresRestarts,
    Fault::PostgresKilled,
    Fault::PostgresHangs,
];

/// How long a fault lasts at most, in milliseconds.
const LONGEST: u64 = 4_000;

impl Fault {
    /// What it happens to: two faults of one thing do not go together.
    const fn part(self) -> u8 {
        match self {
            Self::InstanceKilled(_) | Self::InstanceHangs(_) => 0,
            Self::RedisKilled | Self::RedisHangs | Self::RedisCutOff => 1,
            Self::PostgresRestarts | Self::PostgresKilled | Self::PostgresHangs => 2,
        }
    }

    fn begin(self, cluster: &mut Cluster) {
        match self {
            Self::InstanceKilled(n) => cluster.instances[n].kill(),
            Self::InstanceHangs(n) => cluster.instances[n].signal("STOP"),
            Self::RedisKilled => cluster.redis.kill().unwrap(),
            Self::RedisHangs => cluster.redis.pause().unwrap(),
            Self::RedisCutOff => cluster.wire.cut(),
            Self::PostgresRestarts => cluster.postgres.restart().unwrap(),
            Self::PostgresKilled => cluster.postgres.kill().unwrap(),
            Self::PostgresHangs => cluster.postgres.pause().unwrap(),
        }
    }

    fn end(self, cluster: &mut Cluster) {
        match self {
            Self::InstanceKilled(_) | Self::PostgresRestarts => {}
            Self::InstanceHangs(n) => cluster.instances[n].signal("CONT"),
            Self::RedisKilled => cluster.redis.start_again().unwrap(),
            Self::RedisHangs => cluster.redis.resume().unwrap(),
            Self::RedisCutOff => cluster.wire.mend(),
            Self::PostgresKilled => cluster.postgres.start_again().unwrap(),
            Self::PostgresHangs => cluster.postgres.resume().unwrap(),
        }
    }

    /// An instance starts once what it needs is there.
    fn clear_up(self, cluster: &mut Cluster) {
        if let Self::InstanceKilled(n) = self {
            cluster.instances[n].restart();
        }
    }
}

/// Two faults of different parts.
fn pair(chance: &mut StdRng) -> Vec<Fault> {
    let mut all = FAULTS.to_vec();
    all.shuffle(chance);
    let second = all
        .iter()
        .position(|fault| fault.part() != all[0].part())
        .unwrap();
    vec![all[0], all[second]]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_faults_at_a_time_as_chance_brings_them() {
    let wanted = env::var("NATTER_CHANCE").unwrap_or_else(|_| "1:3".to_owned());
    let (seed, rounds) = wanted.split_once(':').expect("SEED:ROUNDS");
    let mut chance = StdRng::seed_from_u64(seed.parse().unwrap());
    let mut cluster = Cluster::start();
    let crew = Crew::start(cluster.urls()).await;
    for _ in 0..rounds.parse().unwrap() {
        let faults = pair(&mut chance);
        println!("{faults:?}");
        for fault in &faults {
            fault.begin(&mut cluster);
            tokio::time::sleep(Duration::from_millis(chance.random_range(0..LONGEST / 2))).await;
        }
        for fault in &faults {
            fault.end(&mut cluster);
        }
        faults.iter().for_each(|fault| fault.clear_up(&mut cluster));
        crew.advance(30).await;
        crew.catch_up().await;
    }
    assert_holds(&crew.conclude(&format!("chance-{seed}")).await);
}
