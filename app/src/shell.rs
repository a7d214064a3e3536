//! The document around every page: its head, what it may load, and the routes.

#![expect(unreachable_pub, reason = "the component macro makes its props public")]

mod assets;
mod boot;
mod policy;
pub(crate) mod theme;

use http::header;
use leptos::{config::LeptosOptions, hydration::AutoReload, prelude::*};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

pub use self::assets::missing_asset;
pub(crate) use self::boot::{Attend, Boot, EnterSends, Leave, Readable};
use self::{assets::Assets, theme::Theme};
use crate::{
    pages::{
        Details, Direct, Followed, Invite, Landing, Login, Members, NotFound, Offline, Oops, People,
        Permalink, Person, PinsPage, Register, Report, RoomNotify, RoomPage, Rooms, Saved, Search, Settings,
        SettingsSection, ThreadPage, Unread,
    },
    visit::{answer_header, visit},
};

/// Names the user for whom a page is made, or `nobody` (`offline/worker.js`).
const VIEWER: header::HeaderName = header::HeaderName::from_static("natter-viewer");

const DESCRIPTION: &str = "Natter is team chat on a server of your own: one program, one file of data, and every \
    message on every screen in milliseconds.";

/// The document of a page that the router finds.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    answer_header(header::CONTENT_SECURITY_POLICY, &policy::policy());
    // A page is for one person, and true for the moment; it may be kept for going back to it.
    answer_header(header::CACHE_CONTROL, "private, no-cache");
    // For whom it is; the service worker keeps nobody's pages for anybody else.
    let viewer = visit().caller.map(|caller| caller.author.id.to_string());
    answer_header(VIEWER, viewer.as_deref().unwrap_or("nobody"));
    let assets = Assets::of(&options);
    document(options, assets, None, || view! { <App/> }.into_any())
}

/// A whole document as text, with the policy that its headers must carry.
pub(crate) struct Sheet {
    /// The document.
    pub(crate) html: String,
    /// The value of its `Content-Security-Policy`.
    pub(crate) policy: String,
}

/// Renders a document outside of the router: the answer to a form, or an error page from before any page.
pub(crate) fn sheet(options: LeptosOptions, title: &str, body: impl FnOnce() -> AnyView) -> Sheet {
    leptos::nonce::provide_nonce();
    let assets = Assets::known(&options);
    let html = document(options, assets, Some(title.to_owned()), body).to_html();
    Sheet {
        html,
        policy: policy::policy(),
    }
}

/// An error page as text and its `Content-Security-Policy`, for refusals that come before the router. `again`: the
/// address can be asked for once more.
#[must_use]
pub fn error_document(options: LeptosOptions, code: chat::Code, again: bool) -> (String, String) {
    Owner::new().with(|| {
        let Sheet { html, policy } = sheet(options, code.title(), || view! { <Oops code again/> }.into_any());
        (html, policy)
    })
}

fn document(
    options: LeptosOptions,
    assets: Assets,
    title: Option<String>,
    body: impl FnOnce() -> AnyView,
) -> AnyView {
    // Nothing outside of an island is hydrated.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    provide_context(assets);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme::chosen().map(Theme::name)>
            <Head options title/>
            <body>{body()}</body>
        </html>
    }
    .into_any()
}

#[component]
fn Head(options: LeptosOptions, title: Option<String>) -> impl IntoView {
    view! {
        <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
            {title.map(|title| view! { <title>{title}</title> })}
            <meta name="description" content=DESCRIPTION/>
            <meta name="color-scheme" content="light dark"/>
            {theme_colors()}
            <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
            <link rel="apple-touch-icon" href="/icons/apple-180.png"/>
            <link rel="manifest" href="/manifest.webmanifest"/>
            <assets::Style/>
            <AutoReload options/>
            <MetaTags/>
        </head>
    }
    .into_any()
}

/// What surrounds the page takes the colour of the sidebar in the chosen theme, as in `style/tokens.css`; where none
/// is chosen, in the system's.
fn theme_colors() -> AnyView {
    let color = |color, media: Option<&'static str>| {
        leptos::html::meta()
            .name("theme-color")
            .content(color)
            .attr("media", media)
    };
    let (light, dark) = ("#f2f0ec", "#0f1012");
    match theme::chosen() {
        Some(Theme::Light) => color(light, None).into_any(),
        Some(Theme::Dark) => color(dark, None).into_any(),
        None => (
            color(light, Some("(prefers-color-scheme: light)")),
            color(dark, Some("(prefers-color-scheme: dark)")),
        )
            .into_any(),
    }
}

/// Every page and its address.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Landing ssr=SsrMode::Async/>
                <Route path=path!("/login") view=Login ssr=SsrMode::Async/>
                <Route path=path!("/register") view=Register ssr=SsrMode::Async/>
                <Route path=path!("/rooms") view=Rooms ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug") view=RoomPage ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug/members") view=Members ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug/details") view=Details ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug/pins") view=PinsPage ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug/notifications") view=RoomNotify ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug/:seq") view=Permalink ssr=SsrMode::Async/>
                <Route path=path!("/rooms/:slug/threads/:id") view=ThreadPage ssr=SsrMode::Async/>
                <Route path=path!("/direct/:username") view=Direct ssr=SsrMode::Async/>
                <Route path=path!("/unread") view=Unread ssr=SsrMode::Async/>
                <Route path=path!("/threads") view=Followed ssr=SsrMode::Async/>
                <Route path=path!("/saved") view=Saved ssr=SsrMode::Async/>
                <Route path=path!("/people") view=People ssr=SsrMode::Async/>
                <Route path=path!("/people/:username") view=Person ssr=SsrMode::Async/>
                <Route path=path!("/invite/:code") view=Invite ssr=SsrMode::Async/>
                <Route path=path!("/report/:message") view=Report ssr=SsrMode::Async/>
                <Route path=path!("/search") view=Search ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=Settings ssr=SsrMode::Async/>
                <Route path=path!("/settings/:section") view=SettingsSection ssr=SsrMode::Async/>
                <Route path=path!("/offline") view=Offline ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
    .into_any()
}
