//! Points in time: milliseconds since the Unix epoch inside, RFC 3339 in UTC on the wire.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MS_PER_DAY: i64 = 86_400_000;

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// The browser carries this type too, so the calendar arithmetic is written out here (Howard
/// Hinnant's `civil_from_days`) instead of pulling a calendar library into the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This point moved by `ms` milliseconds.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }

    /// The day that this point falls on, counted from 1970-01-01 in UTC.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(MS_PER_DAY)
    }

    /// Year, month (1–12) and day of the month (1–31) in UTC.
    #[must_use]
    pub const fn date(self) -> (i64, u8, u8) {
        civil_from_days(self.day())
    }

    /// Hour and minute in UTC.
    #[must_use]
    pub const fn clock(self) -> (u8, u8) {
        let minutes = self.0.rem_euclid(MS_PER_DAY) / 60_000;
        ((minutes / 60) as u8, (minutes % 60) as u8)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let (hour, minute) = self.clock();
        let ms = self.0.rem_euclid(60_000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z",
            ms / 1000,
            ms % 1000
        )
    }
}

/// The text is not a UTC time such as `2026-11-23T09:12:44.120Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATimestamp;

impl fmt::Display for NotATimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a UTC time like 2026-11-23T09:12:44.120Z")
    }
}

impl std::error::Error for NotATimestamp {}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    /// Reads what `Display` writes; the fraction may be absent or of any length.
    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Result<i64, NotATimestamp> {
            let digits = bytes.get(from..to).ok_or(NotATimestamp)?;
            digits.iter().try_fold(0, |sum, digit| match digit {
                b'0'..=b'9' => Ok(sum * 10 + i64::from(digit - b'0')),
                _ => Err(NotATimestamp),
            })
        };
        let mark = |at: usize, expected: u8| {
            (bytes.get(at) == Some(&expected))
                .then_some(())
                .ok_or(NotATimestamp)
        };
        for (at, expected) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
            mark(at, expected)?;
        }
        mark(bytes.len().saturating_sub(1), b'Z')?;
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let in_range =
            (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
        if !in_range {
            return Err(NotATimestamp);
        }
        let ms = match bytes.get(19) {
            Some(b'Z') if bytes.len() == 20 => 0,
            Some(b'.') if bytes.len() > 21 => {
                let fraction = &bytes[20..bytes.len() - 1];
                if !fraction.iter().all(u8::is_ascii_digit) {
                    return Err(NotATimestamp);
                }
                let mut digits = fraction.iter().map(|digit| i64::from(digit - b'0'));
                (0..3).fold(0, |sum, _| sum * 10 + digits.next().unwrap_or(0))
            }
            _ => return Err(NotATimestamp),
        };
        let days = days_from_civil(year, month, day);
        Ok(Self(
            days * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000 + ms,
        ))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

const fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month as u8, day as u8)
}

const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_moments_are_written_as_rfc_3339() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        assert_eq!(
            Timestamp(1_795_425_164_120).to_string(),
            "2026-11-23T09:12:44.120Z"
        );
    }

    #[test]
    fn a_fraction_of_any_length_is_read_to_the_millisecond() {
        for text in [
            "1970-01-01T00:00:00.5Z",
            "1970-01-01T00:00:00.500999999999999999999999999999Z",
        ] {
            assert_eq!(text.parse(), Ok(Timestamp(500)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_utc_time_is_refused() {
        for text in [
            "",
            "2026-11-23",
            "2026-11-23T09:12:44+01:00",
            "2026-13-01T00:00:00Z",
            "2026-11-23T09:12:44.Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATimestamp), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_gives_back_what_was_written(ms in 0_i64..253_402_300_800_000) {
            prop_assert_eq!(Timestamp(ms).to_string().parse(), Ok(Timestamp(ms)));
        }
    }
}
