//! What becomes of what people write.

mod hostile;
mod links;
mod markup;
mod names;

use chat::{Author, UserId};
use uuid::Uuid;

use super::{Setting, Site, render};

const LINK: &str = r#"rel="noopener noreferrer nofollow ugc" target="_blank""#;

fn people() -> Vec<Author> {
    let person = |number, username: &str, display_name: &str| Author {
        id: UserId(Uuid::from_u128(number)),
        username: username.into(),
        display_name: display_name.into(),
        avatar_url: None,
    };
    vec![
        person(1, "mei", "田中 芽衣"),
        person(2, "tomasz.w", "<b>Tomasz</b> & \"co\""),
    ]
}

fn html(body: &str) -> String {
    let (people, site) = (people(), Site::new("https://chat.example.org"));
    let setting = Setting {
        mentioned: &people,
        site: Some(&site),
    };
    render(body, setting)
}

fn mei() -> String {
    format!(
        r#"<a class="mention" data-user="{}" href="/direct/mei">@田中 芽衣</a>"#,
        Uuid::from_u128(1)
    )
}

fn place(path: &str, text: &str) -> String {
    format!(r#"<a class="place" href="{path}">{text}</a>"#)
}

fn link(address: &str, text: &str) -> String {
    format!(r#"<a href="{address}" {LINK}>{text}</a>"#)
}
