//! One page a file. A page looks up what it shows, then is drawn once, complete; nothing of it is drawn again.

#![expect(unreachable_pub, reason = "the component macro makes its props public")]

mod day;
mod details;
mod direct;
mod followed;
mod invite;
mod landing;
mod load;
mod login;
mod members;
mod offline;
mod oops;
mod people;
mod person;
mod register;
mod report;
mod room;
mod room_notify;
mod rooms;
mod saved;
mod search;
mod settings;
mod thread;
mod token;
mod told;
mod unread;
mod unsent;

pub(crate) use self::{
    details::Details,
    direct::Direct,
    followed::Followed,
    invite::Invite,
    landing::Landing,
    login::Login,
    members::Members,
    offline::Offline,
    oops::{NotFound, Oops},
    people::People,
    person::Person,
    register::Register,
    report::Report,
    room::{Permalink, RoomPage},
    room_notify::RoomNotify,
    rooms::Rooms,
    saved::Saved,
    search::Search,
    settings::{INVITE_TERMS, Settings, SettingsSection, Shown, ShownOnce},
    thread::{PinsPage, ThreadPage},
    token::TokenCreated,
    told::Told,
    unread::Unread,
    unsent::Unsent,
};
