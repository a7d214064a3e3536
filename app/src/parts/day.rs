//! Days in words, in UTC. In the browser the island puts them into the reader's own time.

use chat::Timestamp;

const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The day as the line above its messages shows it; the year stands there once it is another one.
pub(super) fn day_in_words(at: Timestamp, now: Timestamp) -> String {
    let (year, month, day) = at.date();
    // 1970-01-01, day 0, was a Thursday.
    let weekday = usize::try_from(at.day().rem_euclid(7)).unwrap_or_default();
    let date = format!("{}, {day} {}", DAYS[weekday], month_name(month));
    if year == now.date().0 {
        date
    } else {
        format!("{date} {year}")
    }
}

/// The day as `2026-11-23`.
pub(super) fn day_as_number(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// The time of day as `09:12`.
pub(crate) fn clock(at: Timestamp) -> String {
    let (hour, minute) = at.clock();
    format!("{hour:02}:{minute:02}")
}

/// The date as `23 November 2026`.
pub(crate) fn date_in_words(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    format!("{day} {} {year}", month_name(month))
}

fn month_name(month: u8) -> &'static str {
    MONTHS[usize::from(month.saturating_sub(1)) % MONTHS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_and_other_years_said() {
        let at: Timestamp = "2026-11-19T09:12:44.120Z".parse().unwrap();
        assert_eq!(day_in_words(at, at), "Thursday, 19 November");
        let later: Timestamp = "2027-01-01T00:00:00.000Z".parse().unwrap();
        assert_eq!(day_in_words(at, later), "Thursday, 19 November 2026");
        assert_eq!(
            (day_as_number(at), clock(at)),
            ("2026-11-19".into(), "09:12".into())
        );
        assert_eq!(date_in_words(later), "1 January 2027");
    }
}
