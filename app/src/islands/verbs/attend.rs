//! What one does with a message for oneself: mark it as unread, save it.

use wasm_bindgen_futures::spawn_local;

use super::tools::{Target, say};
use crate::live::browser::{send, with};

/// This message and all after it are unread again, on every device.
pub(super) fn mark_unread(target: &Target) {
    let Some(room) = with(|client| client.view().room()) else {
        return;
    };
    let path = ["/api/rooms/", &room.to_string(), "/unread"].concat();
    let body = ["{\"seq\":", &target.seq.to_string(), "}"].concat();
    spawn_local(async move {
        match send("POST", &path, Some(&body)).await {
            Ok(_) => say("Unread from here on", false),
            Err(why) => say(&["Not marked: ", &why].concat(), true),
        }
    });
}

/// Keeps the message in one's own list, where it is taken off again.
pub(super) fn save(target: Target) {
    spawn_local(async move {
        match send("PUT", &target.path("/saved"), None).await {
            Ok(_) => say("Saved for you", false),
            Err(why) => say(&["Not saved: ", &why].concat(), true),
        }
    });
}
