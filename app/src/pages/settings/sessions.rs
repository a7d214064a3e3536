//! Where one is signed in.

use backend::{Credential, store::SessionRecord};
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::parts::date_in_words;

pub(super) async fn draw(Asked { backend, caller, .. }: Asked) -> Loaded {
    let sessions = backend.list_sessions(&caller).await?;
    let rows: Vec<_> = sessions
        .into_iter()
        .map(|session| {
            let here = caller.credential == Credential::Session(session.id);
            view! { <Row session here/> }.into_any()
        })
        .collect();
    Ok(view! {
        <section id="sessions">
            <h2>"Sessions"</h2>
            <p>"The browsers that you are signed in with. One that you do not know? End it, and change your password."</p>
            <ul class="rows">{rows}</ul>
            <form method="post" action="/fn/sign_out_everywhere">
                <button class="button danger" type="submit">"End all sessions"</button>
            </form>
        </section>
    }
    .into_any())
}

#[component]
fn Row(session: SessionRecord, here: bool) -> impl IntoView {
    let name = browser(&session.agent);
    let end = if here {
        view! { <span class="tag good">"This browser"</span> }.into_any()
    } else {
        view! {
            <form method="post" action="/fn/end_session">
                <input type="hidden" name="session" value=session.id.to_string()/>
                <button class="button" type="submit">"End"<span class="unseen">" the session in "{name.clone()}</span></button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div class="what">
                <b>{name}</b>
                <small>
                    "Signed in "{date_in_words(session.created_at)}", last used "{date_in_words(session.seen_at)}
                </small>
            </div>
            {end}
        </li>
    }
    .into_any()
}

/// A browser and its system, out of what it calls itself. Browsers name those that they want to be taken for too, so the
/// order matters.
fn browser(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(sign, _)| agent.contains(sign));
        found.map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.is_empty() => "A browser".to_owned(),
        (None, _) => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_from_those_that_they_want_to_be_taken_for() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(
            browser(&format!(
                "{} Edg/131.0",
                chrome.replace("X11; Linux", "Windows NT 10.0")
            )),
            "Edge on Windows"
        );
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(iphone), "Safari on iPhone");
        assert_eq!(browser("curl/8.5"), "curl/8.5");
        assert_eq!(browser(""), "A browser");
    }
}
