//! `/settings`: what is one's own, on one page; and `/settings/{section}`: what is the workspace's, for those who may.
//!
//! A section is a file with one function, and a line in [`SECTIONS`].

mod appearance;
mod audit;
mod data;
mod import;
mod invites;
mod notifications;
mod people;
mod programs;
mod reports;
mod sessions;
mod sign_out;
mod tokens;
mod you;

use std::{future::Future, pin::Pin, sync::Arc};

use backend::{Backend, Caller};
use chat::{
    Code, Role,
    permission::{Service, may_serve},
};
use leptos::prelude::*;
use tokio::try_join;

pub(crate) use self::{
    invites::TERMS as INVITE_TERMS,
    programs::{Shown, ShownOnce},
};
use super::load::{Halt, Loaded, load, part, signed_in};
use crate::{
    address::Query,
    parts::{Bar, Frame, Notice, PageStyle, PageTitle, Places, STAFF, Said},
    shell::Leave,
    visit::{backend, query},
};

/// One section.
struct Section {
    /// Its place on the page, or what its own address ends with.
    slug: &'static str,
    /// What the list of sections calls it.
    title: &'static str,
    /// Whose it is.
    of: Of,
    /// Looks up what it shows, and draws it.
    draw: fn(Asked) -> Drawing,
}

/// Whose a section is.
#[derive(Clone, Copy)]
enum Of {
    /// Everyone's own: it stands on `/settings` with the others of its kind.
    One,
    /// The workspace's: a page of its own, for those who may.
    Workspace(Service),
}

/// All of them, in order.
const SECTIONS: &[Section] = &[
    section("you", "You", Of::One, |asked| Box::pin(you::draw(asked))),
    section("appearance", "Appearance", Of::One, |asked| {
        Box::pin(appearance::draw(asked))
    }),
    section("notifications", "Notifications", Of::One, |asked| {
        Box::pin(notifications::draw(asked))
    }),
    section("sessions", "Sessions", Of::One, |asked| {
        Box::pin(sessions::draw(asked))
    }),
    section("tokens", "Access tokens", Of::One, |asked| {
        Box::pin(tokens::draw(asked))
    }),
    section("data", "Your data", Of::One, |asked| Box::pin(data::draw(asked))),
    section("sign-out", "Sign out", Of::One, |asked| {
        Box::pin(sign_out::draw(asked))
    }),
    section(
        "people",
        "People and roles",
        Of::Workspace(Service::Staff),
        |asked| Box::pin(people::draw(asked)),
    ),
    section(
        "invites",
        "Invitations",
        Of::Workspace(Service::Invites),
        |asked| Box::pin(invites::draw(asked)),
    ),
    section("reports", "Reports", Of::Workspace(Service::Reports), |asked| {
        Box::pin(reports::draw(asked))
    }),
    section(
        "programs",
        "Webhooks and bots",
        Of::Workspace(Service::Programs),
        |asked| Box::pin(programs::draw(asked)),
    ),
    section("import", "Import", Of::Workspace(Service::Import), |asked| {
        Box::pin(import::draw(asked))
    }),
    section("audit", "Audit log", Of::Workspace(Service::Audit), |asked| {
        Box::pin(audit::draw(asked))
    }),
];

const fn section(slug: &'static str, title: &'static str, of: Of, draw: fn(Asked) -> Drawing) -> Section {
    Section {
        slug,
        title,
        of,
        draw,
    }
}

/// A section that is being drawn.
type Drawing = Pin<Box<dyn Future<Output = Loaded> + Send>>;

/// What a section is drawn from.
#[derive(Clone)]
struct Asked {
    backend: Arc<Backend>,
    caller: Caller,
    query: Query,
}

impl Section {
    fn is_for(&self, role: Role) -> bool {
        match self.of {
            Of::One => true,
            Of::Workspace(service) => may_serve(service, role),
        }
    }

    fn address(&self) -> String {
        match self.of {
            Of::One => format!("/settings#{}", self.slug),
            Of::Workspace(_) => format!("/settings/{}", self.slug),
        }
    }
}

#[component]
pub(crate) fn Settings() -> impl IntoView {
    load(async move {
        let asked = asked()?;
        let own = async {
            let mut drawn = Vec::new();
            for section in SECTIONS.iter().filter(|section| matches!(section.of, Of::One)) {
                drawn.push((section.draw)(asked.clone()).await?);
            }
            Ok(drawn)
        };
        page(&asked, "Settings", None, own).await
    })
}

#[component]
pub(crate) fn SettingsSection() -> impl IntoView {
    let slug = part("section");
    load(async move {
        let asked = asked()?;
        let section = SECTIONS
            .iter()
            .find(|section| section.slug == slug && matches!(section.of, Of::Workspace(_)))
            .ok_or(Code::NotFound)?;
        if !section.is_for(asked.caller.role) {
            return Err(Code::Forbidden.into());
        }
        let drawn = (section.draw)(asked.clone());
        page(&asked, section.title, Some(section.slug), async {
            Ok(vec![drawn.await?])
        })
        .await
    })
}

fn asked() -> Result<Asked, Halt> {
    Ok(Asked {
        backend: backend(),
        caller: signed_in()?,
        query: query(),
    })
}

async fn page(
    asked: &Asked,
    title: &'static str,
    here: Option<&'static str>,
    sections: impl Future<Output = Result<Vec<AnyView>, Halt>>,
) -> Loaded {
    let places = async { Ok(Places::load(&asked.backend, &asked.caller).await?) };
    let (sections, places) = try_join!(sections, places)?;
    let words = Said::read(&asked.query).words();
    let role = asked.caller.role;
    // Only the page with the way out needs what clears the browser on it.
    let leave = here.is_none().then(|| view! { <Leave/> }.into_any());
    Ok(view! {
        <PageTitle text=title/>
        <Frame places>
            <Bar title=title/>
            <PageStyle text=STAFF/>
            <div class="scroll"><div class="settings">
                <Contents role here/>
                <div class="sheet"><Notice words/>{sections}</div>
            </div></div>
        </Frame>
        {leave}
    }
    .into_any())
}

/// The list of sections.
#[component]
fn Contents(role: Role, here: Option<&'static str>) -> impl IntoView {
    let link = |section: &Section| {
        let current = (here == Some(section.slug)).then_some("page");
        view! { <li><a href=section.address() aria-current=current>{section.title}</a></li> }.into_any()
    };
    let of = |workspace: bool| -> Vec<_> {
        SECTIONS
            .iter()
            .filter(|section| matches!(section.of, Of::Workspace(_)) == workspace && section.is_for(role))
            .map(link)
            .collect()
    };
    let workspace = of(true);
    let workspace =
        (!workspace.is_empty()).then(|| view! { <h2>"Workspace"</h2><ul>{workspace}</ul> }.into_any());
    view! {
        <nav class="contents" aria-label="Settings">
            <h2>"You"</h2>
            <ul>{of(false)}</ul>
            {workspace}
        </nav>
    }
    .into_any()
}
