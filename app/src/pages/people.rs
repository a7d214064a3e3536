//! `/people`: everyone here, to find and to talk with.

use leptos::prelude::*;
use tokio::try_join;

use super::{
    load::{load, signed_in},
    members::Person,
};
use crate::{
    address::Address,
    parts::{Bar, Frame, Icon, Notice, PageStyle, PageTitle, Places, STAFF, Said, Shape},
    visit::{backend, query},
};

/// How many people a page lists.
const PAGE: u64 = 50;

#[component]
pub(crate) fn People() -> impl IntoView {
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let wanted = query.get("query").trim().to_owned();
        let after = Some(query.get("after")).filter(|after| !after.is_empty());
        let (page, places) = try_join!(
            backend.list_users(&wanted, PAGE, after),
            Places::load(&backend, &caller),
        )?;
        let me = places.me.id;
        let more = page.next_cursor.map(|cursor| {
            let href = Address::new("/people")
                .with("query", &wanted)
                .with("after", &cursor)
                .into_string();
            view! { <p class="turn"><a class="button" href=href>"More people"</a></p> }
        });
        let list = if page.users.is_empty() {
            view! { <div class="none"><b>"Nobody found"</b><p>"Names are searched from their beginning."</p></div> }.into_any()
        } else {
            let rows = page
                .users
                .into_iter()
                .map(|user| view! { <Person is_me={user.author.id == me} user/> });
            view! { <ul class="rows">{rows.collect::<Vec<_>>()}</ul> }.into_any()
        };
        Ok(view! {
            <PageTitle text="People"/>
            <Frame places>
                <Bar title="People"/>
                <PageStyle text=STAFF/>
                <div class="scroll"><div class="sheet"><section>
                    <Notice words=Said::read(&query).words()/>
                    <Find wanted/>
                    {list}
                    {more}
                </section></div></div>
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Find(wanted: String) -> impl IntoView {
    view! {
        <form class="inline" role="search" method="get" action="/people">
            <div class="field">
                <label for="find">"Find people"</label>
                <input id="find" class="input" type="search" name="query" value=wanted placeholder="The beginning of a name"/>
            </div>
            <button class="button" type="submit"><Icon is=Shape::Search/>"Find"</button>
        </form>
    }
    .into_any()
}
