//! `/rooms/{slug}/details`: what a channel is for, its settings, who must stay out of it.

use backend::store::Ban;
use chat::{
    Code, Role, Room, RoomKind,
    permission::{Action, Standing, may},
    room::{DESCRIPTION_CHARS_MAX, GENERAL},
};
use leptos::prelude::*;
use tokio::try_join;

use super::load::{load, part, signed_in};
use crate::{
    address::{self, Query},
    parts::{
        Avatar, Bar, Field, Frame, Icon, Notice, PageStyle, PageTitle, Places, STAFF, Said, Shape,
        date_in_words,
    },
    visit::{backend, query},
};

/// How many bans are listed; more are in the API.
const BANS: u64 = 100;
/// What slow mode can be set to on the page, in seconds.
const PACES: [(u32, &str); 8] = [
    (0, "Off"),
    (5, "5 seconds"),
    (10, "10 seconds"),
    (30, "30 seconds"),
    (60, "1 minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "1 hour"),
];

/// What the caller may do about a room.
#[derive(Clone, Copy)]
pub(super) struct Rights {
    describe: bool,
    configure: bool,
    archive: bool,
    pub(super) expel: bool,
    pub(super) invite: bool,
}

impl Rights {
    pub(super) fn of(room: &Room, places: &Places) -> Self {
        let standing = Standing {
            kind: room.kind,
            private: room.private,
            archived: room.archived,
            member: room.member,
            banned: false,
            creator: room.created_by == Some(places.me.id),
            role: places.role,
            own: false,
        };
        let is_everyones = room.slug == GENERAL;
        Self {
            describe: may(Action::Describe, standing),
            configure: may(Action::Configure, standing),
            archive: may(Action::Archive, standing) && !is_everyones,
            expel: may(Action::Expel, standing) && !is_everyones,
            invite: may(Action::Invite, standing),
        }
    }
}

#[component]
pub(crate) fn Details() -> impl IntoView {
    let slug = part("slug");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let ((room, may_read), places) =
            try_join!(backend.find_room(&caller, &slug), Places::load(&backend, &caller))?;
        if room.kind == RoomKind::Direct {
            return Err(Code::NotFound.into());
        }
        let rights = Rights::of(&room, &places);
        let bans = async {
            match rights.expel {
                true => Ok(backend.list_bans(&caller, room.id, BANS, None).await?.bans),
                false => Ok(Vec::new()),
            }
        };
        let (members, bans) = try_join!(backend.count_members(may_read), bans)?;
        let here = address::of_slug(&room.slug) + "/details";
        let back = address::of_room(&room);
        let name = room.name.clone();
        let title = format!("About #{name}");
        let words = Said::read(&query).words();
        Ok(view! {
            <PageTitle text=title.clone()/>
            <Frame places>
                <Bar title><a class="button" href=back>"Back"<span class="unseen">" to #"<bdi>{name}</bdi></span></a></Bar>
                <PageStyle text=STAFF/>
                <div class="scroll"><div class="sheet">
                    <Notice words/>
                    <About room=&room members rights here=here.clone() query=query.clone()/>
                    {(rights.configure || rights.archive).then(|| view! { <Rules room=&room rights here=here.clone() query/> }.into_any())}
                    {(!bans.is_empty()).then(|| view! { <Bans room=&room bans here/> }.into_any())}
                </div></div>
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn About<'a>(
    room: &'a Room,
    members: u64,
    rights: Rights,
    here: String,
    query: Query,
) -> impl IntoView + use<> {
    let topic = match room.topic.is_empty() {
        true => view! { <p class="quiet">"No topic yet."</p> }.into_any(),
        false => view! { <p>{room.topic.clone()}</p> }.into_any(),
    };
    let description =
        (!room.description.is_empty()).then(|| view! { <p>{room.description.clone()}</p> }.into_any());
    let kind = match (room.private, room.archived) {
        (_, true) => "Archived: it can be read, and nothing else",
        (true, false) => "Private: people come in by invitation",
        (false, false) => "Public: everyone but guests can read and join it",
    };
    let pace = (room.slow_s > 0)
        .then(|| view! { <dt>"Slow mode"</dt><dd>{pace_words(room.slow_s)}</dd> }.into_any());
    let edit = rights
        .describe
        .then(|| view! { <Describe room here query/> }.into_any());
    let page = |name: &str| address::of_slug(&room.slug) + name;
    let bell = room
        .member
        .then(|| view! { <a class="button" href=page("/notifications")>"Notifications"</a> }.into_any());
    view! {
        <section>
            <h2>"#"<bdi>{room.name.clone()}</bdi></h2>
            <div class="card">
                <div class="about">{topic}{description}</div>
                <dl class="facts">
                    <dt>"Kind"</dt><dd>{kind}</dd>
                    <dt>"Members"</dt><dd><a href=page("/members")>{members}</a></dd>
                    {pace}
                </dl>
                <p class="buttons"><a class="button" href=page("/pins")>"Pinned messages"</a>{bell}</p>
                {edit}
            </div>
        </section>
    }
    .into_any()
}

fn pace_words(seconds: u32) -> String {
    let known = PACES.iter().find(|(pace, _)| *pace == seconds);
    let time = known.map_or_else(|| format!("{seconds} seconds"), |(_, words)| (*words).to_owned());
    format!("One message in {time}; moderators do not wait")
}

#[component]
fn Describe<'a>(room: &'a Room, here: String, query: Query) -> impl IntoView + use<> {
    let said = Said::read(&query);
    let fault = said.fault("description", "At most 2,000 characters, none of them invisible.");
    let open = fault.is_some() || said.fault("topic", "").is_some();
    let topic = if open {
        query.get("topic").to_owned()
    } else {
        room.topic.clone()
    };
    view! {
        <details class="fold" open=open>
            <summary>"Edit topic and description"</summary>
            <form method="post" action="/fn/describe_room">
                <input type="hidden" name="room" value=room.id.to_string()/>
                <input type="hidden" name="page" value=here/>
                <Field
                    label="Topic"
                    name="topic"
                    value=topic
                    hint="One line, beside the channel's name."
                    fault=said.fault("topic", "At most 250 characters, none of them invisible.")
                    optional=true
                />
                <div class="field">
                    <label for="description">"Description"</label>
                    <textarea
                        id="description"
                        class="input"
                        name="description"
                        maxlength=(2 * DESCRIPTION_CHARS_MAX).to_string()
                        aria-invalid=fault.map(|_| "true")
                    >
                        {room.description.clone()}
                    </textarea>
                    {fault.map(|words| view! { <p class="fault">{words}</p> }.into_any())}
                </div>
                <button class="button accent" type="submit">"Save"</button>
            </form>
        </details>
    }
    .into_any()
}

#[component]
fn Rules<'a>(room: &'a Room, rights: Rights, here: String, query: Query) -> impl IntoView + use<> {
    let said = Said::read(&query);
    let exists = said
        .is(Code::RoomExists)
        .then_some("Another channel has this name already.");
    let fault = exists.or_else(|| {
        said.fault(
            "name",
            "1 to 64 characters, at least one of them a letter or digit.",
        )
    });
    let other = (!PACES.iter().any(|(pace, _)| *pace == room.slow_s))
        .then(|| view! { <option value=room.slow_s.to_string() selected=true>{format!("{} seconds", room.slow_s)}</option> }.into_any());
    let paces: Vec<_> = PACES
        .into_iter()
        .map(|(pace, words)| {
            view! { <option value=pace.to_string() selected={pace == room.slow_s}>{words}</option> }
                .into_any()
        })
        .collect();
    let (id, page) = (room.id.to_string(), here.clone());
    let configure = rights.configure.then(|| {
        view! {
            <form method="post" action="/fn/configure_room">
                <input type="hidden" name="room" value=id/>
                <input type="hidden" name="page" value=page/>
                <div class="pair">
                    <Field
                        label="Name"
                        name="name"
                        value=room.name.clone()
                        hint="The address stays, so links go on working."
                        fault
                    />
                    <div class="field">
                        <label for="slow">"Slow mode"</label>
                        <select id="slow" class="select" name="slow_s">{other}{paces}</select>
                        <p class="hint">"How long a person waits between two messages."</p>
                    </div>
                </div>
                <button class="button accent" type="submit">"Save settings"</button>
            </form>
        }
        // Boxed: what a page is put together from has a limit to how deep its type is.
        .into_any()
    });
    let archive = rights
        .archive
        .then(|| view! { <Archive room=room.clone() here/> }.into_any());
    view! {
        <section>
            <h2>"Settings"</h2>
            <div class="card">{configure}{archive}</div>
        </section>
    }
    .into_any()
}

/// Puts the channel away, or takes it out again.
#[component]
fn Archive(room: Room, here: String) -> impl IntoView {
    let (words, label, class) = match room.archived {
        true => (
            "People can write here again, and join.",
            "Unarchive channel",
            "button",
        ),
        false => (
            "Nobody can write or join any more; everyone inside can read on.",
            "Archive channel",
            "button danger",
        ),
    };
    view! {
        <div class="split">
            <div><b>{if room.archived { "Take it out of the archive" } else { "Put it away" }}</b><p>{words}</p></div>
            <form method="post" action="/fn/archive_room">
                <input type="hidden" name="room" value=room.id.to_string()/>
                <input type="hidden" name="archived" value=(!room.archived).then_some("on")/>
                <input type="hidden" name="page" value=here/>
                <button class=class type="submit">{label}</button>
            </form>
        </div>
    }
    .into_any()
}

#[component]
fn Bans<'a>(room: &'a Room, bans: Vec<Ban>, here: String) -> impl IntoView + use<> {
    let id = room.id.to_string();
    let rows: Vec<_> = bans
        .into_iter()
        .map(|ban| {
            let reason = Some(ban.reason).filter(|reason| !reason.is_empty());
            view! {
                <li>
                    <Avatar who=ban.user.clone()/>
                    <div class="what">
                        <b>{ban.user.display_name.clone()}</b>
                        <small>{reason.map(|reason| format!("{reason} · "))}"by "{ban.banned_by.display_name}", "{date_in_words(ban.banned_at)}</small>
                    </div>
                    <form method="post" action="/fn/lift_ban">
                        <input type="hidden" name="room" value=id.clone()/>
                        <input type="hidden" name="user" value=ban.user.id.to_string()/>
                        <input type="hidden" name="page" value=here.clone()/>
                        <button class="button" type="submit">"Lift ban"<span class="unseen">" of "{ban.user.display_name}</span></button>
                    </form>
                </li>
            }.into_any()
        })
        .collect();
    view! {
        <section>
            <h2>"Banned"</h2>
            <p><Icon is=Shape::Lock/>" These people can neither read nor join."</p>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// What can be done to a member: behind one button, which opens without a script.
#[component]
pub(super) fn Deeds<'a>(room: &'a Room, user: String, name: String, here: String) -> impl IntoView + use<> {
    let id = room.id.to_string();
    view! {
        <details class="deeds">
            <summary class="icon-button" aria-label=format!("What to do about {name}")></summary>
            <div>
                <form method="post" action="/fn/expel_member">
                    <input type="hidden" name="room" value=id.clone()/>
                    <input type="hidden" name="user" value=user.clone()/>
                    <input type="hidden" name="page" value=here.clone()/>
                    <button class="button" type="submit">"Remove from channel"</button>
                </form>
                <form method="post" action="/fn/expel_member">
                    <input type="hidden" name="room" value=id/>
                    <input type="hidden" name="user" value=user/>
                    <input type="hidden" name="page" value=here/>
                    <input type="hidden" name="ban" value="on"/>
                    <input class="input" name="reason" maxlength="250" placeholder="Reason" aria-label="Reason"/>
                    <button class="button danger" type="submit">"Ban from channel"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Whether someone of the caller's role may send a member of this role out.
pub(super) fn may_send_out(room: &Room, places: &Places, whom: Role) -> bool {
    let creator = room.created_by == Some(places.me.id);
    chat::permission::may_expel(places.role, creator, whom)
}
