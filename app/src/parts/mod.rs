//! What pages are put together from. None of it runs in the browser.

#![expect(unreachable_pub, reason = "the component macro makes its props public")]

mod bar;
mod composer;
mod day;
mod door;
mod face;
mod field;
mod frame;
mod icon;
mod message;
mod notice;
mod places;
mod preview;
mod side;
mod staff;
mod style;
mod thread;
mod timeline;
mod title;

pub(crate) use self::{
    bar::{Bar, RoomBar},
    composer::{Recipient, Write},
    day::{clock, date_in_words},
    door::Door,
    face::{Avatar, Dot, Face, Says, SaysAll, status_words},
    field::Field,
    frame::Frame,
    icon::{Icon, Shape},
    message::Row,
    notice::{Notice, Said, words},
    places::Places,
    preview::Preview,
    side::Glyph as RoomGlyph,
    staff::{RoleTag, role_words},
    style::{PageStyle, SHEET, STAFF},
    thread::{Panel, Pins},
    timeline::{Log, Show},
    title::PageTitle,
};
