//! Everyone here: roles, and accounts that are closed.

use chat::{
    Role, User,
    permission::{may_deactivate, may_set_role},
};
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::{
    address::{self, Address},
    parts::{Face, Icon, Shape, role_words},
};

/// How many people a page lists.
const PAGE: u64 = 50;

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    let wanted = query.get("query").trim().to_owned();
    let after = Some(query.get("after")).filter(|after| !after.is_empty());
    let page = backend.list_users(&wanted, PAGE, after).await?;
    let here = Address::new("/settings/people")
        .with("query", &wanted)
        .into_string();
    let more = page.next_cursor.map(|cursor| {
        let href = Address::new(&*here).with("after", &cursor).into_string();
        view! { <p class="turn"><a class="button" href=href>"More people"</a></p> }.into_any()
    });
    let rows: Vec<_> = page
        .users
        .into_iter()
        .map(|user| {
            view! { <Row is_me={user.author.id == caller.id()} by=caller.role user page=here.clone()/> }
                .into_any()
        })
        .collect();
    let list = if rows.is_empty() {
        view! { <div class="none"><b>"Nobody found"</b><p>"Names are searched from their beginning."</p></div> }
            .into_any()
    } else {
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    Ok(view! {
        <section>
            <h2>"People and roles"</h2>
            <p>"Nobody gives or takes a role above their own. A deactivated account cannot sign in; what it wrote stays."</p>
            <form class="inline" role="search" method="get" action="/settings/people">
                <div class="field">
                    <label for="find">"Find people"</label>
                    <input id="find" class="input" type="search" name="query" value=wanted placeholder="The beginning of a name"/>
                </div>
                <button class="button" type="submit"><Icon is=Shape::Search/>"Find"</button>
            </form>
            {list}
            {more}
        </section>
    }
    .into_any())
}

#[component]
fn Row(user: User, by: Role, is_me: bool, page: String) -> impl IntoView {
    let User {
        author,
        role,
        deactivated,
        status,
        custom: _,
        bot: _,
    } = user;
    let (id, name) = (author.id.to_string(), author.display_name.clone());
    let roles: Vec<_> = Role::ALL
        .into_iter()
        .filter(|to| may_set_role(by, role, *to))
        .collect();
    let role_form = if roles.is_empty() || deactivated {
        let words = if deactivated {
            "Deactivated"
        } else {
            role_words(role)
        };
        view! { <span class="tag">{words}</span> }.into_any()
    } else {
        let options: Vec<_> = roles
            .into_iter()
            .map(|to| {
                view! { <option value=to.name() selected={to == role}>{role_words(to)}</option> }.into_any()
            })
            .collect();
        view! {
            <form class="role" method="post" action="/fn/set_role">
                <input type="hidden" name="user" value=id.clone()/>
                <input type="hidden" name="page" value=page.clone()/>
                <select class="select" name="role" aria-label=format!("Role of {name}")>{options}</select>
                <button class="button" type="submit">"Set"<span class="unseen">" the role of "{name.clone()}</span></button>
            </form>
        }
        .into_any()
    };
    let account = (!is_me && may_deactivate(by, role)).then(|| {
        let (label, class) = if deactivated {
            ("Reactivate", "button")
        } else {
            ("Deactivate", "button danger")
        };
        view! {
            <form method="post" action="/fn/set_active">
                <input type="hidden" name="user" value=id.clone()/>
                <input type="hidden" name="active" value=deactivated.then_some("on")/>
                <input type="hidden" name="page" value=page.clone()/>
                <button class=class type="submit">{label}<span class="unseen">" "{name.clone()}</span></button>
            </form>
            <details class="erase">
                <summary>"Erase"<span class="unseen">" "{name}</span></summary>
                <form method="post" action="/fn/erase_user">
                    <input type="hidden" name="user" value=id/>
                    <input type="hidden" name="page" value=page/>
                    <label class="check">
                        <input type="checkbox" name="keep_messages" value="on"/>
                        "Leave the messages, without the name"
                    </label>
                    <button class="button danger" type="submit">"Erase for ever"</button>
                </form>
            </details>
        }
        .into_any()
    });
    view! {
        <li class="wraps" class:off=deactivated>
            <Face who=author.clone() status/>
            <div class="what">
                <b><a href=address::of_profile(&author.username)>{author.display_name}</a></b>
                <small>"@"{author.username}</small>
            </div>
            <div class="actions">{role_form}{account}</div>
        </li>
    }
    .into_any()
}
