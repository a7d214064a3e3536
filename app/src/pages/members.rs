//! `/rooms/{slug}/members`: who is in a channel, bring someone in, leave.

use chat::{Code, Room, RoomKind, User, room::GENERAL};
use leptos::prelude::*;
use tokio::try_join;

use super::{
    details::{Deeds, Rights, may_send_out},
    load::{load, part, signed_in},
};
use crate::{
    address::{self, Address, Query},
    islands::people_picker::PeoplePicker,
    parts::{
        Bar, Face, Field, Frame, Icon, Notice, PageStyle, PageTitle, Places, RoleTag, STAFF, Said, Shape,
    },
    shell::Boot,
    visit::{backend, query},
};

/// How many members a page lists.
const PAGE: u64 = 50;

#[component]
pub(crate) fn Members() -> impl IntoView {
    let slug = part("slug");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let (room, may_read) = backend.find_room(&caller, &slug).await?;
        if room.kind == RoomKind::Direct {
            return Err(Code::NotFound.into());
        }
        let after = Some(query.get("after")).filter(|after| !after.is_empty());
        let (page, count, places) = try_join!(
            backend.page_members(may_read, PAGE, after),
            backend.count_members(may_read),
            Places::load(&backend, &caller),
        )?;
        let me = places.me.id;
        let title = format!("Members of #{}", room.name);
        let here = address::of_slug(&room.slug) + "/members";
        let rights = Rights::of(&room, &places);
        let rows: Vec<_> = page
            .users
            .into_iter()
            .map(|user| {
                let is_me = user.author.id == me;
                let deeds = (rights.expel && !is_me && may_send_out(&room, &places, user.role)).then(|| {
                    let (id, name) = (user.author.id.to_string(), user.author.display_name.clone());
                    view! { <Deeds room=&room user=id name here=here.clone()/> }.into_any()
                });
                view! { <Person is_me user deeds/> }.into_any()
            })
            .collect();
        let more = page
            .next_cursor
            .map(|after| Address::new(&*here).with("after", &after).into_string());
        let (back, name) = (address::of_room(&room), room.name.clone());
        let about = address::of_slug(&room.slug) + "/details";
        let heading = if count == 1 {
            "1 member".to_owned()
        } else {
            format!("{count} members")
        };
        let boot = room.member.then(|| view! { <Boot/> }.into_any());
        Ok(view! {
            <PageTitle text=title.clone()/>
            <Frame places>
                <Bar title><a class="button" href=about>"About"</a><a class="button" href=back>"Back"<span class="unseen">" to #"<bdi>{name}</bdi></span></a></Bar>
                <PageStyle text=STAFF/>
                <div class="scroll"><div class="sheet">
                    {rights.invite.then(|| view! { <Invite room=&room here=here.clone() query/> }.into_any())}
                    <section>
                        <h2>{heading}</h2>
                        <ul class="rows">{rows}</ul>
                        {more.map(|href| view! { <p class="turn"><a class="button" href=href>"More members"</a></p> }.into_any())}
                    </section>
                    {(room.member && room.slug != GENERAL).then(|| view! { <Leave room=&room here/> }.into_any())}
                </div></div>
            </Frame>
            {boot}
        }
        .into_any())
    })
}

/// A person in a list, with the way to talk with them.
#[component]
pub(super) fn Person(
    user: User,
    is_me: bool,
    #[prop(optional_no_strip)] deeds: Option<AnyView>,
) -> impl IntoView {
    let User {
        author,
        role,
        deactivated,
        status,
        custom,
        bot,
    } = user;
    let says = custom.map(|custom| view! { " · "{custom.emoji}" "{custom.text} });
    let tag = if deactivated {
        view! { <span class="tag">"Deactivated"</span> }.into_any()
    } else if bot {
        view! { <span class="tag">"Bot"</span> }.into_any()
    } else {
        view! { <RoleTag role/> }.into_any()
    };
    let end = if is_me || deactivated {
        is_me
            .then(|| view! { <span class="quiet small">"You"</span> }.into_any())
            .into_any()
    } else {
        view! {
            <form method="post" action="/fn/open_direct">
                <input type="hidden" name="username" value=author.username.clone()/>
                <button class="button" type="submit">"Message"<span class="unseen">" "{author.display_name.clone()}</span></button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <Face who=author.clone() status/>
            <div class="what">
                <b><a href=address::of_profile(&author.username)>{author.display_name}</a>{tag}</b>
                <small>"@"{author.username}{says}</small>
            </div>
            {end}
            {deeds}
        </li>
    }
    .into_any()
}

#[component]
fn Invite<'a>(room: &'a Room, here: String, query: Query) -> impl IntoView + use<> {
    let said = Said::read(&query);
    let invited = Some(query.get("invited").to_owned()).filter(|name| chat::username::parse(name).is_ok());
    let done = invited.map(|name| {
        view! { <div class="notice" role="status"><Icon is=Shape::Check/><span>"@"{name}" is a member now."</span></div> }.into_any()
    });
    view! {
        <section>
            <h2>"Invite someone"</h2>
            <Notice words=said.words()/>
            {done}
            <form class="inline" method="post" action="/fn/invite_member">
                <input type="hidden" name="room" value=room.id.to_string()/>
                <input type="hidden" name="page" value=here/>
                <Field label="Username" name="username" value=query.get("username") placeholder="@name"/>
                <PeoplePicker/>
                <button class="button" type="submit">"Invite"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Leave<'a>(room: &'a Room, here: String) -> impl IntoView + use<> {
    let text = if room.private {
        "You will not see what is said there any more, until someone inside invites you again."
    } else {
        "You can come back at any time."
    };
    view! {
        <section>
            <h2>"Leave #"<bdi>{room.name.clone()}</bdi></h2>
            <p>{text}</p>
            <form method="post" action="/fn/leave_room">
                <input type="hidden" name="room" value=room.id.to_string()/>
                <input type="hidden" name="page" value=here/>
                <button class="button danger" type="submit">"Leave channel"</button>
            </form>
        </section>
    }
    .into_any()
}
