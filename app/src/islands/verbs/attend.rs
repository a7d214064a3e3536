//! What one does with a message for oneself: mark it as unread, save it.

use super::tools::{Target, say};
use crate::live::browser::{send, spawn, with};

/// This message and all after it are unread again, on every device. What stands before it was read, though the server,
/// which is told of reading now and then, may not know it yet; in the new turn of the marker it would not be told again.
pub(super) fn mark_unread(target: &Target) {
    let here = with(|client| (client.view().room(), client.view().marker()));
    let Some((room, marker)) = here else {
        return;
    };
    let room = ["/api/rooms/", &room.to_string()].concat();
    let seq = target.seq.to_string();
    spawn(async move {
        let (read, turn) = (marker.seq.to_string(), marker.turn.to_string());
        let read = ["{\"seq\":", &read, ",\"turn\":", &turn, "}"].concat();
        let unread = ["{\"seq\":", &seq, "}"].concat();
        let marked = match send("POST", &[&room, "/read"].concat(), Some(&read)).await {
            Ok(_) => send("POST", &[&room, "/unread"].concat(), Some(&unread)).await,
            refused => refused,
        };
        match marked {
            Ok(_) => say("Unread from here on", false),
            Err(why) => say(&["Not marked: ", &why].concat(), true),
        }
    });
}

/// Keeps the message in one's own list, where it is taken off again.
pub(super) fn save(target: Target) {
    spawn(async move {
        match send("PUT", &target.path("/saved"), None).await {
            Ok(_) => say("Saved for you", false),
            Err(why) => say(&["Not saved: ", &why].concat(), true),
        }
    });
}
