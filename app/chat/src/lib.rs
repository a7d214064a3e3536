//! The shared language of Natter.
//!
//! Every noun that a person, a program or a table speaks of is defined here once, with the rules
//! that hold for it everywhere. The crate does no IO, knows no clock, draws no random numbers and
//! never waits; time, ids and randomness come in as arguments. The server and the browser build
//! it alike.

pub mod attachment;
pub mod audit;
pub mod body;
pub mod close;
pub mod command;
pub mod emoji;
pub mod error;
pub mod excerpt;
pub mod id;
pub mod invite;
pub mod marker;
pub mod mention;
pub mod message;
pub mod near;
pub mod nonce;
pub mod notify;
pub mod permission;
pub mod quota;
pub mod quotation;
pub mod report;
pub mod room;
pub mod search;
pub mod time;
pub mod user;
pub mod username;
pub mod view;
pub mod wire;

pub use attachment::{Attachment, Variant};
pub use emoji::Emoji;
pub use error::{Code, Problem};
pub use id::{
    AttachmentId, AuditId, CommandId, ConnectionId, InviteId, MessageId, ReportId, RoomId, SessionId,
    TokenId, UserId, WebhookId,
};
pub use marker::Marker;
pub use mention::Call;
pub use message::{Message, Reaction};
pub use nonce::Nonce;
pub use notify::{Custom, Level, Notify, Quiet};
pub use room::{Room, RoomKind};
pub use time::Timestamp;
pub use user::{Author, Profile, Role, Status, User};
