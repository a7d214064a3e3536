//! Forms of `/rooms` and `/people`: channels and conversations.

use backend::room::ChannelDraft;
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_room, refused, signed_in};
use crate::{
    address::{self, Address},
    visit::backend,
};

/// Creates a channel and goes there.
#[server(prefix = "/fn", endpoint = "create_channel", protocol = Form)]
pub(crate) async fn create_channel(
    #[server(default)] name: String,
    #[server(default)] topic: String,
    #[server(default)] private: String,
) -> Answered {
    answer(async move {
        let caller = signed_in("/rooms")?;
        let draft = ChannelDraft {
            name: name.clone(),
            topic: topic.clone(),
            private: !private.is_empty(),
        };
        let room = backend()
            .create_channel(&caller, draft)
            .await
            .map_err(|problem| {
                let form = refused("/rooms", &problem)
                    .with("name", &name)
                    .with("topic", &topic);
                Answer::see(form.with("private", &private))
            })?;
        Ok(Answer::see(Address::new(address::of_room(&room))))
    })
    .await
}

/// Makes the caller a member of a channel and goes there.
#[server(prefix = "/fn", endpoint = "join_room", protocol = Form)]
pub(crate) async fn join_room(#[server(default)] room: String, #[server(default)] page: String) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/rooms");
        let caller = signed_in(page)?;
        let refuse = |problem| back("/rooms", &problem);
        let room = parse_room(&room).map_err(refuse)?;
        backend().join_room(&caller, room).await.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Opens the conversation with a person, creating it where there is none yet.
#[server(prefix = "/fn", endpoint = "open_direct", protocol = Form)]
pub(crate) async fn open_direct(#[server(default)] username: String) -> Answered {
    answer(async move {
        let caller = signed_in("/people")?;
        let backend = backend();
        let refuse = |problem| Answer::see(refused("/people", &problem).with("query", &username));
        let other = backend.find_user(username.trim()).await.map_err(refuse)?;
        backend
            .open_direct(&caller, &[other.author.id])
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(address::of_person(
            &other.author.username,
        ))))
    })
    .await
}
