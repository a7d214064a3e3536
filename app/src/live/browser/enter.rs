//! Going to another room without loading the page again.
//!
//! Links stay links: what cannot be done here is left to the browser. A room is fetched as the page that the server
//! renders for it, so there is one source of markup; what differs between two rooms' pages is exchanged. The last
//! rooms are kept, as they were left, and come back at once.

use std::cell::{Cell, RefCell};

use chat::view::View;
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, DomParser, Element, Event, MouseEvent, Node, SupportedType};

use super::{act, document, fetch, go, is_visible, kept, on, one, page, set, window, with};

/// How many rooms are kept.
const ROOMS_KEPT: usize = 12;

/// Elements of a room's page that are exchanged as they are, and in what they stand.
const PARTS: [(&str, &str); 5] = [
    (".bar > .title", ".bar"),
    (".bar > .topic", ".bar"),
    (".bar > .end > .members", ".bar > .end"),
    (".bar > .end > .pins-link", ".bar > .end"),
    ("#beginning-template", "#beginning-template"),
];
/// Attributes that tell one room's page from another's.
const ATTRIBUTES: [(&str, &str); 15] = [
    (".app", "data-room"),
    (".app", "data-slug"),
    (".app", "data-member"),
    (".app", "data-last-seq"),
    (".app", "data-last-rev"),
    (".app", "data-read-seq"),
    (".app", "data-read-turn"),
    (".list", "aria-label"),
    (".left [name=room]", "value"),
    (".left [name=page]", "value"),
    (".composer [name=room]", "value"),
    (".composer [name=page]", "value"),
    (".composer textarea", "placeholder"),
    (".app", "data-moderates"),
    (".app", "data-archived"),
];

/// A room that can be shown.
struct Scene {
    path: String,
    title: String,
    parts: [Option<Element>; PARTS.len()],
    attributes: [Option<String>; ATTRIBUTES.len()],
    /// What is held of it; whatever is newer comes by resuming.
    view: View,
}

thread_local! {
    static KEPT: RefCell<Vec<Scene>> = const { RefCell::new(Vec::new()) };
    /// The room on the page: its address and its title, which the page's title may add a count to.
    static HERE: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
    /// How often somebody set out for a room: only the last one arrives.
    static TURN: Cell<u32> = const { Cell::new(0) };
}

/// Takes note of the room that the page came with.
pub(super) fn start() {
    let (room, _) = split(&window().location().pathname().unwrap_or_default());
    HERE.set((room, document().title()));
}

/// Listens for ways to other rooms.
pub(super) fn watch() {
    on(&document(), "click", |event: MouseEvent| {
        if let Some(path) = leads_to(&event) {
            event.prevent_default();
            visit(path, true);
        }
    });
    on(&window(), "popstate", |_: Event| {
        let path = window().location().pathname().unwrap_or_default();
        let (room, _) = split(&path);
        let is_panel = is_beside(&path) || one::<Element>(".thread").is_some();
        // A thread opens and closes beside the room, which stays where it is.
        if !(is_panel && HERE.with_borrow(|(here, _)| *here == room)) {
            visit(path, false);
        }
    });
}

/// Whether an address is one of a thread or of pinned messages, which are shown beside their room.
#[must_use]
pub fn is_beside(path: &str) -> bool {
    path.contains("/threads/") || path.ends_with("/pins")
}

/// What is kept of a room is not what it is like any more.
pub fn forget(path: &str) {
    KEPT.with_borrow_mut(|kept| kept.retain(|scene| scene.path != path));
}

/// The address of the room on the page.
#[must_use]
pub fn here() -> String {
    HERE.with_borrow(|(here, _)| here.clone())
}

/// The page's title, without counts.
#[must_use]
pub fn title() -> String {
    HERE.with_borrow(|(_, title)| title.clone())
}

/// The room that a plain click on a link leads to.
fn leads_to(event: &MouseEvent) -> Option<String> {
    let held = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if event.default_prevented() || event.button() != 0 || held {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("a[href]").ok()??;
    let path = link.get_attribute("href")?;
    let is_plain = !link.has_attribute("download") && !path.contains(['?', '#']);
    // The composer has to be there: a guest's page, or none of a room, has other insides.
    let fits = is_plain && is_room(&path);
    (fits && one::<Element>(".composer").is_some()).then_some(path)
}

/// Whether an address is one of a room or of a message in it, and not of what is told about them.
fn is_room(path: &str) -> bool {
    match path.strip_prefix("/rooms/") {
        Some(rest) => rest
            .split_once('/')
            .is_none_or(|(_, seq)| seq.parse::<u64>().is_ok()),
        None => path.starts_with("/direct/"),
    }
}

/// The address of the room, and the number of the message, that an address leads to.
fn split(path: &str) -> (String, Option<u64>) {
    match path.strip_prefix("/rooms/").and_then(|rest| rest.split_once('/')) {
        Some((slug, seq)) => (["/rooms/", slug].concat(), seq.parse().ok()),
        None => (path.to_owned(), None),
    }
}

fn visit(path: String, is_new: bool) {
    let turn = TURN.get() + 1;
    TURN.set(turn);
    close_side();
    let (room, seq) = split(&path);
    if HERE.with_borrow(|(here, _)| *here == room) {
        note(&path, is_new);
        return act(|client, _| client.show(seq));
    }
    let kept = KEPT.with_borrow_mut(|kept| {
        let place = kept.iter().position(|scene| scene.path == room)?;
        Some(kept.remove(place))
    });
    if let Some(scene) = kept {
        // What is there is shown at once; a transition would only be waited for.
        return exchange(scene, &path, seq, is_new);
    }
    kept::keep_page(&room);
    spawn_local(async move {
        let text = fetch::document(&path).await;
        if TURN.get() != turn {
            return;
        }
        match text.and_then(|text| read(room, &text)) {
            Some(scene) => enter(scene, path, seq, is_new),
            None => go(&path),
        }
    });
}

/// A room's page as the server renders it.
fn read(path: String, text: &str) -> Option<Scene> {
    let page = DomParser::new()
        .ok()?
        .parse_from_string(&without_styles(text), SupportedType::TextHtml)
        .ok()?;
    page.query_selector(".composer [name=room]").ok()??;
    let (view, ..) = page::view(&page)?;
    // Somebody else signed in meanwhile: the browser loads all of it anew.
    with(|client| client.me() == view.me())?.then_some(())?;
    Some(Scene {
        path,
        title: page.title(),
        parts: PARTS.map(|(part, _)| page.query_selector(part).ok()?),
        attributes: ATTRIBUTES.map(|(holder, name)| page.query_selector(holder).ok()??.get_attribute(name)),
        view,
    })
}

/// A part of a page of this site, as the server renders it.
pub async fn part(path: &str, selector: &str) -> Option<Element> {
    let text = fetch::document(path).await?;
    let page = DomParser::new()
        .ok()?
        .parse_from_string(&without_styles(&text), SupportedType::TextHtml)
        .ok()?;
    page.query_selector(selector).ok()?
}

/// A page's text without its styles, which are those that are here already, under a nonce of their own.
fn without_styles(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, style)) = cut(rest, "<style") {
        plain.push_str(before);
        rest = cut(style, "</style>").map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

/// What stands before and after `what`. The standard library's search would be the only use of much code.
fn cut<'a>(text: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    let place = text
        .as_bytes()
        .windows(what.len())
        .position(|part| part == what.as_bytes())?;
    Some((text.get(..place)?, text.get(place + what.len()..)?))
}

/// Shows a room that had to be waited for, where the browser can with a transition.
fn enter(scene: Scene, path: String, seq: Option<u64>, is_new: bool) {
    let mut waiting = Some((scene, path, seq, is_new));
    let show: Box<dyn FnMut()> = Box::new(move || {
        if let Some((scene, path, seq, is_new)) = waiting.take() {
            exchange(scene, &path, seq, is_new);
        }
    });
    let show = Closure::wrap(show).into_js_value();
    let calm = window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten();
    let is_calm = calm.is_some_and(|query| query.matches());
    let start = Reflect::get(&document(), &"startViewTransition".into()).unwrap_or_default();
    match start.dyn_into::<Function>() {
        Ok(start) if is_visible() && !is_calm => {
            let transition = start.call1(&document(), &show).unwrap_or_default();
            // Whoever hurries on to yet another room skips it, which is no fault.
            let ready = Reflect::get(&transition, &"ready".into()).unwrap_or_default();
            if let Ok(ready) = ready.dyn_into::<js_sys::Promise>() {
                spawn_local(async move { drop(JsFuture::from(ready).await) });
            }
        }
        _ => drop(show.unchecked_into::<Function>().call0(&JsValue::UNDEFINED)),
    }
}

fn exchange(scene: Scene, path: &str, seq: Option<u64>, is_new: bool) {
    note(path, is_new);
    let Scene {
        path: room,
        title,
        parts,
        attributes,
        view,
    } = scene;
    let page = document();
    let left_parts = exchange_parts(&page, &parts);
    let left_attributes = exchange_attributes(&page, &attributes);
    let is_member = attributes[2].as_deref() == Some("true");
    document().set_title(&title);
    let (left_path, left_title) = HERE.replace((room, title));
    kept::keep_room();
    let mut left = None;
    act(|client, now| left = Some(client.enter(view, is_member, now)));
    if seq.is_some() {
        act(|client, _| client.show(seq));
    }
    let Some(view) = left else { return };
    KEPT.with_borrow_mut(|kept| {
        kept.push(Scene {
            path: left_path,
            title: left_title,
            parts: left_parts,
            attributes: left_attributes,
            view,
        });
        if kept.len() > ROOMS_KEPT {
            kept.remove(0);
        }
    });
}

/// Puts a room's elements into the page, and gives back those that were there.
fn exchange_parts(page: &Document, parts: &[Option<Element>; PARTS.len()]) -> [Option<Element>; PARTS.len()] {
    let mut left = PARTS.map(|(part, _)| page.query_selector(part).ok()?);
    for (((_, holder), new), old) in PARTS.iter().zip(parts).zip(&mut left) {
        // An element of another document moves into this one.
        let new = new.as_ref().map(AsRef::<Node>::as_ref);
        drop(match (old.as_ref(), new) {
            (Some(old), Some(new)) => old.parent_node().map(|parent| parent.replace_child(new, old)),
            (Some(old), None) => {
                old.remove();
                None
            }
            (None, Some(new)) => one::<Element>(holder).map(|holder| holder.append_child(new)),
            (None, None) => None,
        });
    }
    left
}

fn exchange_attributes(
    page: &Document,
    attributes: &[Option<String>; ATTRIBUTES.len()],
) -> [Option<String>; ATTRIBUTES.len()] {
    let holders = ATTRIBUTES.map(|(holder, _)| page.query_selector(holder).ok()?);
    let mut left = [const { None }; ATTRIBUTES.len()];
    for (place, (_, name)) in ATTRIBUTES.iter().enumerate() {
        if let (Some(holder), Some(value)) = (&holders[place], &attributes[place]) {
            left[place] = holder.get_attribute(name);
            set(holder, name, value);
        }
    }
    left
}

/// Puts the address into the browser's history.
pub fn note(path: &str, is_new: bool) {
    if is_new && let Ok(history) = window().history() {
        let is_same = window().location().pathname().is_ok_and(|here| here == path);
        drop(if is_same {
            history.replace_state_with_url(&JsValue::NULL, "", Some(path))
        } else {
            history.push_state_with_url(&JsValue::NULL, "", Some(path))
        });
    }
}

/// On a narrow page the list of rooms lies above the room.
fn close_side() {
    if let Some(side) = one::<Element>(".side:popover-open")
        && let Ok(Ok(hide)) = Reflect::get(&side, &"hidePopover".into()).map(JsCast::dyn_into::<Function>)
    {
        drop(hide.call0(&side));
    }
}
