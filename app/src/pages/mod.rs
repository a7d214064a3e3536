//! One page a file. A page looks up what it shows, then is drawn once, complete; nothing of it is drawn again.

#![expect(unreachable_pub, reason = "the component macro makes its props public")]

mod day;
mod direct;
mod followed;
mod landing;
mod load;
mod login;
mod members;
mod offline;
mod oops;
mod people;
mod programs;
mod register;
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
    direct::Direct,
    followed::Followed,
    landing::Landing,
    login::Login,
    members::Members,
    offline::Offline,
    oops::{NotFound, Oops},
    people::People,
    programs::{Programs, Shown, ShownOnce},
    register::Register,
    room::{Permalink, RoomPage},
    room_notify::RoomNotify,
    rooms::Rooms,
    saved::Saved,
    search::Search,
    settings::Settings,
    thread::{PinsPage, ThreadPage},
    token::TokenCreated,
    told::Told,
    unread::Unread,
    unsent::Unsent,
};
