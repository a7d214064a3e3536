//! Messages that somebody asks those who keep order to look at.

use chat::report::Report;
use leptos::prelude::*;

use super::{Asked, Loaded};
use crate::{
    address::{self, Address},
    parts::{Avatar, Icon, Shape, date_in_words},
};

/// How many reports a page lists.
const PAGE: u64 = 20;

pub(super) async fn draw(
    Asked {
        backend,
        caller,
        query,
    }: Asked,
) -> Loaded {
    let resolved = query.get("show") == "resolved";
    let before = query.get("after").parse().ok();
    let page = backend.page_reports(&caller, resolved, PAGE, before).await?;
    let show = if resolved { "resolved" } else { "" };
    let here = Address::new("/settings/reports").with("show", show);
    let more = page.next_cursor.map(|cursor| {
        let href = here.with("after", &cursor.to_string()).into_string();
        view! { <p class="turn"><a class="button" href=href>"Older reports"</a></p> }.into_any()
    });
    let cards: Vec<_> = page
        .reports
        .into_iter()
        .map(|report| view! { <Card report/> }.into_any())
        .collect();
    let (none, why) = match resolved {
        true => (
            "Nothing was resolved yet",
            "What you decide about reports is kept here.",
        ),
        false => ("Nothing waits", "Messages that people report come here."),
    };
    let list = if cards.is_empty() {
        view! { <div class="none"><Icon is=Shape::Check/><b>{none}</b><p>{why}</p></div> }.into_any()
    } else {
        view! { <div class="cards">{cards}</div> }.into_any()
    };
    let tab = |href: &'static str, label: &'static str, here: bool| {
        view! { <a class="button" href=href aria-current=here.then_some("page")>{label}</a> }.into_any()
    };
    Ok(view! {
        <section>
            <h2>"Reports"</h2>
            <p class="tabs">
                {tab("/settings/reports", "Waiting", !resolved)}
                {tab("/settings/reports?show=resolved", "Resolved", resolved)}
            </p>
            {list}
            {more}
        </section>
    }
    .into_any())
}

#[component]
fn Card(report: Report) -> impl IntoView {
    let place = match report.room_name.is_empty() {
        true => "in a conversation".to_owned(),
        false => format!("in #{}", report.room_name),
    };
    let link = format!("{}/{}", address::of_slug(&report.slug), report.seq);
    let foot = match report.resolved_by {
        Some(by) => {
            let words = Some(report.resolution).filter(|words| !words.is_empty());
            view! {
                <p class="quiet small">
                    <Icon is=Shape::Check/>" Resolved by "{by.display_name}{words.map(|words| format!(": {words}"))}
                </p>
            }
            .into_any()
        }
        None => view! {
            <form class="inline" method="post" action="/fn/resolve_report">
                <input type="hidden" name="report" value=report.id.to_string()/>
                <div class="field">
                    <input class="input" name="resolution" maxlength="500" placeholder="What was decided" aria-label="What was decided"/>
                </div>
                <button class="button" type="submit">"Resolve"</button>
            </form>
        }
        .into_any(),
    };
    view! {
        <article class="card report">
            <div class="person">
                <Avatar who=report.author.clone()/>
                <div>
                    <b>{report.author.display_name}</b>
                    <p class="quiet small">{place}" · "<a href=link>"Go to the message"</a></p>
                </div>
            </div>
            <blockquote>{report.body}</blockquote>
            <p>
                <b>{report.reason}</b>
                <span class="quiet small">" — "{report.reporter.display_name}", "{date_in_words(report.created_at)}</span>
            </p>
            {foot}
        </article>
    }
    .into_any()
}
