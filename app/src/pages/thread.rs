//! `/rooms/{slug}/threads/{id}`: a message of a room and the replies to it, beside the room; `/rooms/{slug}/pins`: its
//! pinned messages.

use backend::Problem;
use chat::{
    Code, MessageId,
    message::{Bound, PAGE_LIMIT_MAX, Thread},
};
use leptos::prelude::*;
use tokio::try_join;

use super::{
    load::{Halt, load, part, signed_in},
    room::{Beside, draw},
};
use crate::{
    address,
    marks::thread_address,
    parts::{Places, Show},
    visit::{backend, query},
};

#[component]
pub(crate) fn ThreadPage() -> impl IntoView {
    let (slug, id) = (part("slug"), part("id"));
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let id: MessageId = id.parse().map_err(|_| Code::MessageNotFound)?;
        let bound = query.get("before").parse().map_or(Bound::Newest, Bound::Before);
        let thread = async { backend.page_thread(&caller, id, bound, PAGE_LIMIT_MAX).await };
        let (room, places, thread): (_, _, Thread) = try_join!(
            backend.find_room(&caller, &slug),
            Places::load(&backend, &caller),
            thread
        )?;
        if thread.root.room != room.0.id {
            return Err(Halt::from(Problem::from(Code::MessageNotFound)));
        }
        // A reply is shown in the thread that it is in.
        if thread.root.id != id {
            let slug = address::of_slug(&slug);
            return Err(Halt::Go(thread_address(&format!("{slug}/"), thread.root.id)));
        }
        draw(
            &backend,
            &caller,
            places,
            room,
            Show::Newest,
            Beside::Thread(Box::new(thread)),
            &query,
        )
        .await
    })
}

#[component]
pub(crate) fn PinsPage() -> impl IntoView {
    let slug = part("slug");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let (room, places) = try_join!(backend.find_room(&caller, &slug), Places::load(&backend, &caller))?;
        let pins = backend.list_pins(&caller, room.0.id).await?;
        draw(
            &backend,
            &caller,
            places,
            room,
            Show::Newest,
            Beside::Pins(pins),
            &query,
        )
        .await
    })
}
