//! This host's clock against that of AWS: SQS refuses what was signed more than some minutes away from its own time.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::findings::Finding;

const REFUSED: Duration = Duration::from_mins(5);
const WRONG: Duration = Duration::from_secs(30);

/// Remembers the `Date` of the last answer, whatever the answer was.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Mutex<Option<Timestamp>>>);

impl Clock {
    pub fn finding(&self, now: Timestamp) -> Option<Finding> {
        let theirs = self.0.lock().ok().and_then(|date| *date)?;
        let away = now.duration_since(theirs);
        let seconds = away.as_secs();
        let what = if seconds < 0 {
            format!("this host's clock is {} s behind that of AWS", -seconds)
        } else {
            format!("this host's clock is {seconds} s ahead of that of AWS")
        };
        let cure = "set the clock, and keep it right with chrony or systemd-timesyncd";
        let away = away.unsigned_abs();
        Some(if away >= REFUSED {
            Finding::fail(what, cure)
        } else if away >= WRONG {
            Finding::warn(what, cure)
        } else {
            Finding::ok("this host's clock agrees with that of AWS")
        })
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let date = context.response().headers().get("date").and_then(|date| rfc2822::parse(date).ok());
        if let (Some(date), Ok(mut last)) = (date, self.0.lock()) {
            *last = Some(date.timestamp());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn five_minutes_are_too_many() {
        let theirs: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        let clock = Clock(Arc::new(Mutex::new(Some(theirs))));
        for (now, level, words) in [
            ("2026-10-03T12:00:02Z", Level::Ok, "agrees"),
            ("2026-10-03T12:00:31Z", Level::Warn, "31 s ahead"),
            ("2026-10-03T11:59:00Z", Level::Warn, "60 s behind"),
            ("2026-10-03T11:50:00Z", Level::Fail, "600 s behind"),
        ] {
            let finding = clock.finding(now.parse().unwrap()).unwrap();
            assert_eq!(finding.level, level, "{now}");
            assert!(finding.what.contains(words), "{}", finding.what);
        }
        assert_eq!(Clock::default().finding(theirs), None);
    }
}
