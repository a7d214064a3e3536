//! Going to a day: a search for its first message.

use chat::Timestamp;
use js_sys::Date;

use crate::live::{
    browser::{act, get, here, note, spawn, with},
    codec,
    find::Find,
};

/// Shows the first message of a day such as `2026-11-23`.
pub(super) fn visit(text: String) {
    let Some(day) = day(&text) else { return };
    spawn(async move {
        // A page that did not come leaves one where one is.
        if go(day).await.is_some() {
            note(&[&*here(), "?date=", &text].concat(), true);
        }
    });
}

/// When the reader's day begins.
fn day(text: &str) -> Option<Timestamp> {
    let mut parts = text.split('-').map(|part| part.parse::<i32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let begin = Date::new_with_year_month_day(u32::try_from(year).ok()?, month - 1, day);
    Some(Timestamp(begin.get_time() as i64))
}

async fn go(day: Timestamp) -> Option<()> {
    let (room, last) = with(|client| (client.view().room().to_string(), client.view().last_seq()))?;
    let mut find = Find::new(day, written(&room, 1).await?, last, written(&room, last).await?);
    while let Some(seq) = find.step() {
        find.heard(seq, written(&room, seq).await?);
    }
    // Somebody who went elsewhere meanwhile is left alone.
    let is_here = with(|client| client.view().room().to_string() == room)?;
    is_here.then(|| act(|client, _| client.show(Some(find.found()))))
}

/// When a message was written.
async fn written(room: &str, seq: u64) -> Option<Timestamp> {
    let before = seq.saturating_sub(1).to_string();
    let path = ["/api/messages?room=", room, "&after=", &before, "&limit=1"].concat();
    let page = get(&path, codec::page).await?;
    Some(page.messages.first()?.created_at)
}
