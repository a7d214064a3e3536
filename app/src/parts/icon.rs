//! The icons: one family, drawn on 24 by 24 with one stroke.

use leptos::prelude::*;

/// What an icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Bell,
    Bolt,
    Bookmark,
    Check,
    Clip,
    Close,
    Compass,
    Down,
    Emoji,
    House,
    Inbox,
    Lock,
    Menu,
    Natter,
    People,
    Pin,
    Search,
    Sliders,
    Thread,
    Up,
    Warning,
}

impl Shape {
    const fn drawing(self) -> &'static str {
        match self {
            Self::Bell => r#"<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 21h4"/>"#,
            Self::Bookmark => r#"<path d="M7 4h10v16l-5-4-5 4z"/>"#,
            Self::Inbox => r#"<path d="M4 13h4l1.5 3h5L16 13h4M4 13v6h16v-6L17 5H7z"/>"#,
            Self::Thread => r#"<path d="M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12.5h5"/>"#,
            Self::Bolt => r#"<path d="M13 3 5 13.5h6L10 21l8-10.5h-6z"/>"#,
            Self::Check => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
            Self::Clip => {
                r#"<path d="m19.5 11.5-7.8 7.8a5 5 0 0 1-7-7l8.2-8.3a3.4 3.4 0 0 1 4.8 4.8l-8.2 8.2a1.7 1.7 0 0 1-2.4-2.4l7.4-7.4"/>"#
            }
            Self::Close => r#"<path d="m6 6 12 12M18 6 6 18"/>"#,
            Self::Compass => r#"<circle cx="12" cy="12" r="8.5"/><path d="m15.5 8.5-2 5-5 2 2-5z"/>"#,
            Self::Down => r#"<path d="M12 5v14M6 13l6 6 6-6"/>"#,
            Self::Emoji => {
                r#"<circle cx="12" cy="12" r="8.5"/><path d="M8.5 14a4.5 4.5 0 0 0 7 0M9 9.5v.1M15 9.5v.1"/>"#
            }
            Self::House => r#"<path d="M4 20h16M6 20V9l6-5 6 5v11M10 20v-5h4v5"/>"#,
            Self::Lock => {
                r#"<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>"#
            }
            Self::Menu => r#"<path d="M4 7h16M4 12h16M4 17h10"/>"#,
            // A speech bubble around the n that the name begins with.
            Self::Natter => {
                r#"<path d="M8 20.5 4.6 21l.6-3.4A9 9 0 1 1 8 20.5z"/><path d="M8.8 15.2V9.6M8.8 12a3.2 3.2 0 0 1 6.4 0v3.2"/>"#
            }
            Self::People => {
                r#"<circle cx="9" cy="8" r="3.5"/><path d="M3 19.5a6 6 0 0 1 12 0M16 5a3.5 3.5 0 0 1 0 6.4M17.5 14.2a6 6 0 0 1 3.5 5.3"/>"#
            }
            Self::Pin => r#"<path d="M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5"/>"#,
            Self::Search => r#"<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>"#,
            Self::Sliders => {
                r#"<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>"#
            }
            Self::Up => r#"<path d="M12 19V5M6 11l6-6 6 6"/>"#,
            Self::Warning => r#"<path d="M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.1"/>"#,
        }
    }
}

/// An icon. It says nothing to those who hear the page: what it stands on has a name of its own.
#[component]
pub(crate) fn Icon(is: Shape) -> impl IntoView {
    view! { <svg viewBox="0 0 24 24" aria-hidden="true" inner_html=is.drawing()></svg> }
}
