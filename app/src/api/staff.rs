//! Forms of those who keep order: roles, accounts, invitations, reports.

use backend::invite::InviteDraft;
use chat::{Code, Problem, Role, RoomId, UserId};
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_user, signed_in};
use crate::{
    address::{self, Address},
    pages::INVITE_TERMS,
    visit::backend,
};

/// Gives a user a role.
#[server(prefix = "/fn", endpoint = "set_role", protocol = Form)]
pub(crate) async fn set_role(
    #[server(default)] user: String,
    #[server(default)] role: String,
    #[server(default)] page: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/settings/people");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let user = parse_user(&user).map_err(refuse)?;
        let role = Role::named(&role).ok_or_else(|| refuse(Code::Malformed.into()))?;
        backend().set_role(&caller, user, role).await.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Closes an account, or opens it again.
#[server(prefix = "/fn", endpoint = "set_active", protocol = Form)]
pub(crate) async fn set_active(
    #[server(default)] user: String,
    #[server(default)] active: String,
    #[server(default)] page: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/settings/people");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let user: UserId = parse_user(&user).map_err(refuse)?;
        let set = backend().set_active(&caller, user, !active.is_empty()).await;
        set.map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Makes an invitation.
#[server(prefix = "/fn", endpoint = "create_invite", protocol = Form)]
pub(crate) async fn create_invite(
    #[server(default)] role: String,
    #[server(default)] term: String,
    #[server(default)] uses: String,
    #[server(default)] rooms: Vec<String>,
) -> Answered {
    answer(async move {
        const PAGE: &str = "/settings/invites";
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let draft = draft(&role, &term, &uses, &rooms).map_err(refuse)?;
        let invite = backend().create_invite(&caller, draft).await.map_err(refuse)?;
        Ok(Answer::see(
            Address::new(PAGE).with("made", &invite.id.to_string()),
        ))
    })
    .await
}

fn draft(role: &str, term: &str, uses: &str, rooms: &[String]) -> Result<InviteDraft, Problem> {
    let term = INVITE_TERMS.iter().find(|(name, ..)| *name == term);
    let (.., expires_in_s) = term.ok_or(Code::Malformed)?;
    let uses = uses.trim();
    let uses_max = (!uses.is_empty()).then(|| uses.parse()).transpose();
    let rooms: Result<Vec<RoomId>, _> = rooms.iter().map(|id| id.parse()).collect();
    Ok(InviteDraft {
        role: Role::named(role),
        rooms: rooms.map_err(|_| Code::RoomNotFound)?,
        expires_in_s: *expires_in_s,
        uses_max: uses_max.map_err(|_| Problem::invalid("uses", "is no number"))?,
    })
}

/// Takes an invitation back.
#[server(prefix = "/fn", endpoint = "revoke_invite", protocol = Form)]
pub(crate) async fn revoke_invite(#[server(default)] invite: String) -> Answered {
    answer(async move {
        const PAGE: &str = "/settings/invites";
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let invite = invite.parse().map_err(|_| refuse(Code::InviteNotFound.into()))?;
        backend().revoke_invite(&caller, invite).await.map_err(refuse)?;
        Ok(Answer::see(Address::new(PAGE)))
    })
    .await
}

/// Brings someone who is signed in into an invitation's rooms, and goes to the first that is new.
#[server(prefix = "/fn", endpoint = "accept_invite", protocol = Form)]
pub(crate) async fn accept_invite(#[server(default)] code: String) -> Answered {
    answer(async move {
        let page = Address::new("/invite/").into_string() + &code;
        let page = address::local(&page).unwrap_or("/");
        let caller = signed_in(page)?;
        let backend = backend();
        let refuse = |problem| back(page, &problem);
        let joined = backend.accept_invite(&caller, &code).await.map_err(refuse)?;
        let to = match joined.first() {
            Some(room) => backend.get_room(&caller, *room).await.map_err(refuse)?,
            None => return Ok(Answer::see(Address::new("/"))),
        };
        Ok(Answer::see(Address::new(address::of_room(&to))))
    })
    .await
}

/// Reports a message.
#[server(prefix = "/fn", endpoint = "report_message", protocol = Form)]
pub(crate) async fn report_message(
    #[server(default)] message: String,
    #[server(default)] reason: String,
) -> Answered {
    answer(async move {
        let id = message
            .parse::<chat::MessageId>()
            .map_err(|_| back("/", &Code::MessageNotFound.into()))?;
        let page = format!("/report/{id}");
        let caller = signed_in(&page)?;
        let report = backend().report_message(&caller, id, &reason).await;
        report.map_err(|problem| back(&page, &problem))?;
        Ok(Answer::see(Address::new(page).with("done", "yes")))
    })
    .await
}

/// Notes what was decided about a report.
#[server(prefix = "/fn", endpoint = "resolve_report", protocol = Form)]
pub(crate) async fn resolve_report(
    #[server(default)] report: String,
    #[server(default)] resolution: String,
) -> Answered {
    answer(async move {
        const PAGE: &str = "/settings/reports";
        let caller = signed_in(PAGE)?;
        let refuse = |problem| back(PAGE, &problem);
        let report = report.parse().map_err(|_| refuse(Code::ReportNotFound.into()))?;
        let resolved = backend().resolve_report(&caller, report, &resolution).await;
        resolved.map_err(refuse)?;
        Ok(Answer::see(Address::new(PAGE)))
    })
    .await
}
