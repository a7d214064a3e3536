//! The stand-in of the tests as a program with the face of `natter`: `seed` and `serve [FAULT]`. It
//! stores nothing, so it shows how fast the generator itself is, and lets `bench` be tried without a
//! server.

#[path = "../tests/stand_in/mod.rs"]
mod stand_in;

use std::{collections::HashMap, env, fs, io};

use clap::ValueEnum;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().collect();
    if arguments.get(1).is_some_and(|command| command == "seed") {
        return seed(&arguments[2..]);
    }
    let fault = arguments.get(2).map_or("nothing", String::as_str);
    let fault = stand_in::Fault::from_str(fault, true).map_err(io::Error::other)?;
    println!("listening on http://{}", stand_in::serve(fault).await?);
    std::future::pending().await
}

fn seed(arguments: &[String]) -> io::Result<()> {
    let pairs = arguments
        .chunks_exact(2)
        .map(|pair| (pair[0].as_str(), pair[1].as_str()));
    let options: HashMap<_, _> = pairs.collect();
    let number = |name| {
        options
            .get(name)
            .and_then(|value| value.parse::<usize>().ok())
            .unwrap_or(1)
    };
    let (users, rooms) = (number("--users"), number("--rooms"));
    let people = (0..users).map(|user| format!("user{user}\ttoken{user}\troom{}\n", user % rooms));
    let path = options.get("--tokens").unwrap_or(&"tokens.tsv");
    fs::write(path, people.collect::<String>())
}
