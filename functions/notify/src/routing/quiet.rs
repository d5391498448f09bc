//! Hours in which a group wants to be left alone.

use domain::assessment::Priority;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Deserializer};

/// From one time of day to another, perhaps over midnight, in the group's own time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct QuietHours {
    from: Time,
    to: Time,
    zone: TimeZone,
    /// Days on which they begin.
    days: Vec<Weekday>,
    /// From this priority on, mails come at any time.
    pub except: Priority,
}

impl QuietHours {
    /// When the quiet hours end that hold at `now`; nothing outside of them.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let today = now.to_zoned(self.zone.clone()).date();
        // Those that began yesterday may still last.
        [today.yesterday().ok()?, today].into_iter().find_map(|day| {
            let last = if self.to <= self.from { day.checked_add(1.day()).ok()? } else { day };
            let begins = day.to_datetime(self.from).to_zoned(self.zone.clone()).ok()?.timestamp();
            let ends = last.to_datetime(self.to).to_zoned(self.zone.clone()).ok()?.timestamp();
            (self.days.contains(&day.weekday()) && begins <= now && now < ends).then_some(ends)
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    from: String,
    to: String,
    time_zone: String,
    #[serde(default = "every_day")]
    days: Vec<String>,
    #[serde(default = "critical")]
    except: Priority,
}

fn every_day() -> Vec<String> {
    DAYS.map(|(name, _)| name.to_owned()).into()
}

fn critical() -> Priority {
    Priority::Critical
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl<'de> Deserialize<'de> for QuietHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Fields::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl TryFrom<Fields> for QuietHours {
    type Error = QuietError;

    fn try_from(fields: Fields) -> Result<Self, QuietError> {
        let time = |text: &str| Time::strptime("%H:%M", text).map_err(|_| QuietError::Time);
        let day = |text: &String| DAYS.iter().find(|(name, _)| name == text).map(|(_, day)| *day);
        let (from, to) = (time(&fields.from)?, time(&fields.to)?);
        let days: Option<Vec<Weekday>> = fields.days.iter().map(day).collect();
        let days = days.filter(|days| !days.is_empty()).ok_or(QuietError::Days)?;
        if from == to {
            return Err(QuietError::Never);
        }
        let zone = TimeZone::get(&fields.time_zone).map_err(|_| QuietError::Zone)?;
        Ok(Self { from, to, zone, days, except: fields.except })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuietError {
    #[error("quiet_hours.from and .to are times such as 20:00")]
    Time,
    #[error("quiet_hours.from and .to are the same: leave quiet_hours away, or name two times")]
    Never,
    #[error("quiet_hours.days is a list of at least one of mon, tue, wed, thu, fri, sat, sun")]
    Days,
    #[error("quiet_hours.time_zone is no time zone of the IANA database, such as Europe/Berlin")]
    Zone,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(json: &str) -> Result<QuietHours, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    fn check(json: &str, now: &str, expected: Option<&str>) {
        let until = quiet(json).unwrap().until(now.parse().unwrap());
        assert_eq!(until.map(|until| until.to_string()).as_deref(), expected, "{now}");
    }

    #[test]
    fn a_night_ends_in_the_morning() {
        let night = r#"{"from":"20:00","to":"07:00","time_zone":"Europe/Berlin"}"#;
        check(night, "2026-10-02T17:59:59Z", None);
        check(night, "2026-10-02T18:00:00Z", Some("2026-10-03T05:00:00Z"));
        check(night, "2026-10-03T04:59:59Z", Some("2026-10-03T05:00:00Z"));
        check(night, "2026-10-03T05:00:00Z", None);
        // The clocks go back an hour: the night is an hour longer.
        check(night, "2026-10-24T22:00:00Z", Some("2026-10-25T06:00:00Z"));
    }

    #[test]
    fn days_are_those_on_which_they_begin() {
        let weekend = r#"{"from":"18:00","to":"08:00","time_zone":"UTC","days":["fri"]}"#;
        check(weekend, "2026-10-02T18:30:00Z", Some("2026-10-03T08:00:00Z"));
        check(weekend, "2026-10-03T07:30:00Z", Some("2026-10-03T08:00:00Z"));
        check(weekend, "2026-10-03T18:30:00Z", None);
        let lunch = r#"{"from":"12:00","to":"13:00","time_zone":"UTC","days":["mon","fri"]}"#;
        check(lunch, "2026-10-02T12:30:00Z", Some("2026-10-02T13:00:00Z"));
        check(lunch, "2026-10-03T12:30:00Z", None);
    }

    #[test]
    fn wrong_hours_are_named() {
        for (fields, expected) in [
            (r#""from":"8pm","to":"07:00","time_zone":"UTC""#, QuietError::Time.to_string()),
            (r#""from":"07:00","to":"07:00","time_zone":"UTC""#, QuietError::Never.to_string()),
            (r#""from":"20:00","to":"07:00","time_zone":"Berlin""#, QuietError::Zone.to_string()),
            (
                r#""from":"20:00","to":"07:00","time_zone":"UTC","days":["Monday"]"#,
                QuietError::Days.to_string(),
            ),
            (r#""from":"20:00","to":"07:00","time_zone":"UTC","days":[]"#, QuietError::Days.to_string()),
            (r#""from":"20:00","to":"07:00""#, "missing field `time_zone`".to_owned()),
            (
                r#""from":"20:00","to":"07:00","time_zone":"UTC","except":"urgent""#,
                "unknown variant".to_owned(),
            ),
        ] {
            let error = quiet(&format!("{{{fields}}}")).unwrap_err();
            assert!(error.contains(&expected), "{fields}: {error}");
        }
    }
}
