//! The headers by which a server asks for patience.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::trouble::Advice;

impl Advice {
    /// `retry-after-ms` goes before `retry-after`, in seconds or as a date; what is neither is no advice.
    pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let millis = text("retry-after-ms").and_then(number).map(|millis| millis / 1000.0);
        let seconds = millis.or_else(|| text(RETRY_AFTER.as_str()).and_then(number));
        let wait = seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .or_else(|| until(text(RETRY_AFTER.as_str())?, now));
        let again = match text("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        Self { wait, again }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A date that has passed is no wait.
fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let date = rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(date).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_says_in_three_ways_how_long_to_wait() {
        let now: Timestamp = "2026-10-04T12:00:00Z".parse().unwrap();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (headers, wait, again) in [
            (vec![("retry-after", "2")], seconds(2), None),
            (vec![("retry-after", "2"), ("retry-after-ms", "1500")], Some(Duration::from_millis(1500)), None),
            (vec![("retry-after", "Sun, 04 Oct 2026 12:00:07 GMT")], seconds(7), None),
            (vec![("retry-after", "Sun, 04 Oct 2026 11:00:00 GMT")], seconds(0), None),
            (vec![("retry-after", "soon")], None, None),
            (vec![("retry-after", "-1")], None, None),
            (vec![("retry-after", "1e300")], None, None),
            (vec![("retry-after", "NaN")], None, None),
            (vec![("retry-after-ms", "x"), ("retry-after", "3")], seconds(3), None),
            (vec![("x-should-retry", "false")], None, Some(false)),
            (vec![("x-should-retry", "true"), ("retry-after", "1")], seconds(1), Some(true)),
            (vec![("x-should-retry", "perhaps")], None, None),
            (vec![], None, None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.insert(*name, value.parse().unwrap());
            }
            assert_eq!(Advice::read(&map, now), Advice { wait, again }, "{headers:?}");
        }
    }
}
