//! How a page comes to be: look up, then draw; or say why not, with the right status.

use std::future::Future;

use backend::{Caller, Problem};
use chat::Code;
use http::StatusCode;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::Oops;
use crate::{
    address::Address,
    visit::{answer_with, go_to, here, visit},
};

/// Why a page is not drawn.
#[derive(Debug)]
pub(super) enum Halt {
    /// The visitor is to go elsewhere.
    Go(String),
    /// A use case refused.
    Refused(Problem),
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Code> for Halt {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

/// What a page's work ends with.
pub(super) type Loaded = Result<AnyView, Halt>;

/// Draws what `work` gives. The answer waits for it: its status and the whole page depend on it.
pub(super) fn load(work: impl Future<Output = Loaded> + Send + 'static) -> impl IntoView {
    Suspend::new(async move {
        match work.await {
            Ok(view) => view,
            Err(Halt::Go(path)) => {
                go_to(&path, StatusCode::FOUND);
                ().into_any()
            }
            Err(Halt::Refused(problem)) => refuse(problem.code),
        }
    })
}

/// The page of a refusal. A room that one may not see is not told from one that does not exist.
fn refuse(code: Code) -> AnyView {
    let code = if code == Code::NotAMember {
        Code::RoomNotFound
    } else {
        code
    };
    answer_with(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    view! { <Oops code again=true/> }.into_any()
}

/// The signed-in user; anyone else signs in first and comes back.
pub(super) fn signed_in() -> Result<Caller, Halt> {
    visit()
        .caller
        .ok_or_else(|| Halt::Go(Address::new("/login").with("next", &here()).into_string()))
}

/// A part of the page's address.
pub(super) fn part(name: &str) -> String {
    use_params_map().with_untracked(|parts| parts.get(name).unwrap_or_default())
}
