//! Server functions: what plain HTML forms call, with scripts off as well. Each reads its fields, calls one use
//! case and says where to go next. None of them is compiled into the browser's code.

mod account;
mod answer;
mod attention;
mod data;
mod form;
mod member;
mod message;
mod moderation;
mod profile;
mod program;
mod room;
mod staff;
mod theme;
mod token;

use std::future::Future;

use backend::{Caller, Problem};
use chat::{Code, RoomId, UserId};

pub(crate) use self::answer::Answer;
use self::form::Form;
use crate::{address::Address, visit::visit};

/// What a form's function gives. A refusal is an answer too: it leads back to the form.
type Answered = Result<Answer, leptos::prelude::ServerFnError>;

/// Whichever way an answer was come to, it is one.
async fn answer(work: impl Future<Output = Result<Answer, Answer>> + Send) -> Answered {
    Ok(work.await.unwrap_or_else(|refusal| refusal))
}

/// The signed-in user; anyone else is asked to sign in and comes back to `page`.
fn signed_in(page: &str) -> Result<Caller, Answer> {
    visit()
        .caller
        .ok_or_else(|| Answer::see(Address::new("/login").with("next", page)))
}

/// Back to `page`, which explains the refusal.
fn back(page: &str, problem: &Problem) -> Answer {
    Answer::see(refused(page, problem))
}

/// The address of `page` with the refusal in its query.
fn refused(page: &str, problem: &Problem) -> Address {
    let fields: Vec<&str> = problem.faults.iter().map(|fault| fault.field.as_str()).collect();
    let wait = problem
        .retry_after_s
        .map(|seconds| seconds.to_string())
        .unwrap_or_default();
    Address::new(page)
        .with("error", problem.code.as_str())
        .with("fields", &fields.join(","))
        .with("wait", &wait)
}

/// The user of a form's hidden field.
fn parse_user(text: &str) -> Result<UserId, Problem> {
    text.parse().map_err(|_| Code::UserNotFound.into())
}

/// Where a form leads that another door took: back to its page, with what went wrong and what was written.
#[must_use]
pub fn after(page: &str, refusal: Option<&Problem>, draft: &str) -> String {
    let page = crate::address::local(page).unwrap_or("/");
    match refusal {
        None => page.to_owned(),
        Some(problem) if problem.code == Code::NotSignedIn => {
            Address::new("/login").with("next", page).into_string()
        }
        Some(problem) => refused(page, problem).with("draft", draft).into_string(),
    }
}

/// The room of a form's hidden field.
fn parse_room(text: &str) -> Result<RoomId, Problem> {
    text.parse().map_err(|_| Code::RoomNotFound.into())
}
