//! One page a file. A page looks up what it shows, then is drawn once, complete; nothing of it is drawn again.

#![expect(unreachable_pub, reason = "the component macro makes its props public")]

mod day;
mod direct;
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
mod rooms;
mod search;
mod settings;
mod thread;
mod token;
mod told;
mod unsent;

pub(crate) use self::{
    direct::Direct,
    landing::Landing,
    login::Login,
    members::Members,
    offline::Offline,
    oops::{NotFound, Oops},
    people::People,
    programs::{Programs, Shown, ShownOnce},
    register::Register,
    room::{Permalink, RoomPage},
    rooms::Rooms,
    search::Search,
    settings::Settings,
    thread::{PinsPage, ThreadPage},
    token::TokenCreated,
    told::Told,
    unsent::Unsent,
};
