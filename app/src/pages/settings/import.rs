//! What other programs have written out, and what came of it.

use backend::import::Standing;
use leptos::prelude::*;

use super::{Asked, Loaded};

pub(super) async fn draw(Asked { backend, .. }: Asked) -> Loaded {
    let standing = backend.importing.standing();
    let goes_on = standing.as_ref().is_some_and(|standing| standing.end.is_none());
    let shown = standing.map(|standing| view! { <Shown standing/> }.into_any());
    let form = (!goes_on).then(|| view! { <Bring/> }.into_any());
    Ok(view! {
        <section>
            <h2>"Import from Slack"</h2>
            <p>
                "Brings in people, channels, threads, reactions and files from the archive of a Slack export. An archive can be "
                "imported again: what is here already does not come twice. New people have no password yet; whoever runs the "
                "server gives them one with "<code>"natter password"</code>"."
            </p>
            {shown}
            {form}
        </section>
    }
    .into_any())
}

#[component]
fn Bring() -> impl IntoView {
    view! {
        <form class="card" method="post" action="/import/send" enctype="multipart/form-data">
            <label class="check">
                <input type="checkbox" name="match_usernames" value="on"/>
                <span>"Take people whose username is the same here for the same person: they own their messages and see their rooms"</span>
            </label>
            <div class="field">
                <label for="archive">"Archive (.zip, at most 100 MiB; larger ones by "<code>"natter import slack"</code>")"</label>
                <input id="archive" class="input" type="file" name="file" accept=".zip,application/zip" required/>
            </div>
            <button class="button accent" type="submit">"Import"</button>
        </form>
    }
    .into_any()
}

#[component]
fn Shown(standing: Standing) -> impl IntoView {
    let Standing {
        began_at,
        room,
        summary,
        end,
    } = standing;
    let words = match end {
        None if room.is_empty() => "The import goes on.".to_owned(),
        None => format!("The import goes on: {room} has come."),
        Some(Ok(())) => "The import is done.".to_owned(),
        Some(Err(reason)) => format!("The import ended early: {reason}"),
    };
    let stored = format!(
        "{} new messages and {} files, since {began_at}.",
        summary.messages_stored, summary.files_stored
    );
    let lines: Vec<_> = summary
        .to_string()
        .lines()
        .map(str::to_owned)
        .chain(summary.faults.iter().map(ToString::to_string))
        .map(|line| view! { <li>{line}</li> }.into_any())
        .collect();
    view! {
        <div class="card">
            <p role="status"><b>{words}</b></p>
            <p>{stored}</p>
            <ul>{lines}</ul>
            <p><a class="button" href="/settings/import">"Look again"</a></p>
        </div>
    }
    .into_any()
}
