//! The picker: every emoji by group and by name. The list is a file of its own, fetched when it is first opened.

use std::cell::RefCell;

use js_sys::{Function, Reflect};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTextAreaElement};

use super::{
    closest, dialog, focus, is_in,
    tools::{Target, say},
};
use crate::live::browser::{all, document, one, spawn, text, within};

/// Where the list is: a line for each emoji with its names, under a line for each group.
const LIST: &str = "/emoji.txt";
/// How many stand in a line.
const ACROSS: i32 = 8;

thread_local! {
    static MARKUP: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Where one writes and asked for an emoji.
    static FIELD: RefCell<Option<HtmlTextAreaElement>> = const { RefCell::new(None) };
}

/// Opens the picker for a message.
pub(super) fn open(target: Target) {
    show("Add a reaction", Some(target));
}

/// Opens the picker for the field beside this button. The field has the focus first: there the browser puts it back.
pub(super) fn offer(button: &Element) {
    let field = closest(button, "form").and_then(|form| within::<HtmlTextAreaElement>(&form, "textarea"));
    if let Some(field) = field {
        focus(&field);
        FIELD.set(Some(field));
        show("Emoji", None);
    }
}

/// Puts an emoji where the caret is.
pub(super) fn insert(emoji: &str) {
    dialog::close();
    if let Some(field) = FIELD.take() {
        // Given back by a dialog, the focus is not enough for Chromium to write there.
        dialog::call(&field, "blur");
        focus(&field);
        // As if it were typed: it can be undone, and whoever listens to typing hears of it.
        let document = document();
        let command = Reflect::get(&document, &"execCommand".into()).map(JsCast::dyn_into::<Function>);
        if let Ok(Ok(command)) = command {
            drop(command.call3(&document, &"insertText".into(), &false.into(), &emoji.into()));
        }
    }
}

fn show(name: &'static str, about: Option<Target>) {
    spawn(async move {
        let known = MARKUP.with_borrow(Clone::clone);
        let markup = match known {
            Some(markup) => Some(markup),
            None => text(LIST).await.map(|list| draw(&list)),
        };
        let Some(markup) = markup else {
            return say("The emoji could not be loaded. Try again.", true);
        };
        dialog::open("picker", name, &markup, about.as_ref());
        MARKUP.set(Some(markup));
        one::<HtmlElement>(".picker input")
            .iter()
            .for_each(|field| drop(field.focus()));
    });
}

/// The list is ours and holds no markup.
fn draw(list: &str) -> String {
    let mut groups = String::new();
    let mut grid = String::new();
    for line in list.lines() {
        if let Some(group) = line.strip_prefix("# ") {
            let (first, name) = group.split_once(' ').unwrap_or((group, ""));
            let button = [
                "<button type=\"button\" data-do=\"group\" data-with=\"",
                name,
                "\" aria-label=\"",
                name,
                "\" title=\"",
                name,
                "\">",
                first,
                "</button>",
            ];
            groups.push_str(&button.concat());
            grid.push_str(&["<h3 data-group=\"", name, "\">", name, "</h3>"].concat());
        } else if let Some((emoji, name)) = line.split_once(' ') {
            let button = [
                "<button type=\"button\" data-do=\"react\" data-with=\"",
                emoji,
                "\" aria-label=\"",
                name,
                "\" title=\"",
                name,
                "\" tabindex=\"-1\">",
                emoji,
                "</button>",
            ];
            grid.push_str(&button.concat());
        }
    }
    [
        "<input class=\"input\" type=\"text\" role=\"searchbox\" enterkeyhint=\"done\" aria-label=\"Search emoji\" placeholder=\"Search\" autocomplete=\"off\">",
        "<div class=\"groups\" role=\"group\" aria-label=\"Groups\">", &groups,
        "</div><div class=\"grid\" role=\"group\" aria-label=\"Emoji\">", &grid,
        "</div><p class=\"none\" role=\"status\" hidden>No emoji of that name</p>",
    ]
    .concat()
}

/// Shows those whose names hold all that was typed.
pub(super) fn search(field: &Element) {
    let Some(field) = field.dyn_ref::<HtmlInputElement>() else {
        return;
    };
    let typed = field.value().to_lowercase();
    let words: Vec<_> = typed.split_whitespace().collect();
    let mut found = 0;
    for button in all(".picker .grid > *") {
        let name = button.get_attribute("title");
        let fits = match &name {
            Some(name) => words.iter().all(|word| name.contains(word)),
            None => words.is_empty(),
        };
        found += u32::from(fits && name.is_some());
        button
            .dyn_ref::<HtmlElement>()
            .iter()
            .for_each(|button| button.set_hidden(!fits));
    }
    one::<HtmlElement>(".picker .none")
        .iter()
        .for_each(|none| none.set_hidden(found > 0));
}

/// Goes to a group.
pub(super) fn show_group(name: &str) {
    let heading = one::<HtmlElement>(&[".picker h3[data-group=\"", name, "\"]"].concat());
    let grid = one::<HtmlElement>(".picker .grid");
    if let (Some(heading), Some(grid)) = (heading, grid) {
        grid.set_scroll_top(heading.offset_top() - grid.offset_top());
    }
}

/// An arrow key, or Enter in the search.
pub(super) fn go(from: &Element, key: &str) {
    let is_search = is_in(from, "input");
    if is_in(from, ".picker") && (is_search || is_in(from, ".grid")) {
        let shown = all(".picker .grid button:not([hidden])");
        let here = shown.iter().position(|button| button == from);
        let at = here.and_then(|here| i32::try_from(here).ok());
        let to = match (key, at) {
            ("ArrowUp", Some(at)) if at < ACROSS => {
                one::<HtmlElement>(".picker input")
                    .iter()
                    .for_each(|field| drop(field.focus()));
                return;
            }
            ("Enter" | "ArrowDown", None) => 0,
            ("ArrowUp", Some(at)) => at - ACROSS,
            ("ArrowDown", Some(at)) => at + ACROSS,
            ("ArrowLeft", Some(at)) => at - 1,
            ("ArrowRight", Some(at)) => at + 1,
            _ => return,
        };
        let button = usize::try_from(to).ok().and_then(|to| shown.get(to));
        let button = button.and_then(|button| button.dyn_ref::<HtmlElement>());
        return button.iter().for_each(|button| {
            if key == "Enter" {
                button.click();
            } else {
                drop(button.focus());
            }
        });
    }
    // In a bar of buttons all arrows are left and right.
    let Some(bar) = closest(from, ".tools, .groups") else {
        return;
    };
    let Ok(buttons) = bar.query_selector_all("button") else {
        return;
    };
    let count = i32::try_from(buttons.length()).unwrap_or(0);
    let is_here = |at: &i32| {
        buttons
            .item(at.unsigned_abs())
            .is_some_and(|node| &node == AsRef::<web_sys::Node>::as_ref(from))
    };
    let Some(at) = (0..count).find(is_here) else {
        return;
    };
    let step = if matches!(key, "ArrowLeft" | "ArrowUp") {
        count - 1
    } else {
        1
    };
    let next = buttons.item(((at + step) % count).unsigned_abs());
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        drop(next.focus());
    }
}
