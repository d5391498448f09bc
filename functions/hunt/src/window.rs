//! Which time is hunted in.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

/// What the function is called with: `{"hunt": {}}` by the schedule, `{"hunt": {"from": …, "to": …}}` by a person.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    pub hunt: Asked,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Logins that were recorded in this time are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Window {
    /// Three times the schedule's pause: two hunts may fail and nothing is missed. What was told is not told again.
    pub const LOOK_BACK: Duration = Duration::from_mins(45);

    /// Longer ones read more than one call can hold.
    const LONGEST: Duration = Duration::from_hours(7 * 24);

    pub fn of(asked: Asked, now: Timestamp) -> Result<Self, WindowError> {
        let to = asked.to.unwrap_or(now);
        let from = asked.from.unwrap_or(to - Self::LOOK_BACK);
        if from >= to {
            return Err(WindowError::Backwards);
        }
        if from + Self::LONGEST < to {
            return Err(WindowError::TooLong);
        }
        Ok(Self { from, to })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("hunt.from must be before hunt.to, for example 2026-10-03T12:00:00Z and 2026-10-03T13:00:00Z")]
    Backwards,
    #[error("a hunt looks at 7 days at most; call it for each week, or use `triage hunt` on the files")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_looks_back_and_a_person_says_when() {
        let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        let window = |call: &str| {
            let call: Call = serde_json::from_str(call).map_err(|error| error.to_string())?;
            let window = Window::of(call.hunt, now).map_err(|error| error.to_string())?;
            Ok::<String, String>(format!("{} {}", window.from, window.to))
        };
        assert_eq!(window(r#"{"hunt":{}}"#).unwrap(), "2026-10-03T11:15:00Z 2026-10-03T12:00:00Z");
        assert_eq!(
            window(r#"{"hunt":{"from":"2026-10-01T00:00:00Z","to":"2026-10-01T06:00:00Z"}}"#).unwrap(),
            "2026-10-01T00:00:00Z 2026-10-01T06:00:00Z"
        );
        for (call, problem) in [
            (r#"{"hunt":{"from":"2026-10-04T00:00:00Z"}}"#, "must be before"),
            (r#"{"hunt":{"from":"2026-09-01T00:00:00Z"}}"#, "7 days at most"),
            (r#"{"hunt":{"from":"yesterday"}}"#, "failed to parse"),
            (r#"{"hunt":{"since":"2026-10-01T00:00:00Z"}}"#, "unknown field"),
            ("{}", "missing field"),
        ] {
            let error = window(call).unwrap_err();
            assert!(error.contains(problem), "{call}: {error}");
        }
    }
}
