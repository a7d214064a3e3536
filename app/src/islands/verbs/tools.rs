//! The buttons of a message: a bar on the row that is pointed at, a sheet under a finger.

use chat::{UserId, wire::ServerFrame};
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement};

use super::{
    attend, card, closest, dialog, edit, emoji, focus, history, is_in, names, palette, quote, react, thread,
};
use crate::live::browser::{all, document, element, one, send, set, spawn, window, with, within};

/// What is offered without a search.
const QUICK: [&str; 3] = ["👍", "❤️", "😂"];

/// A message that something is to be done to. Not its element: that may be another message's by then.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) seq: u64,
    /// It was chosen in the panel of a thread.
    pub(super) in_thread: bool,
}

impl Target {
    /// The message that an element belongs to, or that a dialog is about.
    pub(super) fn of(from: &Element) -> Option<Self> {
        let holder = closest(from, "[data-id][data-seq]")?;
        Some(Self {
            id: holder.get_attribute("data-id")?,
            seq: holder.get_attribute("data-seq")?.parse().ok()?,
            in_thread: is_in(&holder, ".thread, [data-in-thread]"),
        })
    }

    /// Its row, where it is on the page.
    pub(super) fn row(&self) -> Option<HtmlElement> {
        let place = if self.in_thread { ".answers" } else { ".inner" };
        one(&[place, " .message[data-id=\"", &self.id, "\"]"].concat())
    }

    pub(super) fn path(&self, rest: &str) -> String {
        ["/api/messages/", &self.id, rest].concat()
    }
}

/// The pointer or the focus is on this message, or on none.
pub(super) fn over(message: Option<&Element>) {
    let focused = document().active_element();
    for tools in all(".message > .tools") {
        let is_used = focused
            .as_ref()
            .is_some_and(|focused| tools.contains(Some(focused)));
        if message.is_none() && is_used {
            return;
        }
        tools.remove();
    }
    let Some(message) = message.filter(|message| is_open(message)) else {
        return;
    };
    if let (Some(tools), Some(target)) = (element("div", "tools"), Target::of(message)) {
        set(&tools, "role", "toolbar");
        set(&tools, "aria-label", "Actions for this message");
        tools.set_inner_html(&buttons(message, &target, true));
        drop(message.append_child(&tools));
        if within::<Element>(message, ".chip").is_some() {
            names::tell(target);
        }
    }
}

/// A finger rests on this message, or more is asked for than the bar has.
pub(super) fn hold(message: &Element) {
    let Some(target) = Target::of(message).filter(|_| is_open(message)) else {
        return;
    };
    let html = [
        "<div class=\"tools\">",
        &buttons(message, &target, false),
        "</div>",
    ]
    .concat();
    dialog::open("bottom", "Actions for this message", &html, Some(&target));
}

/// Out of the bar, to the message it belongs to.
pub(super) fn leave(from: &Element) {
    let when = closest(from, ".message").and_then(|message| within::<HtmlElement>(&message, ".when"));
    over(None);
    match when {
        Some(when) => focus(&when),
        None => one::<HtmlElement>(".composer textarea").iter().for_each(focus),
    }
}

/// Whether something can be done to it here.
fn is_open(message: &Element) -> bool {
    let is_gone = within::<Element>(message, ".body > .gone").is_some();
    let is_busy = message.class_list().contains("editing") || message.has_attribute("data-pending");
    let is_archived = one::<Element>(".app[data-archived=\"true\"]").is_some();
    !is_gone && !is_busy && !is_archived && with(|client| client.is_member()) == Some(true)
}

fn is_own(message: &Element) -> bool {
    let author: Option<UserId> = message
        .get_attribute("data-author")
        .and_then(|author| author.parse().ok());
    author.is_some() && author == with(|client| client.me())
}

/// All that can be done, or for the bar what is done most, and the way to the rest.
fn buttons(message: &Element, target: &Target, is_bar: bool) -> String {
    const FACE: &str =
        "<circle cx=\"12\" cy=\"12\" r=\"8.5\"/><path d=\"M8.5 14a4.5 4.5 0 0 0 7 0M9 9.5v.1M15 9.5v.1\"/>";
    const BACK: &str = "<path d=\"M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6v1\"/>";
    const MARKS: &str = "<path d=\"M10 7H5v6h5zM10 10c0 4-1.5 6-4 7M19 7h-5v6h5zM19 10c0 4-1.5 6-4 7\"/>";
    const PEN: &str = "<path d=\"M4 20h4L19 9a2.8 2.8 0 0 0-4-4L4 16z\"/>";
    const NEEDLE: &str = "<path d=\"M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5\"/>";
    const CHAIN: &str = "<path d=\"M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1\"/>";
    const SHEETS: &str =
        "<rect x=\"9\" y=\"9\" width=\"11\" height=\"11\" rx=\"2\"/><path d=\"M5 15H4V4h11v1\"/>";
    const RIBBON: &str = "<path d=\"M7 4h10v16l-5-4-5 4z\"/>";
    const DOT: &str = "<circle cx=\"12\" cy=\"12\" r=\"8.5\"/><circle cx=\"12\" cy=\"12\" r=\"2.5\"/>";
    const BUST: &str = "<circle cx=\"12\" cy=\"8.5\" r=\"4\"/><path d=\"M4.5 20a7.5 7.5 0 0 1 15 0\"/>";
    const CLOCK: &str = "<circle cx=\"12\" cy=\"12\" r=\"8.5\"/><path d=\"M12 7.5V12l3 2\"/>";
    const FLAG: &str = "<path d=\"M6 21V4h11l-2.5 4L17 12H6\"/>";
    const DOTS: &str = "<path d=\"M6 12h.1M12 12h.1M18 12h.1\"/>";
    const BIN: &str = "<path d=\"M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13\"/>";
    let (is_own, is_pinned) = (is_own(message), within::<Element>(message, ".pinned").is_some());
    let is_edited = within::<Element>(message, ".edited").is_some();
    let moderates = one::<Element>(".app[data-moderates=\"true\"]").is_some();
    let mut html = String::from("<span class=\"quick\">");
    for emoji in QUICK {
        let name = ["React with ", emoji].concat();
        button(
            &mut html,
            "react",
            &name,
            &["<span class=\"emoji\">", emoji, "</span>"].concat(),
            emoji,
        );
    }
    html.push_str("</span>");
    let pin = if is_pinned { "Unpin" } else { "Pin" };
    let offered = [
        (true, "pick", "Add a reaction", FACE),
        (!target.in_thread, "reply", "Reply in a thread", BACK),
        (true, "quote", "Quote", MARKS),
        (is_own, "edit", "Edit", PEN),
        (is_bar, "more", "More actions", DOTS),
        (!is_bar, "pin", pin, NEEDLE),
        (!is_bar, "save", "Save", RIBBON),
        (!is_bar, "unread", "Mark unread from here", DOT),
        (!is_bar, "link", "Copy the link", CHAIN),
        (!is_bar, "text", "Copy the text", SHEETS),
        (!is_bar && is_edited, "history", "Earlier versions", CLOCK),
        (!is_bar, "who", "Show the profile", BUST),
        (!is_bar && !is_own, "report", "Report to moderators", FLAG),
        (!is_bar && (is_own || moderates), "delete", "Delete", BIN),
    ];
    for (_, verb, name, drawing) in offered.iter().filter(|offer| offer.0) {
        let icon = [
            "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">",
            drawing,
            "</svg>",
        ]
        .concat();
        button(&mut html, verb, name, &icon, "");
    }
    html
}

fn button(html: &mut String, verb: &str, name: &str, picture: &str, emoji: &str) {
    // One stop for the Tab key; arrows lead on from there.
    let tab = if html.contains("<button") { "-1" } else { "0" };
    let parts = [
        "<button type=\"button\" tabindex=\"",
        tab,
        "\" data-do=\"",
        verb,
        "\" data-with=\"",
        emoji,
        "\" title=\"",
        name,
        "\" aria-label=\"",
        name,
        "\">",
        picture,
        "<span class=\"name\">",
        name,
        "</span></button>",
    ];
    parts.iter().for_each(|part| html.push_str(part));
}

/// Something of ours was clicked.
pub(super) fn click(target: &Element) {
    if let Some(chip) = closest(target, ".chip") {
        let emoji = chip.get_attribute("data-emoji");
        return emoji
            .zip(Target::of(&chip))
            .into_iter()
            .for_each(|(emoji, it)| react::toggle(it, emoji));
    }
    if let Some(link) = closest(target, ".replies, .context, .pins-link") {
        return thread::open(link.get_attribute("href"));
    }
    if is_in(target, ".thread .close") {
        return thread::close();
    }
    if is_in(target, ".pick") {
        return emoji::offer(target);
    }
    if let Some(edited) = closest(target, ".edited") {
        return Target::of(&edited).into_iter().for_each(history::open);
    }
    if let Some(row) = closest(target, ".who, .message > .avatar").and_then(|name| closest(&name, ".message"))
    {
        return card::open(&row);
    }
    if let Some(link) = closest(target, ".profile-card a") {
        return card::follow(&link);
    }
    if is_in(target, ".to-palette") {
        return palette::toggle();
    }
    if let Some(option) = closest(target, ".palette [role=option]") {
        return palette::click(&option);
    }
    match closest(target, "button") {
        Some(button) => carry_out(&button),
        // Beside what the dialog shows.
        None if target.tag_name() == "DIALOG" => dialog::close(),
        None => {}
    }
}

fn carry_out(button: &Element) {
    let verb = button.get_attribute("data-do").unwrap_or_default();
    let given = button.get_attribute("data-with").unwrap_or_default();
    if verb == "group" {
        return emoji::show_group(&given);
    }
    let Some(target) = Target::of(button) else {
        if verb == "react" {
            emoji::insert(&given);
        }
        return;
    };
    if verb == "cancel" {
        return edit::cancel(button);
    }
    dialog::close();
    match verb.as_str() {
        "react" => react::toggle(target, given),
        "pick" => emoji::open(target),
        "more" => target.row().iter().for_each(|row| hold(row)),
        "reply" => thread::open(thread::address_of(&target)),
        "edit" => edit::begin(target),
        "pin" => pin(target),
        "save" => attend::save(target),
        "history" => history::open(target),
        "who" => target.row().iter().for_each(|row| card::open(row)),
        "unread" => attend::mark_unread(&target),
        "quote" => quote::begin(target),
        "link" => copy(address_of(&target).unwrap_or_default(), "Link copied"),
        "text" => {
            let text = target
                .row()
                .and_then(|row| within::<Element>(&row, ".body")?.text_content());
            copy(text.unwrap_or_default(), "Text copied");
        }
        "report" => drop(window().location().assign(&["/report/", &target.id].concat())),
        "delete" => ask_to_delete(&target),
        "really-delete" => delete(target),
        _ => {}
    }
}

/// A message's own address, for anywhere.
pub(super) fn address_of(target: &Target) -> Option<String> {
    let row = target.row()?;
    let path = within::<Element>(&row, ".when")?.get_attribute("href")?;
    Some([window().location().origin().ok()?, path].concat())
}

fn pin(target: Target) {
    let is_pinned = target
        .row()
        .is_some_and(|row| within::<Element>(&row, ".pinned").is_some());
    spawn(async move {
        let (method, done) = if is_pinned {
            ("DELETE", "Unpinned")
        } else {
            ("PUT", "Pinned for everyone in the room")
        };
        match send(method, &target.path("/pin"), None).await {
            Ok(_) => say(done, false),
            Err(why) => say(&["Not changed: ", &why].concat(), true),
        }
    });
}

/// A bar that is shown goes with its message, whoever deletes it.
pub(super) fn hear(frame: &ServerFrame) {
    let ServerFrame::Changed { message } = frame else {
        return;
    };
    let bar = [".message[data-id=\"", &message.id.to_string(), "\"] > .tools"].concat();
    if message.deleted {
        all(&bar).iter().for_each(Element::remove);
    }
}

fn ask_to_delete(target: &Target) {
    const HTML: &str = "<h2>Delete this message?</h2><blockquote></blockquote>\
        <p class=\"quiet\">Everyone in the room will see that there was one. This cannot be undone.</p>\
        <p class=\"buttons\"><button class=\"button\" type=\"button\" data-do=\"close\">Keep it</button>\
        <button class=\"button danger\" type=\"button\" data-do=\"really-delete\" autofocus>Delete</button></p>";
    let words = target
        .row()
        .and_then(|row| within::<Element>(&row, ".body")?.text_content());
    let dialog = dialog::open("ask", "Delete this message?", HTML, Some(target));
    if let Some(quote) = dialog.and_then(|dialog| within::<Element>(&dialog, "blockquote")) {
        quote.set_text_content(Some(&words.unwrap_or_default()));
    }
}

fn delete(target: Target) {
    spawn(async move {
        match send("DELETE", &target.path(""), None).await {
            Ok(_) => say("Message deleted", false),
            Err(why) => say(&["Not deleted: ", &why].concat(), true),
        }
    });
}

fn copy(text: String, done: &'static str) {
    spawn(async move {
        let write = || {
            let navigator = Reflect::get(&window(), &"navigator".into()).ok()?;
            let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
            let write: Function = Reflect::get(&clipboard, &"writeText".into())
                .ok()?
                .dyn_into()
                .ok()?;
            write
                .call1(&clipboard, &JsValue::from_str(&text))
                .ok()?
                .dyn_into()
                .ok()
        };
        // On plain HTTP there is no clipboard for pages.
        let written: Option<js_sys::Promise> = write();
        let is_copied = match written {
            Some(written) => JsFuture::from(written).await.is_ok(),
            None => false,
        };
        if is_copied {
            say(done, false);
        } else {
            say(&["The browser does not let us copy: ", &text].concat(), true);
        }
    });
}

/// Says something, for a while, to everyone.
pub(super) fn say(words: &str, bad: bool) {
    let place = one::<Element>(".said").or_else(|| {
        let place = element("div", "said")?;
        set(&place, "role", "status");
        one::<Element>(".stage")?.append_child(&place).ok()?;
        Some(place)
    });
    let (Some(place), Some(line)) = (place, element("p", if bad { "bad" } else { "" })) else {
        return;
    };
    line.set_text_content(Some(words));
    place.set_inner_html("");
    drop(place.append_child(&line));
}
