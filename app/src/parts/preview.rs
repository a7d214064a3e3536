//! A room, drawn with the parts of the real one, for people who are not in any yet.

use leptos::prelude::*;

use super::{Icon, PageStyle, Shape};

/// The drawing. It is one picture to those who hear the page.
#[component]
pub(crate) fn Preview() -> impl IntoView {
    view! {
        <PageStyle text=include_str!("preview.css")/>
        <div class="window" role="img" aria-label="A room in Natter, with its messages and the list of rooms beside it">
            <Beside/>
            <div class="pane">
                <div class="bar">
                    <b class="title"><span class="glyph">"#"</span><span>"opening-night"</span></b>
                    <p class="topic">"Curtain at eight. Keep it calm."</p>
                    <div class="end"><span class="members">
                        <span class="faces"><Letter of="N" hue="h1 s"/><Letter of="O" hue="h8 s"/><Letter of="Y" hue="h10 s"/></span>
                        "9"
                    </span></div>
                </div>
                <div class="list"><div class="inner"><Talk/></div></div>
                <div class="write">
                    <div class="composer">
                        <span class="empty">"Message #opening-night"</span>
                        <span class="button accent send"><Icon is=Shape::Up/><span>"Send"</span></span>
                    </div>
                    <div class="typing">"Nadia is typing…"</div>
                </div>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Beside() -> impl IntoView {
    view! {
        <div class="side">
            <span class="brand"><Icon is=Shape::Natter/>"Natter"</span>
            <div class="rooms">
                <p class="group">"Channels"</p>
                <a class="room"><span class="glyph">"#"</span><span class="name">"box-office"</span></a>
                <a class="room unread" data-mentions="2"><span class="glyph">"#"</span><span class="name">"crew"</span><span class="count">"2"</span></a>
                <a class="room here"><span class="glyph">"#"</span><span class="name">"opening-night"</span></a>
                <a class="room unread" data-mentions="0"><span class="glyph">"#"</span><span class="name">"set-building"</span><span class="count">"9"</span></a>
                <p class="group">"Direct messages"</p>
                <a class="room"><span class="dot" data-status="online"></span><span class="name">"Nadia Haddad"</span></a>
                <a class="room"><span class="dot" data-status="away"></span><span class="name">"Yuki Mori"</span></a>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Talk() -> impl IntoView {
    view! {
        <div class="day">"Friday, 20 November"</div>
        <Line kind="first" letter="N" hue="h1" who="Nadia Haddad" at="18:02">
            <p>"Doors in an hour. The new lighting cues are in, and the seat in row 12 is "<strong>"fixed"</strong>"."</p>
        </Line>
        <Line kind="first" letter="O" hue="h8" who="Owen Price" at="18:04">
            <p>"Tried them from the balcony: cue 31 comes a beat late. Made it "<code>"1.2 s"</code>", looks right now."</p>
        </Line>
        <Line kind="" letter="O" hue="h8" who="Owen Price" at="18:04">
            <p><span class="mention">"@Yuki Mori"</span>" can you give the fog another minute?"</p>
        </Line>
        <div class="day new">"New"</div>
        <Line kind="first" letter="Y" hue="h10" who="Yuki Mori" at="18:05">
            <p>"はい、あと一分。 And backstage is all clear."</p>
        </Line>
        <Line kind="first waiting" letter="L" hue="h4" who="Lena Brandt" at="18:06">
            <p>"In the lift, no signal. This one arrives by itself."</p>
        </Line>
    }
    .into_any()
}

#[component]
fn Line(
    kind: &'static str,
    letter: &'static str,
    hue: &'static str,
    who: &'static str,
    at: &'static str,
    children: Children,
) -> impl IntoView {
    let waits = kind
        .ends_with("waiting")
        .then(|| view! { <p class="fate">"Waiting for the network"</p> });
    view! {
        <div class=format!("message {kind}")>
            <Letter of=letter hue/>
            <b class="who">{who}</b>
            <span class="when">{at}</span>
            <div class="body">{children()}</div>
            {waits}
        </div>
    }
    .into_any()
}

#[component]
fn Letter(of: &'static str, hue: &'static str) -> impl IntoView {
    view! { <span class=format!("avatar {hue}")>{of}</span> }
}
