//! What a page says about the form that led back to it.

use chat::Code;
use leptos::prelude::*;

use super::{Icon, Shape};
use crate::address::Query;

/// A refusal as it came back in the address. Only codes, field names and a number travel there: what the page says
/// is its own, so that nobody can put words into its mouth with a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    code: Option<Code>,
    fields: Vec<String>,
    wait_s: Option<u64>,
}

impl Said {
    /// Reads the refusal, if the address has one.
    pub(crate) fn read(query: &Query) -> Self {
        Self {
            code: Code::ALL
                .iter()
                .copied()
                .find(|code| code.as_str() == query.get("error")),
            fields: query
                .get("fields")
                .split(',')
                .filter(|name| !name.is_empty())
                .map(ToOwned::to_owned)
                .collect(),
            wait_s: query.get("wait").parse().ok(),
        }
    }

    /// Whether the refusal is for this reason.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code == Some(code)
    }

    /// `rule`, if the value of this field broke it.
    pub(crate) fn fault(&self, field: &str, rule: &'static str) -> Option<&'static str> {
        self.fields.iter().any(|name| name == field).then_some(rule)
    }

    /// What to say above the form; nothing where the fields themselves say it.
    pub(crate) fn words(&self) -> Option<String> {
        let code = self
            .code
            .filter(|code| *code != Code::Invalid || self.fields.is_empty())?;
        Some(match (code, self.wait_s) {
            (Code::TooFast, Some(1)) => "That was too fast. Try again in a second.".to_owned(),
            (Code::SlowMode, Some(seconds)) => {
                format!("This room is in slow mode. The next message can come in {seconds} seconds.")
            }
            (Code::TooFast, Some(seconds)) => format!("That was too often. Try again in {seconds} seconds."),
            (code, _) => words(code).to_owned(),
        })
    }
}

/// A refusal in a sentence for a person.
pub(crate) const fn words(code: Code) -> &'static str {
    match code {
        Code::BadCredentials => "Wrong username or password. Check both and try again.",
        Code::NotSignedIn => "You are not signed in any more. Sign in and try again.",
        Code::UsernameTaken => "This username is taken, or looks like one that is. Try another.",
        Code::SignupClosed => "New accounts cannot be created here at the moment.",
        Code::RoomExists => "A channel of this name exists already.",
        Code::NotAMember => "Only members can do this here. Join first, or ask someone inside to invite you.",
        Code::Forbidden => "This is not possible here.",
        Code::UserNotFound => "There is nobody of this username.",
        Code::RoomNotFound => "This room does not exist.",
        Code::TokenNotFound => "This token does not exist any more.",
        Code::BotNotFound => "There is no such bot.",
        Code::WebhookNotFound => "This webhook does not exist any more.",
        Code::CommandNotFound => "This command does not exist any more.",
        Code::CommandExists => "A command of this name exists already.",
        Code::UnknownCommand => "There is no such command: /help lists them. Two slashes say it instead.",
        Code::ProgramFailed => "The program behind this command did not answer. Try again later.",
        Code::RoomArchived => "This room is archived: it can be read, and nothing else.",
        Code::Banned => "You were banned from this room.",
        Code::AccountDeactivated => "This account was deactivated. Ask someone who runs this server.",
        Code::InviteInvalid => "This invitation is not valid any more. Ask for a new one.",
        Code::InviteNotFound => "This invitation does not exist any more.",
        Code::SessionNotFound => "This browser is not signed in any more.",
        Code::ReportNotFound => "This report does not exist any more.",
        Code::LastOwner => "Somebody has to own this workspace. Make someone else an owner first.",
        Code::SlowMode => "This room is in slow mode. Wait a moment before the next message.",
        Code::TooFast => "That was too often. Wait a moment and try again.",
        Code::MessageDeleted => "This message was deleted.",
        Code::TooMany => "There are too many already.",
        Code::TooLarge => "That was too large.",
        Code::QuotaReached => {
            "Your space for files is full. Delete messages with files that are not needed any more."
        }
        Code::Unavailable => "The server cannot answer right now. Try again in a moment.",
        Code::ForeignOrigin => "This form was sent from another site.",
        Code::Internal => "Something went wrong on the server. It has been written down there.",
        Code::Malformed
        | Code::UnknownType
        | Code::Invalid
        | Code::MethodNotAllowed
        | Code::RangeNotSatisfiable
        | Code::WrongOffset
        | Code::UnsupportedMediaType => "This could not be read. Try again.",
        Code::NotFound | Code::MessageNotFound | Code::FileNotFound | Code::UploadNotFound => {
            "There is nothing here."
        }
    }
}

/// The sentence above a form, if there is one to say.
#[component]
pub(crate) fn Notice(words: Option<String>) -> impl IntoView {
    words.map(|words| view! { <div class="notice bad" role="alert"><Icon is=Shape::Warning/><span>{words}</span></div> })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_codes_become_words() {
        let said = |query: &str| Said::read(&Query::read(query)).words();
        assert_eq!(
            said("error=bad_credentials").as_deref(),
            Some(words(Code::BadCredentials))
        );
        assert_eq!(
            said("error=too_fast&wait=7").as_deref(),
            Some("That was too often. Try again in 7 seconds.")
        );
        for nothing in ["", "error=", "error=Call+this+number", "wait=7"] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn faults_are_said_at_their_fields() {
        let said = Said::read(&Query::read("error=invalid&fields=username%2Cpassword"));
        assert_eq!(said.words(), None);
        assert_eq!(
            (said.fault("password", "rule"), said.fault("topic", "rule")),
            (Some("rule"), None)
        );
    }
}
