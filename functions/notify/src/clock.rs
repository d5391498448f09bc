//! Instants as people read them: in the reader's time zone, and in UTC beside it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time zone of those who read the mails.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock(TimeZone);

impl Clock {
    /// `2026-10-03 14:22:07 CEST (12:22:07 UTC)`; where the days differ, UTC has its date, too.
    pub(crate) fn time(&self, instant: Timestamp) -> String {
        let local = instant.to_zoned(self.0.clone());
        if local.offset().is_zero() {
            return utc(instant);
        }
        let same_day = local.date() == instant.to_zoned(TimeZone::UTC).date();
        let utc = if same_day { instant.strftime("%H:%M:%S UTC").to_string() } else { utc(instant) };
        format!("{} ({utc})", local.strftime("%Y-%m-%d %H:%M:%S %Z"))
    }

    /// `14:22:07 CEST`: for a time whose day and UTC stand nearby.
    pub(crate) fn hour(&self, instant: Timestamp) -> String {
        let zone = if instant.to_zoned(self.0.clone()).offset().is_zero() { "UTC" } else { "%Z" };
        instant.to_zoned(self.0.clone()).strftime(&format!("%H:%M:%S {zone}")).to_string()
    }

    /// Whether both instants are on one day of this zone.
    pub(crate) fn same_day(&self, one: Timestamp, other: Timestamp) -> bool {
        one.to_zoned(self.0.clone()).date() == other.to_zoned(self.0.clone()).date()
    }
}

pub(crate) fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

impl FromStr for Clock {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TimeZone::get(text).map(Self).map_err(|_| ClockError)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockError;

impl fmt::Display for ClockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it is not a time zone of the IANA database, such as Europe/Berlin")
    }
}

impl std::error::Error for ClockError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_local_and_utc() {
        for (zone, instant, expected) in [
            ("Europe/Berlin", "2026-10-03T12:22:07.512Z", "2026-10-03 14:22:07 CEST (12:22:07 UTC)"),
            ("Europe/Berlin", "2026-12-03T12:22:07Z", "2026-12-03 13:22:07 CET (12:22:07 UTC)"),
            ("Asia/Tokyo", "2026-10-03T21:22:07Z", "2026-10-04 06:22:07 JST (2026-10-03 21:22:07 UTC)"),
            ("America/St_Johns", "2026-10-03T15:52:07Z", "2026-10-03 13:22:07 NDT (15:52:07 UTC)"),
            ("Europe/London", "2026-12-03T12:22:07Z", "2026-12-03 12:22:07 UTC"),
            ("UTC", "2026-10-03T12:22:07Z", "2026-10-03 12:22:07 UTC"),
        ] {
            let clock: Clock = zone.parse().unwrap();
            assert_eq!(clock.time(instant.parse().unwrap()), expected);
        }
    }

    #[test]
    fn an_hour_has_its_zone() {
        let instant = "2026-10-03T12:22:07Z".parse().unwrap();
        assert_eq!("Europe/Berlin".parse::<Clock>().unwrap().hour(instant), "14:22:07 CEST");
        assert_eq!("UTC".parse::<Clock>().unwrap().hour(instant), "12:22:07 UTC");
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        for text in ["Berlin", "", "Europe/Atlantis", "+02:00", "../etc/passwd"] {
            assert_eq!(text.parse::<Clock>(), Err(ClockError), "{text:?}");
        }
    }
}
