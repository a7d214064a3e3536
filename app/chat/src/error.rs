//! What can go wrong, as the outside sees it: one stable code per reason, the same over HTTP
//! (`application/problem+json`) and over the WebSocket (`error` frames).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The reason for a refusal. Its text never changes once released.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as clients read it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The reason in a few words, the same on every occasion.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request or frame is not of the documented shape.
    Malformed = "malformed", 400, "The request could not be read";
    /// The frame's `type` is none that the server knows.
    UnknownType = "unknown_type", 400, "Unknown frame type";
    /// Nobody is signed in, or the session or token is not (or no longer) valid.
    NotSignedIn = "not_signed_in", 401, "Sign in first";
    /// Username and password do not belong together.
    BadCredentials = "bad_credentials", 401, "Wrong username or password";
    /// The request comes from a page of another origin.
    ForeignOrigin = "foreign_origin", 403, "Requests from other origins are not accepted";
    /// The caller is signed in but may not do this.
    Forbidden = "forbidden", 403, "Not allowed";
    /// The room is open to its members only, and the caller is none.
    NotAMember = "not_a_member", 403, "Members only";
    /// Registration is closed.
    SignupClosed = "signup_closed", 403, "Registration is closed";
    /// The room is archived: it can be read, and nothing else.
    RoomArchived = "room_archived", 403, "The room is archived";
    /// Whoever asks was banned from the room, or is to be brought into one that he or she was banned from.
    Banned = "banned", 403, "Banned from the room";
    /// The account was closed by an administrator.
    AccountDeactivated = "account_deactivated", 403, "The account is deactivated";
    /// The invitation has expired, is used up, or was never made.
    InviteInvalid = "invite_invalid", 403, "The invitation is not valid";
    /// There is no such page or call.
    NotFound = "not_found", 404, "There is nothing here";
    /// There is no such room.
    RoomNotFound = "room_not_found", 404, "No such room";
    /// There is no such user.
    UserNotFound = "user_not_found", 404, "No such user";
    /// There is no such message.
    MessageNotFound = "message_not_found", 404, "No such message";
    /// There is no such file, or it is not for the caller.
    FileNotFound = "file_not_found", 404, "No such file";
    /// There is no such upload of the caller: it ended, was given up or has expired.
    UploadNotFound = "upload_not_found", 404, "No such upload";
    /// There is no such token.
    TokenNotFound = "token_not_found", 404, "No such token";
    /// There is no such bot.
    BotNotFound = "bot_not_found", 404, "No such bot";
    /// There is no such webhook.
    WebhookNotFound = "webhook_not_found", 404, "No such webhook";
    /// There is no such slash command.
    CommandNotFound = "command_not_found", 404, "No such command";
    /// There is no such session.
    SessionNotFound = "session_not_found", 404, "No such session";
    /// There is no such invitation.
    InviteNotFound = "invite_not_found", 404, "No such invitation";
    /// There is no such report.
    ReportNotFound = "report_not_found", 404, "No such report";
    /// The address exists, but not with this method.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The username is taken, or looks like one that is.
    UsernameTaken = "username_taken", 409, "Username taken";
    /// A channel with this address exists.
    RoomExists = "room_exists", 409, "A channel of this name exists";
    /// A slash command of this name exists.
    CommandExists = "command_exists", 409, "A command of this name exists";
    /// The message was deleted: it cannot be edited, reacted to, pinned or replied to any more.
    MessageDeleted = "message_deleted", 409, "The message was deleted";
    /// There are as many of this kind as there may be: emoji under a message, pins in a room.
    TooMany = "too_many", 409, "There are too many already";
    /// Somebody has to own the workspace.
    LastOwner = "last_owner", 409, "The last owner stays";
    /// The bytes do not go on where the upload stands; the answer says where that is.
    WrongOffset = "wrong_offset", 409, "The upload stands elsewhere";
    /// The caller has uploaded as much as anybody may.
    QuotaReached = "quota_reached", 413, "Your space for files is full";
    /// The body is larger than any valid request.
    TooLarge = "too_large", 413, "Too large";
    /// The body is not JSON by its `Content-Type`.
    UnsupportedMediaType = "unsupported_media_type", 415, "JSON expected";
    /// The range lies outside of the file.
    RangeNotSatisfiable = "range_not_satisfiable", 416, "The range is outside of the file";
    /// The request was read, but a field's value is not allowed.
    Invalid = "invalid", 422, "Some fields are not valid";
    /// What was typed begins with a slash and is no command. Two slashes say it instead.
    UnknownCommand = "unknown_command", 422, "No such command";
    /// Too many requests: come back after the time given.
    TooFast = "too_fast", 429, "Too many requests";
    /// The program that was to answer did not, or not in a way that can be understood.
    ProgramFailed = "program_failed", 422, "The program did not answer";
    /// The room is in slow mode: the next message may come after the time given.
    SlowMode = "slow_mode", 429, "The room is in slow mode";
    /// A fault of the server; the request id leads to its log.
    Internal = "internal", 500, "Something went wrong on the server";
    /// Something that the request needs is away or overloaded: try again.
    Unavailable = "unavailable", 503, "Not available right now";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One field's fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The field's name in the request.
    pub field: String,
    /// What is wrong with it, to be read after the field's name.
    pub reason: String,
}

/// A refusal with all that its receiver may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The reason.
    pub code: Code,
    /// This occasion in a sentence.
    pub detail: String,
    /// For [`Code::Invalid`]: the fields at fault.
    pub faults: Vec<Fault>,
    /// For [`Code::TooFast`], [`Code::SlowMode`] and [`Code::Unavailable`]: when to try again, in whole seconds.
    pub retry_after_s: Option<u64>,
}

impl Problem {
    /// A refusal for the reason that `code` states.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: code.title().to_owned(),
            faults: Vec::new(),
            retry_after_s: None,
        }
    }

    /// The same with a sentence about this occasion.
    #[must_use]
    pub fn because(code: Code, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..Self::new(code)
        }
    }

    /// One field's value is not allowed.
    #[must_use]
    pub fn invalid(field: &str, reason: &str) -> Self {
        Self::new(Code::Invalid).and_invalid(field, reason)
    }

    /// The same with another field at fault.
    #[must_use]
    pub fn and_invalid(mut self, field: &str, reason: &str) -> Self {
        self.faults.push(Fault {
            field: field.to_owned(),
            reason: reason.to_owned(),
        });
        let sentences: Vec<String> = self
            .faults
            .iter()
            .map(|f| format!("{} {}", f.field, f.reason))
            .collect();
        self.detail = sentences.join("; ");
        self
    }

    /// Over a limit; allowed again after `seconds` (at least 1).
    #[must_use]
    pub fn too_fast(seconds: u64) -> Self {
        let seconds = seconds.max(1);
        Self {
            retry_after_s: Some(seconds),
            ..Self::because(Code::TooFast, format!("Try again in {seconds} s"))
        }
    }

    /// The room's slow mode allows the next message after `seconds` (at least 1).
    #[must_use]
    pub fn slow_mode(seconds: u64) -> Self {
        let seconds = seconds.max(1);
        Self {
            retry_after_s: Some(seconds),
            ..Self::because(
                Code::SlowMode,
                format!("Slow mode: the next message in {seconds} s"),
            )
        }
    }

    /// Something is away or overloaded; worth trying again after `seconds`.
    #[must_use]
    pub fn unavailable(seconds: u64) -> Self {
        Self {
            retry_after_s: Some(seconds.max(1)),
            ..Self::new(Code::Unavailable)
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}
