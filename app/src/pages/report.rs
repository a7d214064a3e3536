//! `/report/{message}`: ask those who keep order to look at a message.

use chat::{Code, report::REASON_CHARS_MAX};
use leptos::prelude::*;
use tokio::try_join;

use super::load::{load, part, signed_in};
use crate::{
    address,
    parts::{Avatar, Bar, Frame, Icon, Notice, PageStyle, PageTitle, Places, STAFF, Said, Shape},
    visit::{backend, query},
};

#[component]
pub(crate) fn Report() -> impl IntoView {
    let id = part("message");
    load(async move {
        let (backend, caller, query) = (backend(), signed_in()?, query());
        let id = id.parse().map_err(|_| Code::MessageNotFound)?;
        let (message, places) =
            try_join!(backend.find_message(&caller, id), Places::load(&backend, &caller))?;
        let room = backend.get_room(&caller, message.room).await?;
        let back = format!("{}/{}", address::of_slug(&room.slug), message.seq);
        let said = Said::read(&query);
        let fault = said.fault("reason", "1 to 500 characters.");
        let done = !query.get("done").is_empty();
        let body = if done {
            view! {
                <div class="notice" role="status"><Icon is=Shape::Check/><span>"Thank you. Those who keep order will look at it."</span></div>
                <p><a class="button" href=back.clone()>"Back to the message"</a></p>
            }
            .into_any()
        } else {
            view! {
                <article class="card report">
                    <div class="person">
                        <Avatar who=message.author.clone()/>
                        <div><b>{message.author.display_name}</b><p class="quiet small">"@"{message.author.username}</p></div>
                    </div>
                    <blockquote>{message.body}</blockquote>
                </article>
                <form class="card" method="post" action="/fn/report_message">
                    <input type="hidden" name="message" value=message.id.to_string()/>
                    <div class="field">
                        <label for="reason">"What is wrong with it?"</label>
                        <textarea id="reason" class="input" name="reason" maxlength=REASON_CHARS_MAX.to_string() required aria-invalid=fault.map(|_| "true")></textarea>
                        {fault.map(|words| view! { <p class="fault">{words}</p> }.into_any())}
                    </div>
                    <button class="button accent" type="submit">"Report"</button>
                </form>
            }
            .into_any()
        };
        Ok(view! {
            <PageTitle text="Report a message"/>
            <Frame places>
                <Bar title="Report a message"><a class="button" href=back>"Back"</a></Bar>
                <PageStyle text=STAFF/>
                <div class="scroll"><div class="sheet"><section>
                    <h2>"Report a message"</h2>
                    <p>"Moderators see the message as it is now, your name and your reason. Nobody else does."</p>
                    <Notice words=said.words()/>
                    {body}
                </section></div></div>
            </Frame>
        }
        .into_any())
    })
}
