//! What stands under a message's words: reactions, the way to its thread, what became of it. The server draws it into the
//! page and the browser into what comes later, so both ask here. The page reads it back when it comes alive.

use chat::{Message, MessageId, Reaction, UserId};

/// The address of a thread, below that of its room (`/rooms/slug/`).
#[must_use]
pub fn thread_address(room: &str, root: MessageId) -> String {
    [room, "threads/", &root.to_string()].concat()
}

/// The line under a message, as markup; empty where there is nothing to say. `room` is what the address of its room
/// begins with, `edited` the time of its last edit in words.
#[must_use]
pub fn under(message: &Message, me: UserId, room: &str, edited: &str) -> String {
    let mut html = String::new();
    if !message.deleted {
        message.reactions.iter().for_each(|it| chip(&mut html, it, me));
        if message.pinned {
            html.push_str("<span class=\"pinned\">Pinned</span>");
        }
        if let Some(at) = message.edited_at {
            let at = at.to_string();
            push(
                &mut html,
                &[
                    "<time class=\"edited\" datetime=\"",
                    &at,
                    "\">edited ",
                    edited,
                    "</time>",
                ],
            );
        }
    }
    if message.reply_count > 0 {
        let count = message.reply_count.to_string();
        let href = thread_address(room, message.id);
        let noun = if message.reply_count == 1 {
            " reply"
        } else {
            " replies"
        };
        let link = [
            "<a class=\"replies\" data-count=\"",
            &count,
            "\" href=\"",
            &href,
            "\">",
            &count,
            noun,
            "</a>",
        ];
        push(&mut html, &link);
    }
    html
}

/// Who reacted, as far as it can be said without names.
#[must_use]
pub fn who(count: u64, own: bool) -> String {
    let others = count.saturating_sub(u64::from(own));
    let number = others.to_string();
    match (own, others) {
        (true, 0) => "You".to_owned(),
        (true, 1) => "You and 1 other".to_owned(),
        (true, _) => ["You and ", &number, " others"].concat(),
        (false, 1) => "1 person".to_owned(),
        (false, _) => [&number, " people"].concat(),
    }
}

/// An emoji never holds what means something in markup (`chat::emoji`).
fn chip(html: &mut String, reaction: &Reaction, me: UserId) {
    let own = reaction.users.contains(&me);
    let (emoji, count) = (&*reaction.emoji, &*reaction.count.to_string());
    let who = &*who(reaction.count, own);
    let pressed = if own { "true" } else { "false" };
    push(
        html,
        &[
            "<button class=\"chip\" type=\"button\" data-emoji=\"",
            emoji,
            "\" data-count=\"",
            count,
            "\" aria-pressed=\"",
            pressed,
            "\" aria-label=\"",
            emoji,
            " ",
            who,
            "\" title=\"",
            who,
            "\">",
            emoji,
            " <b>",
            count,
            "</b></button>",
        ],
    );
}

fn push(html: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| html.push_str(part));
}

#[cfg(test)]
mod tests {
    use super::who;

    #[test]
    fn whoever_reacted_is_counted_in_words() {
        let said =
            [(1, true), (2, true), (3, true), (1, false), (2, false)].map(|(count, own)| who(count, own));
        assert_eq!(
            said,
            [
                "You",
                "You and 1 other",
                "You and 2 others",
                "1 person",
                "2 people"
            ]
        );
    }
}
