//! Quoting a message: what it says goes into the field where one writes, above what is there already.

use chat::quotation::quotation;
use web_sys::{Event, HtmlTextAreaElement};

use super::{
    edit, focus,
    tools::{Target, address_of, say},
};
use crate::live::browser::{one, spawn, within};

/// Puts a quotation of a message into the composer, or into the one of the thread that it was chosen in.
pub(super) fn begin(target: Target) {
    spawn(async move {
        let source = edit::source(&target).await;
        let quoted = source.and_then(|source| {
            let row = target.row()?;
            let author = within::<web_sys::Element>(&row, ".who")?.text_content()?;
            Some(quotation(&author, &address_of(&target)?, &source))
        });
        match quoted {
            Some(quoted) => {
                let _ = put(&target, &quoted);
            }
            None => say("The text could not be loaded. Try again.", true),
        }
    });
}

fn put(target: &Target, quoted: &str) -> Option<()> {
    let field = if target.in_thread {
        ".reply textarea"
    } else {
        ".composer:not(.reply) textarea"
    };
    let field: HtmlTextAreaElement = one(field)?;
    let written = field.value();
    let text = if written.trim().is_empty() {
        quoted.to_owned()
    } else {
        [written.trim_end(), "\n\n", quoted].concat()
    };
    field.set_value(&text);
    focus(&field);
    // Whoever listens to typing has to hear of it: the draft is kept, the field grows.
    let _ = field.dispatch_event(&Event::new("input").ok()?);
    Some(())
}
