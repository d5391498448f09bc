//! How long an incident is silent after each of its notices.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// Silence after the first notice, after the first update and so on; none is shorter than the one before, and the last
/// one stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silences {
    growing: Vec<Duration>,
    longest: Duration,
}

impl Silences {
    /// What waits for its notice is kept for eight days.
    const MOST: Duration = Duration::from_hours(7 * 24);

    pub fn after(&self, updates: usize) -> Duration {
        self.growing.get(updates).copied().unwrap_or(self.longest)
    }
}

impl Default for Silences {
    /// 5 min, 30 min, 4 h, and then a day each.
    fn default() -> Self {
        Self {
            growing: vec![Duration::from_mins(5), Duration::from_mins(30), Duration::from_hours(4)],
            longest: Duration::from_hours(24),
        }
    }
}

/// Why a text is no list of silences.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SilencesError {
    #[error("{0:?} is not a time such as 5m or 4h")]
    NoTime(String),
    #[error("{0:?} is not between 1s and 7 days")]
    OutOfRange(String),
    #[error("{0:?} is shorter than the time before it")]
    Shrinking(String),
    #[error("there is no time in it")]
    Empty,
}

impl FromStr for Silences {
    type Err = SilencesError;

    /// Reads `5m,30m,4h,24h`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut growing: Vec<Duration> = Vec::new();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let read = item.parse::<SignedDuration>().map_err(|_| SilencesError::NoTime(item.to_owned()))?;
            let silence = Duration::try_from(read)
                .ok()
                .filter(|silence| (Duration::from_secs(1)..=Self::MOST).contains(silence))
                .ok_or_else(|| SilencesError::OutOfRange(item.to_owned()))?;
            if growing.last().is_some_and(|before| silence < *before) {
                return Err(SilencesError::Shrinking(item.to_owned()));
            }
            growing.push(silence);
        }
        let longest = growing.pop().ok_or(SilencesError::Empty)?;
        Ok(Self { growing, longest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silences_read_as_they_are_documented() {
        assert_eq!("5m,30m,4h,24h".parse(), Ok(Silences::default()));
        let read: Silences = " 20s, 10m ".parse().unwrap();
        let seconds = [0, 1, 2, 99].map(|updates| read.after(updates).as_secs());
        assert_eq!(seconds, [20, 600, 600, 600]);
    }

    #[test]
    fn a_list_that_makes_no_sense_is_refused_by_name() {
        for (text, expected) in [
            ("", "there is no time in it"),
            (" , ", "there is no time in it"),
            ("5", "\"5\" is not a time such as 5m or 4h"),
            ("soon", "\"soon\" is not a time such as 5m or 4h"),
            ("5m,0s", "\"0s\" is not between 1s and 7 days"),
            ("-5m", "\"-5m\" is not between 1s and 7 days"),
            ("8d", "\"8d\" is not a time such as 5m or 4h"),
            ("169h", "\"169h\" is not between 1s and 7 days"),
            ("30m,5m", "\"5m\" is shorter than the time before it"),
        ] {
            assert_eq!(text.parse::<Silences>().unwrap_err().to_string(), expected, "{text}");
        }
    }
}
