//! Going to another room without loading the page again.
//!
//! Links stay links: what cannot be done here is left to the browser. A room is fetched as the page that the server
//! renders for it, so there is one source of markup; what differs between two rooms' pages is exchanged. The last
//! rooms are kept, as they were left, and come back at once.

use std::cell::{Cell, RefCell};

use chat::view::View;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, Node};

use crate::live::browser::{
    act, callback, document, go, here, is_visible, keep_page, keep_room, moved, note, one, page_of, set,
    spawn, split, text, view_of, window, with,
};

/// How many rooms are kept.
const ROOMS_KEPT: usize = 12;

/// Elements of a room's page that are exchanged as they are, and in what they stand.
const PARTS: [(&str, &str); 6] = [
    (".bar > .title", ".bar"),
    (".bar > .topic", ".bar"),
    (".bar > .end > .members", ".bar > .end"),
    (".bar > .end > .pins-link", ".bar > .end"),
    (".bar > .end > .bell", ".bar > .end"),
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
    /// How often somebody set out for a room: only the last one arrives.
    static TURN: Cell<u32> = const { Cell::new(0) };
}

/// What is kept of a room is not what it is like any more.
pub(super) fn forget(path: &str) {
    KEPT.with_borrow_mut(|kept| kept.retain(|scene| scene.path != path));
}

/// Shows the room, and the message in it, that an address leads to; `is_new`: in the browser's history too.
pub(super) fn visit(path: String, is_new: bool) {
    let turn = TURN.get() + 1;
    TURN.set(turn);
    close_side();
    let (room, seq) = split(&path);
    if here() == room {
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
    keep_page(&room);
    spawn(async move {
        let text = text(&path).await;
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
    let page = page_of(text)?;
    page.query_selector(".composer [name=room]").ok()??;
    let (view, ..) = view_of(&page)?;
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

/// Shows a room that had to be waited for, where the browser can with a transition.
fn enter(scene: Scene, path: String, seq: Option<u64>, is_new: bool) {
    let mut waiting = Some((scene, path, seq, is_new));
    let show = callback(Box::new(move || {
        if let Some((scene, path, seq, is_new)) = waiting.take() {
            exchange(scene, &path, seq, is_new);
        }
    }));
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
            if let Ok(ready) = ready.dyn_into::<Promise>() {
                spawn(async move { drop(JsFuture::from(ready).await) });
            }
        }
        _ => drop(show.call0(&JsValue::UNDEFINED)),
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
    let (left_path, left_title) = moved(room, title);
    keep_room();
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

/// On a narrow page the list of rooms lies above the room.
fn close_side() {
    if let Some(side) = one::<Element>(".side:popover-open")
        && let Ok(Ok(hide)) = Reflect::get(&side, &"hidePopover".into()).map(JsCast::dyn_into::<Function>)
    {
        drop(hide.call0(&side));
    }
}
