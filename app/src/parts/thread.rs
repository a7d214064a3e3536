//! A message and the replies to it, beside the room.

use chat::{Message, Room, UserId, message::Thread, view::continues};
use leptos::prelude::*;

use super::{
    Icon, Notice, Places, Row, Shape,
    composer::{Field, Form},
    message::Place,
};
use crate::{
    address::{self, Address},
    marks::thread_address,
};

/// The panel of a thread. `refusal` is what went wrong last time, `draft` what was written then.
#[component]
pub(crate) fn Panel<'a>(
    places: &'a Places,
    room: &'a Room,
    thread: Thread,
    following: bool,
    refusal: Option<String>,
    draft: String,
) -> impl IntoView + use<> {
    let Thread { root, page } = thread;
    let me = places.me.id;
    let here = address::of_slug(&room.slug);
    let address = thread_address(&format!("{here}/"), root.id);
    let older = page.messages.first().filter(|_| page.has_before).map(|oldest| {
        let href = Address::new(&*address)
            .with("before", &oldest.seq.to_string())
            .into_string();
        view! { <p class="turn"><a class="button" href=href>"Older replies"</a></p> }
    });
    let rows = replies(&page.messages, me, &here);
    let place = Place {
        first: true,
        mentioned: root.mentions.contains(&me) && root.author.id != me,
        target: false,
    };
    let change = (room.member && !root.deleted).then(|| view! { <Change root=&root address=&*address/> });
    let foot = (room.member && !root.deleted).then(|| {
        view! { <footer class="write"><Notice words=refusal/><Answer room root=&root address=&*address draft/></footer> }
    });
    view! {
        <aside class="thread" aria-label="Thread" data-root=root.id.to_string() data-page=address.clone()>
            <header class="bar">
                <h2 class="title"><span>"Thread"</span></h2>
                <div class="end">
                    {room.member.then(|| view! { <Follow root=&root address=&*address following/> })}
                    <a class="close icon-button" href=address::of_room(room) aria-label="Close the thread">
                        <Icon is=Shape::Close/>
                    </a>
                </div>
            </header>
            <div class="answers" tabindex="0" role="group" aria-label="The message and its replies">
                <div class="row root"><Row message=&root me place room=&*here/></div>
                {change}
                <p class="day">{count(root.reply_count)}</p>
                {older}
                {rows}
            </div>
            {foot}
        </aside>
    }
    .into_any()
}

/// Whether one follows the thread.
#[component]
fn Follow<'a>(root: &'a Message, address: &'a str, following: bool) -> impl IntoView + use<> {
    view! {
        <form method="post" action="/fn/follow_thread">
            <input type="hidden" name="message" value=root.id.to_string()/>
            <input type="hidden" name="page" value=address.to_owned()/>
            <input type="hidden" name="following" value=(!following).to_string()/>
            <button class="button" type="submit" aria-pressed=following.to_string()>{if following { "Following" } else { "Follow" }}</button>
        </form>
    }
    .into_any()
}

/// The panel of a room's pinned messages.
#[component]
pub(crate) fn Pins<'a>(places: &'a Places, room: &'a Room, messages: Vec<Message>) -> impl IntoView + use<> {
    let me = places.me.id;
    let here = address::of_slug(&room.slug);
    let rows: Vec<_> = messages
        .iter()
        .map(|message| {
            let place = Place {
                first: true,
                ..Place::default()
            };
            view! { <div class="row"><Row message me place room=&*here/></div> }.into_any()
        })
        .collect();
    let none = rows
        .is_empty()
        .then(|| view! { <p class="quiet none">"Nothing is pinned here yet."</p> });
    view! {
        <aside class="thread pins" aria-label="Pinned messages" data-page=format!("{here}/pins")>
            <header class="bar">
                <h2 class="title"><span>"Pinned"</span></h2>
                <div class="end">
                    <a class="close icon-button" href=address::of_room(room) aria-label="Close the pinned messages">
                        <Icon is=Shape::Close/>
                    </a>
                </div>
            </header>
            <div class="answers" tabindex="0" role="group" aria-label="Pinned messages">{none}{rows}</div>
        </aside>
    }
    .into_any()
}

fn replies(messages: &[Message], me: UserId, room: &str) -> Vec<AnyView> {
    let mut above: Option<&Message> = None;
    let mut rows = Vec::with_capacity(messages.len());
    for message in messages {
        let goes_on = above.is_some_and(|above| {
            continues(
                (above.author.id, above.created_at),
                (message.author.id, message.created_at),
            )
        });
        let place = Place {
            first: !goes_on,
            mentioned: message.mentions.contains(&me) && message.author.id != me,
            target: false,
        };
        rows.push(view! { <div class="row"><Row message me place room/></div> }.into_any());
        above = Some(message);
    }
    rows
}

fn count(replies: u64) -> String {
    match replies {
        0 => "No replies yet".to_owned(),
        1 => "1 reply".to_owned(),
        _ => format!("{replies} replies"),
    }
}

#[component]
fn Answer<'a>(room: &'a Room, root: &'a Message, address: &'a str, draft: String) -> impl IntoView + use<> {
    let field = Field {
        label: "Reply",
        placeholder: "Reply".to_owned(),
        send: "Reply",
        page: address.to_owned(),
        draft,
        to: vec![("room", room.id.to_string()), ("thread", root.id.to_string())],
        after: None,
        live: true,
    };
    view! { <Form field class="composer reply"/> }
}

/// What else can be done with the message; with scripts on its row has buttons for it. Who may is decided where it
/// is stored, so whoever may not is told so.
#[component]
fn Change<'a>(root: &'a Message, address: &'a str) -> impl IntoView + use<> {
    let form = |what: &'static str, label: &'static str, field: Option<AnyView>| {
        view! {
            <form class="inline" method="post" action="/fn/change_message">
                <input type="hidden" name="message" value=root.id.to_string()/>
                <input type="hidden" name="page" value=address.to_owned()/>
                <input type="hidden" name="what" value=what/>
                {field}
                <button class="button" type="submit">{label}</button>
            </form>
        }
        .into_any()
    };
    let text = view! { <textarea class="input" name="text" rows="3" aria-label="New text" required>{root.body.clone()}</textarea> };
    let emoji = view! { <input class="input" name="text" aria-label="Emoji" size="4" required/> };
    let (pin, pin_label) = if root.pinned {
        ("unpin", "Unpin")
    } else {
        ("pin", "Pin")
    };
    let forms = vec![
        form("react", "React", Some(emoji.into_any())),
        form("edit", "Save", Some(text.into_any())),
        form(pin, pin_label, None),
        form("delete", "Delete", None),
    ];
    view! { <noscript><details class="change"><summary>"Change this message"</summary>{forms}</details></noscript> }
        .into_any()
}
