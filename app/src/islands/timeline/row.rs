//! One row: a message as the page's template has it.

use chat::{Attachment, Author, Message, Timestamp, UserId, view::Pending};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlTemplateElement};

use super::when::Words;
use crate::{
    attached,
    face::{hue, initial},
    live::{
        browser::{one, set, switch, within},
        connect::State,
    },
    marks::{self, thread_address},
};

const DELETED: &str = "<p class=\"gone\">This message was deleted.</p>";

/// Draws rows.
pub(crate) struct Pen {
    pub(crate) words: Words,
    /// The address of the room, before a message's number.
    pub(crate) room: String,
    message: HtmlTemplateElement,
    fate: HtmlTemplateElement,
    /// The name of whoever is signed in.
    my_name: String,
    /// The picture, or the letter, as the page has it.
    my_face: String,
}

impl Pen {
    /// A pen for the page's room, if the page has the templates.
    pub(crate) fn take() -> Option<Self> {
        let slug = one::<Element>(".app")?.get_attribute("data-slug")?;
        let my_name = one::<Element>(".me b").and_then(|name| name.text_content());
        let my_face = one::<Element>(".me .avatar").map(|face| face.inner_html());
        Some(Self {
            words: Words::new(),
            room: ["/rooms/", &String::from(js_sys::encode_uri_component(&slug)), "/"].concat(),
            message: one("#message-template")?,
            fate: one("#fate-template")?,
            my_name: my_name.unwrap_or_default(),
            my_face: my_face.unwrap_or_default(),
        })
    }

    /// A row and its message, which says nothing yet.
    pub(crate) fn blank(&self) -> Option<(HtmlElement, Element)> {
        let row = copy(&self.message)?;
        let message = within(&row, ".message")?;
        Some((row.dyn_into().ok()?, message))
    }

    /// Draws a stored message.
    pub(crate) fn fill(&self, row: &Element, message: &Message, me: UserId) {
        remove_guests(row, &message.id.to_string());
        for (name, value) in [
            ("data-seq", message.seq.to_string()),
            ("data-rev", message.rev.to_string()),
            ("data-id", message.id.to_string()),
            ("data-created", message.created_at.to_string()),
            ("aria-posinset", message.seq.to_string()),
        ] {
            set(row, name, &value);
        }
        match &message.nonce {
            Some(nonce) => set(row, "data-nonce", nonce.as_str()),
            None => drop(row.remove_attribute("data-nonce")),
        }
        drop(row.remove_attribute("data-pending"));
        remove_fate(row);
        switch(row, "waiting", false);
        switch(row, "failed", false);
        switch(
            row,
            "mentioned",
            message.author.id != me && message.mentions.contains(&me),
        );
        if let Some(avatar) = draw_author(row, message.author.id, &message.author.display_name) {
            draw_face(&avatar, &message.author);
        }
        self.draw_marks(row, message, me);
        if let Some(link) = within::<Element>(row, ".when") {
            set(&link, "href", &[&*self.room, &message.seq.to_string()].concat());
        }
        if let Some(body) = within::<Element>(row, ".body") {
            // Safe by the server's making, and the same that it renders into the page itself.
            body.set_inner_html(if message.deleted { DELETED } else { &message.html });
        }
        draw_files(row, &message.attachments);
        self.tell_time(row);
    }

    /// Draws an own send that is not stored yet, as plain text.
    pub(crate) fn fill_pending(&self, row: &Element, pending: &Pending, me: UserId) {
        remove_guests(row, "");
        if let Some(under) = within::<Element>(row, ".under") {
            under.set_inner_html("");
        }
        if let Some(context) = within::<HtmlElement>(row, ".context") {
            context.set_hidden(true);
        }
        for name in ["data-seq", "data-rev", "data-id", "aria-posinset"] {
            drop(row.remove_attribute(name));
        }
        for class in ["mentioned", "target"] {
            switch(row, class, false);
        }
        if let Some(link) = within::<Element>(row, ".when") {
            drop(link.remove_attribute("href"));
        }
        set(row, "data-pending", "");
        set(row, "data-nonce", pending.nonce.as_str());
        set(row, "data-created", &pending.created_at.to_string());
        if let Some(avatar) = draw_author(row, me, &self.my_name) {
            avatar.set_inner_html(&self.my_face);
        }
        if let Some(body) = within::<Element>(row, ".body") {
            body.set_inner_html("<p></p>");
            if let Some(text) = body.first_element_child() {
                text.set_text_content(Some(&pending.body));
            }
        }
        draw_files(row, &pending.attachments);
        self.tell_time(row);
    }

    /// Says what holds an own send up. Where all goes well nothing is said: the server's word comes before anybody
    /// could read one of ours.
    pub(crate) fn draw_fate(&self, row: &Element, pending: &Pending, state: State) {
        remove_fate(row);
        switch(row, "waiting", pending.failed.is_none());
        switch(row, "failed", pending.failed.is_some());
        if pending.failed.is_none() && state == State::Online {
            return;
        }
        let Some(fate) = copy(&self.fate) else { return };
        if let (Some(reason), Some(words)) = (&pending.failed, within::<Element>(&fate, ".not-sent")) {
            words.set_text_content(Some(&["Not sent: ", reason].concat()));
        }
        drop(row.append_child(&fate));
    }

    /// Draws what stands around the words. A reaction that has the focus keeps it.
    pub(crate) fn draw_marks(&self, row: &Element, message: &Message, me: UserId) {
        if let Some(context) = within::<HtmlElement>(row, ".context") {
            context.set_hidden(message.thread.is_none());
            if let Some(root) = message.thread {
                set(&context, "data-thread", &root.to_string());
                set(&context, "href", &thread_address(&self.room, root));
            }
        }
        let Some(under) = within::<Element>(row, ".under") else {
            return;
        };
        let edited = message
            .edited_at
            .map(|at| self.words.clock(at))
            .unwrap_or_default();
        let focused =
            within::<Element>(&under, ".chip:focus").and_then(|chip| chip.get_attribute("data-emoji"));
        // Safe by the making of what is put in: numbers, times, ids and emoji.
        under.set_inner_html(&marks::under(message, me, &self.room, &edited));
        if let Some(emoji) = focused {
            let chip = within::<HtmlElement>(&under, &[".chip[data-emoji=\"", &emoji, "\"]"].concat());
            chip.iter().for_each(|chip| drop(chip.focus()));
        }
    }

    /// Says when, in the reader's time.
    pub(crate) fn tell_time(&self, row: &Element) {
        let (Some(at), Some(time)) = (created(row), within::<Element>(row, "time")) else {
            return;
        };
        set(&time, "datetime", &at.to_string());
        set(&time, "title", &self.words.moment(at));
        time.set_text_content(Some(&self.words.clock(at)));
        let edited = within::<Element>(row, ".edited");
        let at = edited
            .as_ref()
            .and_then(|edited| edited.get_attribute("datetime")?.parse().ok());
        if let (Some(edited), Some(at)) = (edited, at) {
            set(&edited, "title", &self.words.moment(at));
            edited.set_text_content(Some(&["edited ", &self.words.clock(at)].concat()));
        }
    }
}

/// A fresh copy of a template.
pub(crate) fn copy(template: &HtmlTemplateElement) -> Option<Element> {
    let content = template.content().first_element_child()?;
    content.clone_node_with_deep(true).ok()?.dyn_into().ok()
}

/// When a row's message was written.
fn created(row: &Element) -> Option<Timestamp> {
    row.get_attribute("data-created")?.parse().ok()
}

/// Says whose message it is; gives the place for the face.
fn draw_author(row: &Element, author: UserId, name: &str) -> Option<Element> {
    set(row, "data-author", &author.to_string());
    if let Some(who) = within::<Element>(row, ".who") {
        who.set_text_content(Some(name));
    }
    let avatar = within::<Element>(row, ".avatar")?;
    avatar.set_class_name(&["avatar ", hue(author)].concat());
    Some(avatar)
}

/// Draws somebody's picture or, where there is none, the letter. A picture that is there stays: a new one would blink.
pub(crate) fn draw_face(avatar: &Element, who: &Author) -> Option<()> {
    let Some(url) = &who.avatar_url else {
        avatar.set_text_content(Some(&initial(&who.display_name)));
        return None;
    };
    let shown = within::<Element>(avatar, "img").and_then(|shown| shown.get_attribute("src"));
    if shown.as_ref() == Some(url) {
        return None;
    }
    let picture = avatar.owner_document()?.create_element("img").ok()?;
    for (name, value) in [
        ("src", &**url),
        ("alt", ""),
        ("width", "36"),
        ("height", "36"),
        ("loading", "lazy"),
        ("decoding", "async"),
    ] {
        set(&picture, name, value);
    }
    avatar.set_text_content(None);
    avatar.append_child(&picture).ok().map(drop)
}

/// Files that are there stay as they are: what plays goes on.
fn draw_files(row: &Element, files: &[Attachment]) {
    let Some(place) = within::<Element>(row, ".files") else {
        return;
    };
    let data = attached::data(files).unwrap_or_default();
    if place.get_attribute("data-files").unwrap_or_default() != data {
        set(&place, "data-files", &data);
        // Safe by the making of it: names are text there.
        place.set_inner_html(&attached::markup(files));
    }
}

/// What the verbs put into a row goes when another message comes into it.
fn remove_guests(row: &Element, id: &str) {
    if row.get_attribute("data-id").as_deref() == Some(id) {
        return;
    }
    for guest in [".tools", ".edit"] {
        within::<Element>(row, guest).iter().for_each(Element::remove);
    }
    switch(row, "editing", false);
}

fn remove_fate(row: &Element) {
    within::<Element>(row, ".fate").iter().for_each(Element::remove);
}
