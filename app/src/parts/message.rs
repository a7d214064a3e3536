//! One message, and the templates from which the timeline island makes more of the same.

use chat::{Author, Message, MessageId, RoomId, Timestamp, UserId};
use leptos::prelude::*;

use super::{
    Avatar,
    day::{clock, day_as_number, day_in_words},
};
use crate::{
    attached,
    marks::{thread_address, under},
};

/// How a message stands in its list, which depends on who reads and on what is around it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// It begins a group: picture and name are shown.
    pub(crate) first: bool,
    /// It calls on the reader.
    pub(crate) mentioned: bool,
    /// The reader came for this one.
    pub(crate) target: bool,
}

impl Place {
    fn class(self) -> String {
        let mut class = String::from("message");
        for (holds, name) in [
            (self.first, " first"),
            (self.mentioned, " mentioned"),
            (self.target, " target"),
        ] {
            if holds {
                class.push_str(name);
            }
        }
        class
    }
}

/// A message, as it is for `me`. `room` is the address of its room; the time leads to the message's own.
#[component]
pub(crate) fn Row<'a>(
    message: &'a Message,
    me: UserId,
    place: Place,
    room: &'a str,
) -> impl IntoView + use<> {
    let inside = format!("{room}/");
    let edited = message.edited_at.map(clock).unwrap_or_default();
    let marks = under(message, me, &inside, &edited);
    let own_thread = thread_address(&inside, message.id);
    let context = message.thread.map(|root| thread_address(&inside, root));
    let link = (message.seq > 0).then(|| format!("{room}/{}", message.seq));
    let html = if message.deleted {
        DELETED.to_owned()
    } else {
        message.html.clone()
    };
    view! {
        <article
            class=place.class()
            data-seq=message.seq
            data-rev=message.rev
            data-id=message.id.to_string()
            data-author=message.author.id.to_string()
            data-created=message.created_at.to_string()
            data-nonce=message.nonce.as_ref().map(|nonce| nonce.as_str().to_owned())
            aria-posinset=message.seq
            // The room grows.
            aria-setsize="-1"
            // Without a script, being focused is what brings a message in the middle into view.
            tabindex=place.target.then_some("-1")
            autofocus=place.target
        >
            <Avatar who=message.author.clone()/>
            <b class="who">{message.author.display_name.clone()}</b>
            <a class="when" href=link><time datetime=message.created_at.to_string()>{clock(message.created_at)}</time></a>
            <a
                class="context"
                hidden=message.thread.is_none()
                data-thread=message.thread.map(|root| root.to_string())
                href=context.unwrap_or_else(|| own_thread.clone())
            >
                "Replied in a thread"
            </a>
            <div class="body" inner_html=html></div>
            <div class="files" data-files=attached::data(&message.attachments) inner_html=attached::markup(&message.attachments)></div>
            <div class="under" inner_html=marks></div>
            <noscript><a class="answer" href=own_thread>"Reply or change"</a></noscript>
        </article>
    }
    .into_any()
}

const DELETED: &str = "<p class=\"gone\">This message was deleted.</p>";

/// The line between two days, with a link to its own address. A feed may hold nothing but articles, so only who points
/// sees the link; the calendar in the bar has the address for everyone. `room` is that of the room.
#[component]
pub(crate) fn Day<'a>(at: Timestamp, now: Timestamp, room: &'a str) -> impl IntoView + use<> {
    let day = day_as_number(at);
    let href = format!("{room}?date={day}");
    view! {
        <div class="day" data-day=day>
            <span>{day_in_words(at, now)}</span>
            <a href=href tabindex="-1" aria-hidden="true" title="Link to this day">"#"</a>
        </div>
    }
}

/// The line above the first message that the reader has not seen.
#[component]
pub(crate) fn New() -> impl IntoView {
    view! { <div class="day new">"New"</div> }
}

/// What the timeline island clones, so that there is one source of markup.
#[component]
pub(crate) fn Templates() -> impl IntoView {
    let nobody = UserId(Default::default());
    let author = Author {
        id: nobody,
        username: String::new(),
        display_name: String::new(),
        avatar_url: None,
    };
    let blank = Message {
        id: MessageId(Default::default()),
        room: RoomId(Default::default()),
        seq: 0,
        rev: 0,
        author,
        body: String::new(),
        html: String::new(),
        created_at: Timestamp(0),
        edited_at: None,
        deleted: false,
        pinned: false,
        thread: None,
        reply_count: 0,
        nonce: None,
        reactions: Vec::new(),
        attachments: Vec::new(),
        mentions: Vec::new(),
        calls: None,
    };
    view! {
        <template id="message-template"><div class="row"><Row message=&blank me=nobody place=Place::default() room=""/></div></template>
        <template id="day-template"><div class="day" data-day="">
            <span></span>
            <a tabindex="-1" aria-hidden="true" title="Link to this day">"#"</a>
        </div></template>
        <template id="new-template"><New/></template>
        <template id="fate-template">
            <p class="fate">
                <span class="on-its-way">"Waiting for the network"</span>
                <span class="not-sent">"Not sent."</span>
                <button class="again" type="button">"Try again"</button>
                <button class="discard" type="button">"Discard"</button>
            </p>
        </template>
    }
    .into_any()
}
