//! Drawing: the view's messages as elements, cloned from the page's templates.
//!
//! The list of elements is its own memory: a message's row is found by its number, an own send's by its nonce.

use std::{cell::Cell, ops::Range};

use chat::{
    Message, Nonce, Timestamp, UserId,
    view::{Change, Pending, View, continues},
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlTemplateElement};

use super::when::{Words, day_number};
use crate::{
    face::{hue, initial},
    live::{
        Client,
        browser::{all, one},
        connect::State,
    },
};

const DELETED: &str = "<p class=\"gone\">This message was deleted.</p>";

/// The elements between which and around which messages stand.
pub(super) struct Rows {
    inner: HtmlElement,
    message: HtmlTemplateElement,
    day: HtmlTemplateElement,
    new: HtmlTemplateElement,
    fate: HtmlTemplateElement,
    words: Words,
    /// The address of the room, before a message's number.
    room: String,
    /// The name of whoever is signed in.
    my_name: String,
    /// Above which message the line of new ones stands; 0: nowhere.
    new_at: Cell<u64>,
}

impl Rows {
    /// Takes over the rows of the page, and puts them into the reader's time.
    pub(super) fn adopt() -> Option<Self> {
        let slug = one::<Element>(".app")?.get_attribute("data-slug")?;
        let rows = Self {
            inner: one(".list > .inner")?,
            message: one("#message-template")?,
            day: one("#day-template")?,
            new: one("#new-template")?,
            fate: one("#fate-template")?,
            words: Words::new(),
            room: ["/rooms/", &String::from(js_sys::encode_uri_component(&slug)), "/"].concat(),
            my_name: one::<Element>(".me b")
                .and_then(|name| name.text_content())
                .unwrap_or_default(),
            new_at: Cell::new(0),
        };
        let below_line = one::<Element>(".inner > .day.new").and_then(|line| line.next_element_sibling());
        rows.new_at.set(
            below_line
                .and_then(|row| row.get_attribute("data-seq")?.parse().ok())
                .unwrap_or(0),
        );
        for row in all(".inner > .message") {
            rows.tell_time(&row);
            rows.tidy(&row);
        }
        with_pending(|pending, state| {
            rows.draw_pending(pending, state);
        });
        Some(rows)
    }

    /// Draws what became different. `watched`: the reader sees what comes to the end.
    pub(super) fn draw(&self, client: &Client, changes: &[Change], watched: bool) {
        let view = client.view();
        for change in changes {
            match change {
                Change::Appended(seq) => {
                    self.mark_new(view, *seq, watched);
                    self.insert_at_end(view, *seq..*seq + 1);
                }
                Change::Changed(seq) => self.redraw(view, *seq),
                Change::Confirmed(nonce, seq) => self.confirm(view, nonce, *seq),
                Change::Pending(nonce) => {
                    self.set_new(0);
                    let pending = view.pending().iter().find(|pending| pending.nonce == *nonce);
                    pending
                        .into_iter()
                        .for_each(|pending| self.draw_pending(pending, client.state()));
                }
                Change::Dropped(nonce) => self.remove(pending_row(nonce)),
                Change::Prepended(range) => self.insert_at_begin(view, range.clone()),
                Change::Extended(range) => self.insert_at_end(view, range.clone()),
                Change::Reset => self.reset(client),
                Change::Moved | Change::Read => {}
            }
        }
        self.show_begin(view);
    }

    /// Says of every own send what holds it up, if anything does.
    pub(super) fn draw_fates(&self, client: &Client) {
        for pending in client.view().pending() {
            self.draw_pending(pending, client.state());
        }
    }

    fn insert_at_end(&self, view: &View, seqs: Range<u64>) {
        let before = one::<Element>(".inner > .message[data-pending]");
        // Changes that come in one go are drawn when all of them have happened, so a row may be there already.
        for message in seqs
            .filter(|seq| message_row(*seq).is_none())
            .filter_map(|seq| view.message(seq))
        {
            let Some(row) = self.build(&self.message) else {
                continue;
            };
            self.fill(&row, message, view);
            self.put(&row, before.as_ref());
            self.tidy(&row);
        }
        before.iter().for_each(|row| self.tidy(row));
    }

    fn insert_at_begin(&self, view: &View, seqs: Range<u64>) {
        let first = one::<Element>(".inner > .message");
        // Its lines of day and news belong to it.
        let before = first.as_ref().map(|first| self.with_lines(first));
        for message in seqs.filter_map(|seq| view.message(seq)) {
            let Some(row) = self.build(&self.message) else {
                continue;
            };
            self.fill(&row, message, view);
            self.put(&row, before.as_ref());
            self.tidy(&row);
        }
        first.iter().for_each(|row| self.tidy(row));
    }

    fn redraw(&self, view: &View, seq: u64) {
        if let (Some(row), Some(message)) = (message_row(seq), view.message(seq)) {
            self.fill(&row, message, view);
        }
    }

    /// The row of an own send becomes that of the stored message.
    fn confirm(&self, view: &View, nonce: &Nonce, seq: u64) {
        let (Some(row), None, Some(message)) = (pending_row(nonce), message_row(seq), view.message(seq))
        else {
            self.remove(pending_row(nonce));
            return match message_row(seq) {
                Some(_) => self.redraw(view, seq),
                None => self.insert_at_end(view, seq..seq + 1),
            };
        };
        self.fill(&row, message, view);
        // A send that failed earlier stays below what was stored later.
        let earlier = one::<Element>(".inner > .message[data-pending]").filter(|first| follows(first, &row));
        if let Some(earlier) = earlier {
            let below = row.next_element_sibling();
            self.put(&row, Some(&self.with_lines(&earlier)));
            [Some(earlier), below]
                .iter()
                .flatten()
                .for_each(|row| self.tidy(row));
        }
        self.tidy(&row);
    }

    fn reset(&self, client: &Client) {
        self.new_at.set(0);
        for item in all(".inner > .message, .inner > .day, .inner > .beginning") {
            item.remove();
        }
        let view = client.view();
        if let (Some(first), Some(last)) = (view.messages().next(), view.messages().next_back()) {
            self.insert_at_end(view, first.seq..last.seq + 1);
        }
        self.draw_fates(client);
    }

    fn draw_pending(&self, pending: &Pending, state: State) {
        let known = pending_row(&pending.nonce);
        let Some(row) = known.clone().or_else(|| self.build(&self.message)) else {
            return;
        };
        if known.is_none() {
            self.fill_pending(&row, pending);
            self.put(&row, None);
            self.tidy(&row);
        }
        let failed = pending.failed.is_some();
        switch(&row, "waiting", !failed);
        switch(&row, "failed", failed);
        self.draw_fate(&row, pending, state);
    }

    /// Where all goes well, the server's word comes before anybody could read one of ours.
    fn draw_fate(&self, row: &Element, pending: &Pending, state: State) {
        within(row, ".fate").iter().for_each(Element::remove);
        if pending.failed.is_none() && state == State::Online {
            return;
        }
        let Some(fate) = self.build(&self.fate) else {
            return;
        };
        if let Some(reason) = &pending.failed {
            let words = within(&fate, ".not-sent");
            words
                .iter()
                .for_each(|words| words.set_text_content(Some(&["Not sent: ", reason].concat())));
        }
        drop(row.append_child(&fate));
    }

    fn fill(&self, row: &Element, message: &Message, view: &View) {
        for (name, value) in [
            ("data-seq", message.seq.to_string()),
            ("data-rev", message.rev.to_string()),
            ("data-id", message.id.to_string()),
            ("data-created", message.created_at.to_string()),
        ] {
            set(row, name, &value);
        }
        match &message.nonce {
            Some(nonce) => set(row, "data-nonce", nonce.as_str()),
            None => drop(row.remove_attribute("data-nonce")),
        }
        drop(row.remove_attribute("data-pending"));
        within(row, ".fate").iter().for_each(Element::remove);
        switch(row, "waiting", false);
        switch(row, "failed", false);
        switch(
            row,
            "mentioned",
            message.author.id != view.me() && message.mentions.contains(&view.me()),
        );
        draw_author(row, message.author.id, &message.author.display_name);
        if let Some(link) = within(row, ".when") {
            set(&link, "href", &[&*self.room, &message.seq.to_string()].concat());
        }
        if let Some(body) = within(row, ".body") {
            // Safe by the server's making, and the same that it renders into the page itself.
            body.set_inner_html(if message.deleted { DELETED } else { &message.html });
        }
        self.tell_time(row);
    }

    fn fill_pending(&self, row: &Element, pending: &Pending) {
        for name in ["data-seq", "data-rev", "data-id"] {
            drop(row.remove_attribute(name));
        }
        set(row, "data-pending", "");
        set(row, "data-nonce", pending.nonce.as_str());
        set(row, "data-created", &pending.created_at.to_string());
        if let Some(me) = crate::live::browser::with(Client::me) {
            draw_author(row, me, &self.my_name);
        }
        if let Some(body) = within(row, ".body") {
            body.set_inner_html("<p></p>");
            if let Some(text) = body.first_element_child() {
                text.set_text_content(Some(&pending.body));
            }
        }
        self.tell_time(row);
    }

    fn tell_time(&self, row: &Element) {
        let (Some(at), Some(time)) = (created(row), within(row, "time")) else {
            return;
        };
        set(&time, "datetime", &at.to_string());
        set(&time, "title", &self.words.moment(at));
        time.set_text_content(Some(&self.words.clock(at)));
    }

    /// Gives a row the lines above it and the place in its group that its neighbour above calls for.
    fn tidy(&self, row: &Element) {
        if !row.class_list().contains("message") {
            return;
        }
        let Some(at) = created(row) else { return };
        while let Some(line) = row
            .previous_element_sibling()
            .filter(|above| above.class_list().contains("day"))
        {
            line.remove();
        }
        let above = row
            .previous_element_sibling()
            .filter(|above| above.class_list().contains("message"));
        let day = day_number(at);
        let is_new_day = above
            .as_ref()
            .and_then(created)
            .is_none_or(|above| day_number(above) != day);
        let is_new = self.new_at.get() > 0 && number(row) == Some(self.new_at.get());
        if let Some(line) = is_new_day.then(|| self.build(&self.day)).flatten() {
            set(&line, "data-day", &day);
            line.set_text_content(Some(&self.words.day(at)));
            self.put(&line, Some(row));
        }
        if let Some(line) = is_new.then(|| self.build(&self.new)).flatten() {
            self.put(&line, Some(row));
        }
        let goes_on = above
            .as_ref()
            .and_then(said)
            .zip(said(row))
            .is_some_and(|(above, this)| continues(above, this));
        switch(row, "first", is_new_day || is_new || !goes_on);
    }

    /// The line of new messages comes above the first one that nobody saw coming.
    fn mark_new(&self, view: &View, seq: u64, watched: bool) {
        let own = view
            .message(seq)
            .is_some_and(|message| message.author.id == view.me());
        let old = self.new_at.get() <= view.read_seq();
        if !watched && !own && old {
            self.set_new(seq);
        }
    }

    fn set_new(&self, seq: u64) {
        let before = self.new_at.replace(seq);
        message_row(before)
            .filter(|_| before != seq)
            .iter()
            .for_each(|row| self.tidy(row));
    }

    /// The link to older messages, for who scrolls faster than they come.
    fn show_begin(&self, view: &View) {
        let Some(link) = one::<Element>(".inner > .turn") else {
            return;
        };
        match view.messages().next().filter(|_| view.has_before()) {
            Some(first) => {
                let room = self.room.trim_end_matches('/');
                let href = [room, "?before=", &first.seq.to_string()].concat();
                within(&link, "a")
                    .iter()
                    .for_each(|link| set(link, "href", &href));
            }
            None => link.remove(),
        }
    }

    fn remove(&self, row: Option<Element>) {
        let Some(row) = row else { return };
        let below = row.next_element_sibling();
        while let Some(line) = row
            .previous_element_sibling()
            .filter(|above| above.class_list().contains("day"))
        {
            line.remove();
        }
        row.remove();
        // The line of a day may have been removed with it.
        let below = below.and_then(|item| next_message(&item));
        below.iter().for_each(|row| self.tidy(row));
    }

    /// The first of the lines that stand directly above a row, or the row.
    fn with_lines(&self, row: &Element) -> Element {
        let mut top = row.clone();
        while let Some(line) = top
            .previous_element_sibling()
            .filter(|above| above.class_list().contains("day"))
        {
            top = line;
        }
        top
    }

    fn put(&self, item: &Element, before: Option<&Element>) {
        drop(self.inner.insert_before(item, before.map(AsRef::as_ref)));
    }

    fn build(&self, template: &HtmlTemplateElement) -> Option<Element> {
        template
            .content()
            .first_element_child()?
            .clone_node_with_deep(true)
            .ok()?
            .dyn_into()
            .ok()
    }
}

fn with_pending(mut draw: impl FnMut(&Pending, State)) {
    crate::live::browser::with(|client| {
        client
            .view()
            .pending()
            .iter()
            .for_each(|pending| draw(pending, client.state()));
    });
}

fn draw_author(row: &Element, author: UserId, name: &str) {
    set(row, "data-author", &author.to_string());
    if let Some(avatar) = within(row, ".avatar") {
        avatar.set_class_name(&["avatar ", hue(author)].concat());
        avatar.set_text_content(Some(&initial(name)));
    }
    if let Some(who) = within(row, ".who") {
        who.set_text_content(Some(name));
    }
}

fn message_row(seq: u64) -> Option<Element> {
    one(&[".inner > .message[data-seq=\"", &seq.to_string(), "\"]"].concat())
}

/// The nonces of own sends are hexadecimal, so that they fit into a selector as they are.
fn pending_row(nonce: &Nonce) -> Option<Element> {
    one(&[
        ".inner > .message[data-pending][data-nonce=\"",
        nonce.as_str(),
        "\"]",
    ]
    .concat())
}

fn next_message(item: &Element) -> Option<Element> {
    let mut item = item.clone();
    while !item.class_list().contains("message") {
        item = item.next_element_sibling()?;
    }
    Some(item)
}

fn follows(earlier: &Element, row: &Element) -> bool {
    earlier.compare_document_position(row) & web_sys::Node::DOCUMENT_POSITION_FOLLOWING != 0
}

fn said(row: &Element) -> Option<(UserId, Timestamp)> {
    Some((row.get_attribute("data-author")?.parse().ok()?, created(row)?))
}

fn created(row: &Element) -> Option<Timestamp> {
    row.get_attribute("data-created")?.parse().ok()
}

fn number(row: &Element) -> Option<u64> {
    row.get_attribute("data-seq")?.parse().ok()
}

fn within(row: &Element, selector: &str) -> Option<Element> {
    row.query_selector(selector).ok()?
}

fn set(element: &Element, name: &str, value: &str) {
    drop(element.set_attribute(name, value));
}

fn switch(element: &Element, class: &str, on: bool) {
    drop(element.class_list().toggle_with_force(class, on));
}
