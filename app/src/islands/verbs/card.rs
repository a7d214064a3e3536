//! Who somebody is: a card above the page, asked for by the name or the picture beside a message.

use chat::{Author, Timestamp};
use web_sys::{Element, HtmlElement};

use super::{dialog, palette, thread, tools::say};
use crate::{
    face::hue,
    islands::timeline::row::draw_face,
    live::{
        browser::{get, set, spawn, within},
        codec,
        json::Value,
    },
};

const HTML: &str = "<div class=\"head\"><span class=\"avatar l\" aria-hidden=\"true\"></span>\
    <div><h2></h2><p class=\"quiet\"></p></div></div>\
    <p class=\"what\" hidden></p>\
    <p class=\"presence\"><span class=\"dot\"></span></p>\
    <p class=\"status\"><span class=\"says\" data-whole></span><small class=\"quiet\"></small></p>\
    <p class=\"buttons\"><a class=\"button profile\">Profile</a><a class=\"button accent message-to\">Message</a></p>";

/// What a card shows.
struct Card {
    who: Author,
    role: String,
    deactivated: bool,
    /// Whether the person is there, by its name.
    presence: Option<String>,
    pronouns: String,
    title: String,
    /// What the person says: an emoji, some words, and until when.
    status: Option<(String, String, Option<Timestamp>)>,
}

/// Opens the card of whoever wrote the message of this row.
pub(super) fn open(row: &Element) {
    let Some(user) = row.get_attribute("data-author") else {
        return;
    };
    spawn(async move {
        match get(&["/api/users/", &user].concat(), read).await {
            Some(card) => drop(show(&card)),
            None => say("The profile could not be loaded. Try again.", true),
        }
    });
}

/// A link of the card was clicked: it is followed as one of the page, and the card goes.
pub(super) fn follow(link: &Element) {
    let path = link.get_attribute("href");
    dialog::close();
    path.iter().for_each(|path| {
        let _ = palette::follow(path);
    });
}

fn read(answer: &Value<'_>) -> Option<Card> {
    let user = answer.get("user");
    let text = |name: &str| user.get(name).string();
    let custom = user.get("custom");
    Some(Card {
        who: codec::author(user)?,
        role: text("role")?,
        deactivated: user.get("deactivated").flag()?,
        presence: text("status"),
        pronouns: text("pronouns")?,
        title: text("title")?,
        status: custom.get("text").string().map(|words| {
            (
                custom.get("emoji").string().unwrap_or_default(),
                words,
                custom.get("until").read(),
            )
        }),
    })
}

fn show(card: &Card) -> Option<()> {
    let dialog = dialog::open("profile-card", &card.who.display_name, HTML, None)?;
    let part = |selector: &str| within::<HtmlElement>(&dialog, selector);
    let write = |selector: &str, words: &str| {
        if let Some(part) = part(selector) {
            part.set_text_content(Some(words));
            part.set_hidden(words.is_empty());
        }
    };
    let avatar = part(".avatar")?;
    avatar.set_class_name(&["avatar l ", hue(card.who.id)].concat());
    draw_face(&avatar, &card.who);
    // Of the large sort there are sharper ones.
    if let (Some(picture), Some(url)) = (within::<Element>(&avatar, "img"), &card.who.avatar_url) {
        set(&picture, "src", &[url, "?size=288"].concat());
    }
    write("h2", &card.who.display_name);
    let about: Vec<_> = [&["@", &*card.who.username].concat(), &*card.pronouns, rank(card)]
        .into_iter()
        .filter(|words| !words.is_empty())
        .map(str::to_owned)
        .collect();
    write(".quiet", &about.join(" · "));
    write(".what", &card.title);
    let id = card.who.id.to_string();
    for (selector, name, value) in [
        (".dot", "data-user", &*id),
        (
            ".dot",
            "data-status",
            card.presence.as_deref().unwrap_or("unknown"),
        ),
        (".says", "data-user", &id),
        (".profile", "href", &["/people/", &*card.who.username].concat()),
        (".message-to", "href", &["/direct/", &*card.who.username].concat()),
    ] {
        let part = part(selector)?;
        set(&part, name, value);
    }
    let (emoji, words, until) = card.status.clone().unwrap_or_default();
    write(".says", [&*emoji, " ", &words].concat().trim());
    let until = until
        .zip(thread::pen())
        .map(|(until, pen)| pen.words.moment(until));
    write(
        ".status small",
        &until.map(|until| ["Until ", &until].concat()).unwrap_or_default(),
    );
    if card.deactivated {
        part(".message-to")?.set_hidden(true);
    }
    drop(part(".profile")?.focus());
    Some(())
}

/// A role that is worth a word: most people are members.
fn rank(card: &Card) -> &'static str {
    match &*card.role {
        _ if card.deactivated => "Deactivated",
        "owner" => "Owner",
        "admin" => "Admin",
        "moderator" => "Moderator",
        "guest" => "Guest",
        _ => "",
    }
}
