//! Times as the reader's own calendar and clock have them.

use chat::Timestamp;
use js_sys::{Array, Date, Function, Intl::DateTimeFormat, Object, Reflect};
use wasm_bindgen::JsValue;

/// Words for times, in the reader's language and zone.
pub(crate) struct Words {
    clock: Function,
    day: Function,
    day_of_another_year: Function,
    moment: Function,
}

impl Words {
    pub(crate) fn new() -> Self {
        const DAY: [(&str, &str); 3] = [("weekday", "long"), ("day", "numeric"), ("month", "long")];
        const CLOCK: [(&str, &str); 2] = [("hour", "numeric"), ("minute", "2-digit")];
        let year = [("year", "numeric")];
        Self {
            clock: format(&CLOCK),
            day: format(&DAY),
            day_of_another_year: format(&[&DAY[..], &year].concat()),
            moment: format(&[&DAY[..], &year, &CLOCK].concat()),
        }
    }

    /// The time of day.
    pub(crate) fn clock(&self, at: Timestamp) -> String {
        say(&self.clock, at)
    }

    /// The day; the year is said where it is not this one.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        let this_year = Date::new_0().get_full_year() == date(at).get_full_year();
        say(
            if this_year {
                &self.day
            } else {
                &self.day_of_another_year
            },
            at,
        )
    }

    /// Everything, for who wants to know exactly.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        say(&self.moment, at)
    }
}

/// The reader's day as `2026-11-23`.
pub(crate) fn day_number(at: Timestamp) -> String {
    let date = date(at);
    let two = |number: u32| [if number < 10 { "0" } else { "" }, &number.to_string()].concat();
    [
        &*date.get_full_year().to_string(),
        "-",
        &two(date.get_month() + 1),
        "-",
        &two(date.get_date()),
    ]
    .concat()
}

fn date(at: Timestamp) -> Date {
    Date::new(&JsValue::from_f64(at.0 as f64))
}

fn format(options: &[(&str, &str)]) -> Function {
    let chosen = Object::new();
    for (key, value) in options {
        // An own property of a fresh object can always be set.
        drop(Reflect::set(&chosen, &(*key).into(), &(*value).into()));
    }
    DateTimeFormat::new(&Array::new(), &chosen).format()
}

fn say(format: &Function, at: Timestamp) -> String {
    let words = format.call1(&JsValue::UNDEFINED, &date(at));
    words.ok().and_then(|words| words.as_string()).unwrap_or_default()
}
