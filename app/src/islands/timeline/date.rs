//! Going to a day: the browser's own calendar, and a search for the first message of the day that is chosen.

use chat::Timestamp;
use js_sys::{Date, Function, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlInputElement};

use crate::live::{
    browser::{act, element, get, here, note, on, one, set, with},
    codec,
    find::Find,
};

/// Puts the control into the bar of the room.
pub(super) fn adopt() -> Option<()> {
    let end: Element = one(".bar > .end")?;
    let holder = element("label", "to-date icon-button")?;
    let input: HtmlInputElement = element("input", "")?.dyn_into().ok()?;
    for (name, value) in [
        ("type", "date"),
        ("aria-label", "Jump to a date"),
        ("title", "Jump to a date"),
    ] {
        set(&input, name, value);
    }
    holder.append_child(&input).ok()?;
    end.insert_before(&holder, end.first_element_child().as_ref().map(AsRef::as_ref))
        .ok()?;
    let field = input.clone();
    on(&input, "click", move |_: Event| {
        // A click anywhere on it opens the calendar, where the browser knows how.
        if let Ok(Ok(open)) = Reflect::get(&field, &"showPicker".into()).map(JsCast::dyn_into::<Function>) {
            drop(open.call0(&field));
        }
    });
    let field = input.clone();
    on(&input, "change", move |_: Event| {
        let chosen = field.value();
        if let Some(day) = day(&chosen) {
            spawn_local(async move {
                // A page that did not come leaves one where one is.
                if go(day).await.is_some() {
                    note(&[&*here(), "?date=", &chosen].concat(), true);
                }
            });
        }
    });
    Some(())
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
