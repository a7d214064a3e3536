//! The quick palette: rooms, people and what can be done, by a few letters. The rooms are those of the list beside the
//! page, so it works without a network; people come from the server when there is one.

use std::cell::{Cell, RefCell};

use chat::{Author, near::Typed};
use js_sys::Promise;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::dialog;
use crate::{
    face::hue,
    islands::timeline::row::draw_face,
    live::{
        browser::{all, document, element, get, here, one, set, spawn, window, with, within},
        codec,
        connect::State,
    },
};

/// How many rooms are offered.
const ROOMS_MAX: usize = 8;
/// How many people are asked for.
const PEOPLE: &str = "5";
/// How long the keys have to rest before the server is asked, in milliseconds.
const REST: i32 = 120;

/// Where one can go from here besides rooms and people: the name, other words for it, and the address; one that
/// begins with a slash is the site's, any other the room's.
const PLACES: [(&str, &str, &str); 7] = [
    ("Search messages", "find", "/search"),
    ("Browse channels", "join new create", "/rooms"),
    ("Find people", "message someone", "/people"),
    ("Settings", "theme profile sign out account", "/settings"),
    ("Pinned messages", "pins", "pins"),
    ("Members of this room", "invite people", "members"),
    ("Jump to a date", "calendar day", "date"),
];

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    kind: &'static str,
    name: String,
    href: String,
    is_unread: bool,
    /// What stands before it: a person's picture, or what the list of rooms has there.
    lead: Option<Element>,
}

thread_local! {
    static CHOICES: RefCell<Vec<Choice>> = const { RefCell::new(Vec::new()) };
    static AT: Cell<usize> = const { Cell::new(0) };
    /// Counts what was typed: an answer to anything but the last of it comes too late.
    static TYPED: Cell<u32> = const { Cell::new(0) };
}

/// Opens it, or closes it where it is open.
pub(super) fn toggle() {
    const HTML: &str = "<input class=\"input\" type=\"text\" role=\"combobox\" aria-label=\"Go to\" aria-expanded=\"true\" \
        aria-controls=\"choices\" aria-autocomplete=\"list\" autocomplete=\"off\" spellcheck=\"false\" enterkeyhint=\"go\" \
        placeholder=\"Go to a room, a person, a page\" autofocus>\
        <ul id=\"choices\" role=\"listbox\" aria-label=\"Rooms, people and actions\"></ul>\
        <p class=\"count unseen\" role=\"status\"></p>";
    if one::<Element>("dialog.palette").is_some() {
        return dialog::close();
    }
    dialog::open("palette", "Go to", HTML, None);
    show("", &[]);
}

/// Something was typed.
pub(super) fn search(field: &Element) {
    let Some(field) = field.dyn_ref::<HtmlInputElement>() else {
        return;
    };
    let text = field.value();
    show(&text, &[]);
    let turn = TYPED.get().wrapping_add(1);
    TYPED.set(turn);
    let begin = text.trim().trim_start_matches(['@', '#']).to_owned();
    let is_online = with(|client| client.state() == State::Online) == Some(true);
    if begin.is_empty() || !is_online || text.starts_with('#') {
        return;
    }
    spawn(async move {
        rest().await;
        if TYPED.get() != turn {
            return;
        }
        let query = String::from(js_sys::encode_uri_component(&begin));
        let path = ["/api/users?limit=", PEOPLE, "&query=", &query].concat();
        let people = get(&path, codec::people).await.unwrap_or_default();
        if TYPED.get() == turn && one::<Element>("dialog.palette").is_some() {
            show(&text, &people);
        }
    });
}

/// An arrow key, or Enter.
pub(super) fn go(key: &str) {
    let (at, count) = (AT.get(), CHOICES.with_borrow(Vec::len));
    match key {
        "Enter" => choose(at),
        "ArrowDown" if count > 0 => mark((at + 1) % count),
        "ArrowUp" if count > 0 => mark((at + count - 1) % count),
        _ => {}
    }
}

/// A choice was clicked.
pub(super) fn click(option: &Element) {
    let at = option.get_attribute("data-at").and_then(|at| at.parse().ok());
    at.into_iter().for_each(choose);
}

fn choose(at: usize) {
    let chosen = CHOICES.with_borrow(|choices| choices.get(at).cloned());
    let Some(Choice { href, .. }) = chosen else { return };
    dialog::close();
    if href == "date" {
        return one::<HtmlElement>(".to-date input")
            .iter()
            .for_each(HtmlElement::click);
    }
    let path = if href.starts_with('/') {
        href
    } else {
        [&*here(), "/", &href].concat()
    };
    if path.ends_with("/pins") {
        return super::thread::open(Some(path));
    }
    let _ = follow(&path);
}

/// Follows a link to there, as a click would: rooms are entered without loading the page again.
pub(super) fn follow(path: &str) -> Option<()> {
    let link = element("a", "unseen")?;
    set(&link, "href", path);
    document().body()?.append_child(&link).ok()?;
    link.dyn_ref::<HtmlElement>()?.click();
    link.remove();
    one::<HtmlElement>(".composer:not(.reply) textarea")
        .iter()
        .for_each(super::focus);
    Some(())
}

fn show(text: &str, people: &[Author]) {
    let typed = text.trim();
    let (is_room, is_person) = (typed.starts_with('#'), typed.starts_with('@'));
    let words = typed.trim_start_matches(['@', '#']);
    let sought = Typed::new(words);
    let mut choices = rooms(&sought, is_room, is_person);
    for person in people {
        let username = String::from(js_sys::encode_uri_component(&person.username));
        let href = ["/direct/", &username].concat();
        let lead = face(person);
        match choices.iter_mut().find(|choice| choice.href == href) {
            Some(known) => known.lead = lead,
            None => choices.push(Choice {
                kind: "Person",
                name: [&person.display_name, " @", &*person.username].concat(),
                href,
                is_unread: false,
                lead,
            }),
        }
    }
    if !is_room && !is_person {
        choices.extend(places(&sought, words));
    }
    draw(choices);
}

/// A person's picture.
fn face(person: &Author) -> Option<Element> {
    let avatar = element("span", &["avatar s ", hue(person.id)].concat())?;
    draw_face(&avatar, person);
    Some(avatar)
}

/// The rooms of the list, those that fit best first, and of those the unread.
fn rooms(sought: &Typed, is_room: bool, is_person: bool) -> Vec<Choice> {
    let mut rooms: Vec<(usize, Choice)> = Vec::new();
    for link in all(".rooms > .room") {
        let is_direct = link.class_list().contains("direct");
        let name = within::<Element>(&link, ".name").and_then(|name| name.text_content());
        let (Some(name), Some(href)) = (name, link.get_attribute("href")) else {
            continue;
        };
        if (is_room && is_direct) || (is_person && !is_direct) {
            continue;
        }
        let username = href.rsplit('/').next().unwrap_or_default();
        let typos = sought.typos(&name).or_else(|| sought.typos(username));
        rooms.extend(typos.map(|typos| {
            let is_unread = link.class_list().contains("unread");
            let kind = if is_direct { "Conversation" } else { "Channel" };
            let lead = link
                .first_element_child()
                .and_then(|lead| lead.clone_node_with_deep(true).ok()?.dyn_into().ok());
            (
                typos * 2 + usize::from(!is_unread),
                Choice {
                    kind,
                    name,
                    href,
                    is_unread,
                    lead,
                },
            )
        }));
    }
    rooms.sort_by_key(|(rank, _)| *rank);
    rooms.into_iter().take(ROOMS_MAX).map(|(_, room)| room).collect()
}

fn places(sought: &Typed, words: &str) -> Vec<Choice> {
    let choice = |name: &str, href: &str| Choice {
        kind: "Action",
        name: name.to_owned(),
        href: href.to_owned(),
        is_unread: false,
        lead: None,
    };
    let mut places: Vec<Choice> = Vec::new();
    for (name, others, href) in PLACES {
        // A conversation between two has no list of members.
        let is_here = href != "members" || one::<Element>(".bar .members").is_some();
        if is_here && (sought.typos(name).is_some() || sought.typos(others).is_some()) {
            places.push(choice(name, href));
        }
    }
    if !words.is_empty() {
        let query = String::from(js_sys::encode_uri_component(words));
        let name = ["Search messages for “", words, "”"].concat();
        places.push(choice(&name, &["/search?q=", &query].concat()));
    }
    places
}

fn draw(choices: Vec<Choice>) {
    let Some(list) = one::<Element>("dialog.palette ul") else {
        return;
    };
    list.set_inner_html("");
    for (at, choice) in choices.iter().enumerate() {
        option(at, choice)
            .iter()
            .for_each(|option| drop(list.append_child(option)));
    }
    if let Some(count) = one::<Element>("dialog.palette .count") {
        let words = match choices.len() {
            0 => "Nothing fits".to_owned(),
            1 => "1 choice".to_owned(),
            many => [&many.to_string(), " choices"].concat(),
        };
        count.set_text_content(Some(&words));
    }
    CHOICES.set(choices);
    mark(0);
}

fn option(at: usize, choice: &Choice) -> Option<Element> {
    let option = element(
        "li",
        if choice.is_unread {
            "suggestion unread"
        } else {
            "suggestion"
        },
    )?;
    for (name, value) in [("id", &*id(at)), ("data-at", &at.to_string()), ("role", "option")] {
        set(&option, name, value);
    }
    let name = element("b", "")?;
    name.set_text_content(Some(&choice.name));
    let kind = element("small", "")?;
    kind.set_text_content(Some(choice.kind));
    let lead = element("span", "lead")?;
    set(&lead, "aria-hidden", "true");
    if let Some(shown) = &choice.lead {
        lead.append_child(shown).ok()?;
    }
    for part in [lead, name, kind] {
        option.append_child(&part).ok()?;
    }
    Some(option)
}

/// Makes a choice the one that Enter takes.
fn mark(at: usize) {
    AT.set(at);
    for (place, option) in all("dialog.palette [role=option]").iter().enumerate() {
        set(
            option,
            "aria-selected",
            if place == at { "true" } else { "false" },
        );
        if place == at {
            option.scroll_into_view_with_bool(false);
        }
    }
    if let Some(field) = one::<Element>("dialog.palette input") {
        if CHOICES.with_borrow(Vec::is_empty) {
            drop(field.remove_attribute("aria-activedescendant"));
        } else {
            set(&field, "aria-activedescendant", &id(at));
        }
    }
}

fn id(at: usize) -> String {
    ["choice-", &at.to_string()].concat()
}

async fn rest() {
    let rested = Promise::new(&mut |resolve, _| {
        drop(window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, REST));
    });
    drop(JsFuture::from(rested).await);
}
