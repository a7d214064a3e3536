//! Forms of what people attend to: statuses, quiet hours, notifications, followed threads, saved messages.

use backend::stamp;
use chat::{Level, MessageId, Notify, Problem, Quiet, Timestamp};
use leptos::prelude::*;

use super::{Answer, Answered, Form, answer, back, parse_room, signed_in};
use crate::{
    address::{self, Address},
    visit::backend,
};

const MINUTE_MS: i64 = 60_000;
/// The longest time that a form can ask for, in minutes: a week.
const MINUTES_MAX: i64 = 7 * 24 * 60;

/// Says what one says of oneself, for so many minutes; where none are given, until it is changed.
#[server(prefix = "/fn", endpoint = "set_status", protocol = Form)]
pub(crate) async fn set_status(
    #[server(default)] text: String,
    #[server(default)] emoji: String,
    #[server(default)] minutes: String,
) -> Answered {
    answer(async move {
        let page = "/settings";
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        backend()
            .set_custom(&caller, &text, &emoji, from_now(&minutes))
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Sets when one does not want to be disturbed: for so many minutes, and each day between two times.
#[server(prefix = "/fn", endpoint = "set_quiet", protocol = Form)]
pub(crate) async fn set_quiet(
    #[server(default)] minutes: String,
    #[server(default)] from: String,
    #[server(default)] to: String,
) -> Answered {
    answer(async move {
        let page = "/settings";
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let backend = backend();
        let before = backend.quiet(&caller).await.map_err(refuse)?;
        let until = match minutes.as_str() {
            "keep" => before.until,
            minutes => from_now(minutes),
        };
        let daily = match (from.as_str(), to.as_str()) {
            ("", "") => None,
            (from, to) => Some(minute(from).zip(minute(to)).ok_or_else(no_time).map_err(refuse)?),
        };
        backend
            .set_quiet(&caller, Quiet { until, daily })
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Sets how one wants to hear of a room.
#[server(prefix = "/fn", endpoint = "set_notify", protocol = Form)]
pub(crate) async fn set_notify(
    #[server(default)] room: String,
    #[server(default)] page: String,
    #[server(default)] level: String,
    #[server(default)] muted: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let room = parse_room(&room).map_err(refuse)?;
        let notify = Notify {
            level: Level::of_name(&level),
            muted: !muted.is_empty(),
        };
        backend()
            .set_notify(&caller, room, notify)
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Follows a thread, or does so no longer.
#[server(prefix = "/fn", endpoint = "follow_thread", protocol = Form)]
pub(crate) async fn follow_thread(
    #[server(default)] message: String,
    #[server(default)] page: String,
    #[server(default)] following: String,
) -> Answered {
    answer(async move {
        let page = address::local(&page).unwrap_or("/threads");
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let message = parse_message(&message).map_err(refuse)?;
        backend()
            .follow_thread(&caller, message, following == "true")
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

/// Saves a message no longer.
#[server(prefix = "/fn", endpoint = "unsave_message", protocol = Form)]
pub(crate) async fn unsave_message(#[server(default)] message: String) -> Answered {
    answer(async move {
        let page = "/saved";
        let caller = signed_in(page)?;
        let refuse = |problem| back(page, &problem);
        let message = parse_message(&message).map_err(refuse)?;
        backend()
            .save_message(&caller, message, false)
            .await
            .map_err(refuse)?;
        Ok(Answer::see(Address::new(page)))
    })
    .await
}

fn parse_message(text: &str) -> Result<MessageId, Problem> {
    text.parse().map_err(|_| chat::Code::MessageNotFound.into())
}

/// So many minutes from now; nothing where none are given.
fn from_now(minutes: &str) -> Option<Timestamp> {
    let minutes: i64 = minutes.parse().ok()?;
    (1..=MINUTES_MAX)
        .contains(&minutes)
        .then(|| stamp::now().plus_ms(minutes * MINUTE_MS))
}

/// The minute of the day of a time such as `22:30`.
fn minute(time: &str) -> Option<u16> {
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then(|| hour * 60 + minute)
}

fn no_time() -> Problem {
    Problem::invalid("daily", "must be two times of a day")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_day_are_minutes() {
        assert_eq!(minute("22:30"), Some(1_350));
        assert_eq!(minute("00:00"), Some(0));
        for bad in ["", "24:00", "7", "07:60", "a:b"] {
            assert_eq!(minute(bad), None, "{bad}");
        }
    }
}
