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
                <Form placeholder page draft field="room" value=id/>
                <Composer/>
                <Archived/>
            }
            .into_any()
        }
        Recipient::Person(author) => {
            let placeholder = format!("Message {}", author.display_name);
            let page = address::of_person(&author.username);
            view! { <Form placeholder page draft field="to" value=author.username/> }.into_any()
        }
    };
    view! { <footer class="write"><Notice words=refusal/>{foot}</footer> }.into_any()
}

#[component]
fn Form(
    placeholder: String,
    page: String,
    draft: String,
    field: &'static str,
    value: String,
) -> impl IntoView {
    let sign_in = Address::new("/login").with("next", &page).into_string();
    view! {
        <form class="composer" method="post" action="/fn/post_message">
            <input type="hidden" name=field value=value/>
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
                aria-label="Message"
                placeholder=placeholder
                maxlength=(2 * BODY_CHARS_MAX).to_string()
                enterkeyhint="send"
                required
            >
                {draft}
            </textarea>
            // A conversation that has not begun has no scripts that answer.
            {(field == "room").then(|| view! { <Pick/> }.into_any())}
            <button class="button accent send" type="submit"><Icon is=Shape::Up/><span>"Send"</span></button>
            <div class="after">
                <p class="state" role="status"></p>
                <button class="link now" type="button" hidden>"Try now"</button>
                <a class="link sign-in" href=sign_in hidden>"Sign in"</a>
            </div>
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

/// Opens the emoji, which come when they are asked for.
#[component]
pub(super) fn Pick() -> impl IntoView {
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
