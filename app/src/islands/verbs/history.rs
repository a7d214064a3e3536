//! What a message said before it was edited.

use chat::Timestamp;
use web_sys::Element;

use super::{
    dialog, thread,
    tools::{Target, say},
};
use crate::live::{
    browser::{element, get, spawn, within},
    json::Value,
};

const HTML: &str =
    "<h2>Earlier versions</h2><ol tabindex=\"0\" aria-label=\"Earlier versions, the newest first\"></ol>";

/// A version as it was written, and when.
type Version = (String, Timestamp);

/// Opens the list of a message's earlier versions.
pub(super) fn open(target: Target) {
    spawn(async move {
        match get(&target.path("/history"), read).await {
            Some(versions) => drop(show(&target, versions)),
            None => say("The earlier versions could not be loaded. Try again.", true),
        }
    });
}

fn read(answer: &Value<'_>) -> Option<Vec<Version>> {
    let version =
        |version: &Value<'_>| Some((version.get("body").string()?, version.get("written_at").read()?));
    answer.get("versions").list(version)
}

/// The newest first, as they come.
fn show(target: &Target, versions: Vec<Version>) -> Option<Element> {
    let pen = thread::pen()?;
    let dialog = dialog::open("history", "Earlier versions", HTML, Some(target))?;
    let list = within::<Element>(&dialog, "ol")?;
    for (body, at) in versions {
        let item = element("li", "")?;
        for (tag, text) in [("small", pen.words.moment(at)), ("p", body)] {
            let part = element(tag, "")?;
            part.set_text_content(Some(&text));
            item.append_child(&part).ok()?;
        }
        list.append_child(&item).ok()?;
    }
    Some(dialog)
}
