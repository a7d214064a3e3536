//! Where one writes.

use backend::stamp;
use chat::{Author, Room, body::BODY_CHARS_MAX};
use leptos::prelude::*;

use super::{Icon, Notice, Places, Shape};
use crate::{
    address::{self, Address},
    islands::composer::Composer,
};

/// Whom a message goes to.
#[derive(Clone, Debug)]
pub(crate) enum Recipient {
    /// A room that there is.
    Room(Room),
    /// A person with whom there is no conversation yet: it begins with the message.
    Person(Author),
}

/// The foot of a room: the composer or, for who is not a member, the way in. `refusal` is what went wrong last time,
/// `draft` what was written then.
#[component]
pub(crate) fn Write<'a>(
    places: &'a Places,
    recipient: Recipient,
    refusal: Option<String>,
    draft: String,
) -> impl IntoView + use<> {
    let foot = match recipient {
        Recipient::Room(room) if !room.member && room.archived => view! { <Archived/> }.into_any(),
        Recipient::Room(room) if !room.member => view! { <Join room/> }.into_any(),
        Recipient::Room(room) => {
            let placeholder = placeholder(places, &room);
            let (page, id) = (address::of_room(&room), room.id.to_string());
            view! {
                <Left room=room.clone()/>
                {message_form(placeholder, page, draft, ("room", id))}
                <Composer/>
                <Archived/>
            }
            .into_any()
        }
        Recipient::Person(author) => {
            let placeholder = format!("Message {}", author.display_name);
            let page = address::of_person(&author.username);
            message_form(placeholder, page, draft, ("to", author.username))
        }
    };
    view! { <footer class="write"><Notice words=refusal/>{foot}</footer> }.into_any()
}

/// What differs between the forms one writes in.
pub(super) struct Field {
    /// What the field is called.
    pub(super) label: &'static str,
    pub(super) placeholder: String,
    /// The button's words.
    pub(super) send: &'static str,
    /// Where the form is; one comes back there.
    pub(super) page: String,
    /// What was written before.
    pub(super) draft: String,
    /// Where the message goes: names and values.
    pub(super) to: Vec<(&'static str, String)>,
    /// What the line below it tells besides the state.
    pub(super) after: Option<AnyView>,
    /// Whether there are scripts that answer; a conversation that has not begun has none.
    pub(super) live: bool,
}

/// The form of a room or, with the class `reply`, of a thread.
#[component]
pub(super) fn Form(field: Field, class: &'static str) -> impl IntoView {
    let Field {
        label,
        placeholder,
        send,
        page,
        draft,
        to,
        after,
        live,
    } = field;
    let to: Vec<AnyView> = to
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
        .collect();
    view! {
        <form class=class method="post" action="/fn/post_message">
            {to}
            <input type="hidden" name="page" value=page/>
            <input type="hidden" name="nonce" value=stamp::new_id().to_string()/>
            // Shown where there are scripts to bring files while one writes; what does so is loaded when it is used.
            <label class="attach icon-button later" title="Attach files" hidden>
                <Icon is=Shape::Clip/><input type="file" multiple aria-label="Attach files"/>
            </label>
            // Room for what is trimmed away; the server says where a text is too long, and loses nothing of it.
            <textarea
                name="body"
                rows="1"
                aria-label=label
                placeholder=placeholder
                maxlength=(2 * BODY_CHARS_MAX).to_string()
                enterkeyhint="send"
                required
            >
                {draft}
            </textarea>
            {live.then(|| view! { <Pick/> }.into_any())}
            <button class="button accent send" type="submit"><Icon is=Shape::Up/><span>{send}</span></button>
            <div class="after"><p class="state" role="status"></p>{after}</div>
            <noscript>
                <p class="state">"Scripts are off: reload for news"</p>
                <p class="attach">
                    <input type="file" name="file" aria-label="File"/>
                    <button
                        class="button"
                        type="submit"
                        formaction="/files/send"
                        formenctype="multipart/form-data"
                        formnovalidate
                    >
                        "Post with a file"
                    </button>
                </p>
            </noscript>
        </form>
        <div class="typing" aria-live="polite"></div>
    }
    .into_any()
}

/// The form of a room, or of a person with whom there is none yet.
fn message_form(placeholder: String, page: String, draft: String, to: (&'static str, String)) -> AnyView {
    let sign_in = Address::new("/login").with("next", &page).into_string();
    let after = view! {
        <button class="link now" type="button" hidden>"Try now"</button>
        <a class="link sign-in" href=sign_in hidden>"Sign in"</a>
    };
    let field = Field {
        label: "Message",
        placeholder,
        send: "Send",
        page,
        draft,
        live: to.0 == "room",
        to: vec![to],
        after: Some(after.into_any()),
    };
    view! { <Form field class="composer"/> }.into_any()
}

/// Opens the emoji, which come when they are asked for.
#[component]
fn Pick() -> impl IntoView {
    view! { <button class="pick icon-button" type="button" title="Emoji" aria-label="Emoji" aria-haspopup="dialog"><Icon is=Shape::Emoji/></button> }
}

fn placeholder(places: &Places, room: &Room) -> String {
    match room.kind {
        chat::RoomKind::Channel => format!("Message #{}", room.name),
        chat::RoomKind::Direct => format!("Message {}", places.name(room)),
    }
}

/// Stands above the composer once its writer is no member any more: what was being written is not lost.
#[component]
fn Left(room: Room) -> impl IntoView {
    (room.kind == chat::RoomKind::Channel).then(|| {
        view! {
            <form class="aside left" method="post" action="/fn/join_room">
                <input type="hidden" name="room" value=room.id.to_string()/>
                <input type="hidden" name="page" value=address::of_room(&room)/>
                <span>"You are no longer in this channel."</span>
                <button class="button" type="submit">"Join again"</button>
            </form>
        }
        .into_any()
    })
}

/// Stands in the composer's place while the room is archived, which the page's frame says: it changes while one reads.
#[component]
fn Archived() -> impl IntoView {
    view! { <p class="aside archived"><span>"This channel is archived. You can read what was said."</span></p> }.into_any()
}

#[component]
fn Join(room: Room) -> impl IntoView {
    view! {
        <form class="aside" method="post" action="/fn/join_room">
            <input type="hidden" name="room" value=room.id.to_string()/>
            <input type="hidden" name="page" value=address::of_room(&room)/>
            <span>"You are reading as a guest."</span>
            <button class="button accent" type="submit">"Join channel"</button>
        </form>
    }
    .into_any()
}
