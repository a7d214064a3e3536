//! What a connection too far behind loads over HTTP: the messages it missed.

use std::{ops::RangeInclusive, time::Duration};

use serde::Deserialize;
use tokio::runtime::Builder;

use crate::{client::Client, error::Error, frame::Message, run::Run};

const SIZE: u32 = 100;
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    has_after: bool,
}

/// Catches up all that are behind. Nothing else happens meanwhile: this is for the end of a run.
pub(crate) fn catch_up(clients: &mut [Client], run: &mut Run) -> Result<(), Error> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("runtime"))?;
    for client in clients.iter_mut() {
        while let Some((place, missed)) = client.behind.pop() {
            let room = run.rooms[client.outcome.subscriptions[place].room].id.clone();
            let pages = pages(&run.server.url, &client.person.token, &room, &missed);
            for page in runtime.block_on(pages)? {
                let page = read(&page)?.messages;
                // What is newer than the snapshot comes live, too.
                let page = page.iter().filter(|message| missed.contains(&message.seq));
                page.for_each(|message| client.catch_up_with(place, message, run, None));
            }
        }
    }
    Ok(())
}

/// The texts of the pages that hold these messages.
async fn pages(
    url: &str,
    token: &str,
    room: &str,
    missed: &RangeInclusive<u64>,
) -> Result<Vec<String>, Error> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let (mut pages, mut after) = (Vec::new(), missed.start() - 1);
    while after < *missed.end() {
        let page = format!("{url}/api/messages?room={room}&after={after}&limit={SIZE}");
        let text = client
            .get(page)
            .bearer_auth(token)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?;
        let page = read(&text)?;
        let newest = page.messages.last().map_or(after, |message| message.seq);
        let is_last = !page.has_after || newest <= after;
        after = newest;
        pages.push(text);
        if is_last {
            break;
        }
    }
    Ok(pages)
}

fn read(text: &str) -> Result<Page<'_>, Error> {
    serde_json::from_str(text).map_err(|error| Error::Malformed(format!("a page of messages: {error}")))
}
