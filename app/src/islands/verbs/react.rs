//! Reactions: shown before the server has them, and taken back where it refuses.

use chat::{Message, Reaction, UserId, view::View};

use super::{
    thread,
    tools::{Target, say},
};
use crate::live::browser::{all, send, spawn, with, within};

/// Gives a reaction or takes it back.
pub(super) fn toggle(target: Target, emoji: String) {
    let chip = [
        ".under > .chip[data-emoji=\"",
        &emoji,
        "\"][aria-pressed=\"true\"]",
    ]
    .concat();
    let is_given = target
        .row()
        .is_some_and(|row| within::<web_sys::Element>(&row, &chip).is_some());
    draw(&target, |message, me| change(message, me, &emoji, !is_given));
    spawn(async move {
        let name = String::from(js_sys::encode_uri_component(&emoji));
        let method = if is_given { "DELETE" } else { "PUT" };
        let path = target.path(&["/reactions/", &name].concat());
        if let Err(why) = send(method, &path, None).await {
            draw(&target, |_, _| ());
            say(&["Not changed: ", &why].concat(), true);
        }
    });
}

/// Draws the message as it would be after a change, wherever it is on the page.
fn draw(target: &Target, change: impl FnOnce(&mut Message, UserId)) {
    let held = |view: &View| view.message(target.seq).cloned();
    let Some((Some(mut message), me)) = with(|client| (held(client.view()), client.me())) else {
        return;
    };
    change(&mut message, me);
    let Some(pen) = thread::pen() else { return };
    for row in all(&[".message[data-id=\"", &target.id, "\"]"].concat()) {
        pen.draw_marks(&row, &message, me);
    }
}

fn change(message: &mut Message, me: UserId, emoji: &str, give: bool) {
    let place = message.reactions.iter().position(|known| known.emoji == emoji);
    match (place, give) {
        (Some(place), true) => {
            message.reactions[place].count += 1;
            message.reactions[place].users.push(me);
        }
        (Some(place), false) if message.reactions[place].count > 1 => {
            message.reactions[place].count -= 1;
            message.reactions[place].users.retain(|user| *user != me);
        }
        (Some(place), false) => drop(message.reactions.remove(place)),
        (None, true) => message.reactions.push(Reaction {
            emoji: emoji.to_owned(),
            count: 1,
            users: vec![me],
        }),
        (None, false) => {}
    }
}
