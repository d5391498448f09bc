//! The way to what was recorded in a time, whoever it is about: each hour is some partitions of the table of sightings.
//!
//! The hour is that of recording, not that of the event: what a manager delivers late is hunted when it comes.

use std::time::Duration;

use jiff::Timestamp;

use super::Sighting;

/// A partition takes 1,000 writes a second; a site with more than four times as many logins has other worries.
const SHARDS: u8 = 4;

const HOUR: Duration = Duration::from_hours(1);

impl Sighting {
    /// Under which name of its hour it is kept.
    pub fn subject_of_hour(&self, recorded: Timestamp) -> String {
        let sum = self.alert_key.as_str().bytes().fold(0_u8, u8::wrapping_add);
        subject(recorded, sum % SHARDS)
    }

    /// What it sorts by under its account and its address: the same alert again is the same row.
    pub fn seen(&self) -> String {
        seen(self.at, self.alert_key.as_str())
    }

    /// What it sorts by under its hour.
    pub fn seen_as_recorded(&self, recorded: Timestamp) -> String {
        seen(recorded, self.alert_key.as_str())
    }
}

/// Every name under which something may be kept that was recorded from `from` to `to`.
pub fn subjects_of_hours(from: Timestamp, to: Timestamp) -> Vec<String> {
    let mut subjects = Vec::new();
    let mut hour = Timestamp::from_second(from.as_second().div_euclid(3_600) * 3_600).unwrap_or(from);
    while hour <= to {
        subjects.extend((0..SHARDS).map(|shard| subject(hour, shard)));
        let Ok(next) = hour.checked_add(HOUR) else { break };
        hour = next;
    }
    subjects
}

fn subject(time: Timestamp, shard: u8) -> String {
    format!("hour#{}#{shard}", time.strftime("%Y-%m-%dT%H"))
}

fn seen(time: Timestamp, key: &str) -> String {
    format!("{time:.3}#{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Alert;

    #[test]
    fn what_is_recorded_in_a_time_is_found_in_its_hours() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let hours = |from, to| subjects_of_hours(at(from), at(to));
        assert_eq!(
            hours("2026-10-03T13:10:00Z", "2026-10-03T13:25:00Z"),
            ["hour#2026-10-03T13#0", "hour#2026-10-03T13#1", "hour#2026-10-03T13#2", "hour#2026-10-03T13#3"]
        );
        assert_eq!(hours("2026-10-03T23:50:00Z", "2026-10-04T00:00:00Z").len(), 8, "the last instant counts");
        assert!(hours("2026-10-03T14:00:00Z", "2026-10-03T13:00:00Z").is_empty());
        for index in 0..50 {
            let text = format!(
                r#"{{"id":"{index}.1","rule":{{"id":"1","level":3,"groups":["authentication_failed"]}},"data":{{"srcip":"203.0.113.9"}}}}"#
            );
            let sighting = Sighting::of(&Alert::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
            let recorded = at("2026-10-03T13:12:00Z");
            let subject = sighting.subject_of_hour(recorded);
            assert!(hours("2026-10-03T13:10:00Z", "2026-10-03T13:25:00Z").contains(&subject), "{subject}");
            assert!(sighting.seen_as_recorded(recorded).starts_with("2026-10-03T13:12:00.000Z#"));
        }
    }
}
