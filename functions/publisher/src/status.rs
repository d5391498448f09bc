//! `status`: what the service says of itself, over a socket in the spool.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::relay::feed_lists::FeedListsStatus;
use crate::relay::status::Snapshot;
use crate::service::Seen;

/// Counts are since the start of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub version: String,
    pub pid: u32,
    pub uptime_seconds: u64,
    pub accepted: u64,
    pub sent: usize,
    pub rejected: usize,
    pub waiting: u64,
    pub oldest_seconds: Option<u64>,
    pub in_flight_requests: usize,
    pub spool_bytes: u64,
    pub spool_max_bytes: u64,
    pub is_full: bool,
    pub destinations: Vec<Destination>,
    /// Nothing when `alerts.json` is not followed.
    pub follow: Option<Follow>,
    /// Nothing when no feedback queue is configured.
    pub relay: Option<Snapshot>,
    /// Nothing when no bucket of lists is configured.
    pub lists: Option<FeedListsStatus>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    pub path: PathBuf,
    pub accepted: u64,
    pub filtered: u64,
    /// Not read yet; nothing before it was looked at.
    pub lag_bytes: Option<u64>,
    pub lag_files: Option<usize>,
    /// In a row, up to now: it cannot be read, or its queue takes nothing.
    pub failures: u32,
    pub last_error: Option<String>,
    /// Seconds since 1970.
    pub last_error_at: Option<u64>,
}

impl Follow {
    pub(crate) fn read(&mut self, seen: &Seen) {
        (self.accepted, self.filtered) = (seen.accepted, seen.filtered);
        (self.lag_bytes, self.lag_files) = (seen.lag_bytes, seen.lag_files);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    pub id: String,
    pub queue_url: String,
    /// In a row, up to now.
    pub failures: u32,
    pub last_error: Option<String>,
    /// Seconds since 1970.
    pub last_error_at: Option<u64>,
}

/// How long a service may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Where the service answers.
pub fn socket(spool: &Path) -> PathBuf {
    spool.join("status")
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Asks the service of a spool.
pub fn ask(spool: &Path) -> std::io::Result<Status> {
    let mut stream = UnixStream::connect(socket(spool))?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// How a status is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Text,
    Json,
    Metrics,
}

impl Style {
    pub fn of(json: bool, metrics: bool) -> Self {
        match (json, metrics) {
            (true, _) => Self::Json,
            (false, true) => Self::Metrics,
            (false, false) => Self::Text,
        }
    }
}

/// Asks the service and prints what it says.
pub fn tell(spool: &Path, style: Style) -> Result<(), Failure> {
    let status = ask(spool).map_err(|error| Failure::NoService(socket(spool), error))?;
    let text = match style {
        Style::Text => status.text(),
        Style::Json => serde_json::to_string_pretty(&status).unwrap_or_default() + "\n",
        Style::Metrics => status.metrics(),
    };
    // Printing to a closed pipe is nobody's failure.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

impl Status {
    pub fn text(&self) -> String {
        let Self { version, pid, uptime_seconds, accepted, sent, rejected, waiting, .. } = self;
        let oldest = self.oldest_seconds.map_or(String::new(), |age| format!(", the oldest for {age} s"));
        let full = if self.is_full { "; FULL: alerts are refused" } else { "" };
        let mut text = format!(
            "wazuh-publisher {version}, process {pid}, up {uptime_seconds} s\n\
             accepted {accepted}, sent {sent}, rejected {rejected}, waiting {waiting}{oldest}\n\
             spool {} of {} bytes{full}; {} requests under way\n",
            self.spool_bytes, self.spool_max_bytes, self.in_flight_requests
        );
        if let Some(Follow { path, accepted, filtered, lag_bytes, lag_files, failures, last_error, .. }) =
            &self.follow
        {
            let _ = writeln!(
                text,
                "{}: {accepted} wanted, {filtered} left out, {} bytes and {} files behind; {}",
                path.display(),
                known(lag_bytes.as_ref()),
                known(lag_files.as_ref()),
                state(*failures, last_error.as_ref())
            );
        }
        if let Some(Snapshot { written, repeated, set_aside, waiting_since, .. }) = &self.relay {
            let waits = waiting_since
                .map_or(String::new(), |since| format!("; the manager takes none since {since}"));
            let _ = writeln!(
                text,
                "feedback: {written} written, {repeated} repeated, {set_aside} set aside{waits}"
            );
        }
        if let Some(FeedListsStatus { checked_at, changed_at, last_error }) = &self.lists {
            let _ = writeln!(
                text,
                "lists of feeds: last well at {}, last changed at {}; {}",
                known(checked_at.as_ref()),
                known(changed_at.as_ref()),
                last_error.as_deref().unwrap_or("well")
            );
        }
        for Destination { queue_url, failures, last_error, .. } in &self.destinations {
            let _ = writeln!(text, "{queue_url}: {}", state(*failures, last_error.as_ref()));
        }
        text
    }

    /// In the text format of Prometheus, for a scrape or the textfile collector.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        let gauges = [
            ("up", "gauge", 1),
            ("uptime_seconds", "gauge", self.uptime_seconds),
            ("accepted_total", "counter", self.accepted),
            ("sent_total", "counter", number(self.sent)),
            ("rejected_total", "counter", number(self.rejected)),
            ("waiting", "gauge", self.waiting),
            ("oldest_seconds", "gauge", self.oldest_seconds.unwrap_or_default()),
            ("in_flight_requests", "gauge", number(self.in_flight_requests)),
            ("spool_bytes", "gauge", self.spool_bytes),
            ("spool_max_bytes", "gauge", self.spool_max_bytes),
            ("spool_full", "gauge", u64::from(self.is_full)),
        ];
        for (name, kind, value) in gauges {
            let _ = write!(text, "# TYPE wazuh_publisher_{name} {kind}\nwazuh_publisher_{name} {value}\n");
        }
        if let Some(follow) = &self.follow {
            for (name, kind, value) in [
                ("lag_bytes", "gauge", follow.lag_bytes.unwrap_or_default()),
                ("failures", "gauge", u64::from(follow.failures)),
                ("accepted_total", "counter", follow.accepted),
                ("filtered_total", "counter", follow.filtered),
            ] {
                let name = format!("wazuh_publisher_follow_{name}");
                let _ = write!(text, "# TYPE {name} {kind}\n{name} {value}\n");
            }
        }
        if let Some(relay) = &self.relay {
            for (name, value) in [("written", relay.written), ("set_aside", relay.set_aside)] {
                let name = format!("wazuh_publisher_feedback_{name}_total");
                let _ = write!(text, "# TYPE {name} counter\n{name} {value}\n");
            }
        }
        if let Some(checked_at) = self.lists.as_ref().and_then(|lists| lists.checked_at) {
            let name = "wazuh_publisher_lists_checked_timestamp_seconds";
            let _ = write!(text, "# TYPE {name} gauge\n{name} {}\n", checked_at.as_second());
        }
        text.push_str("# TYPE wazuh_publisher_destination_failures gauge\n");
        for Destination { queue_url, failures, .. } in &self.destinations {
            let queue_url = queue_url.replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(
                text,
                "wazuh_publisher_destination_failures{{queue_url=\"{queue_url}\"}} {failures}"
            );
        }
        text
    }
}

fn known(number: Option<&impl ToString>) -> String {
    number.map_or("?".to_owned(), ToString::to_string)
}

fn state(failures: u32, last_error: Option<&String>) -> String {
    last_error.map_or("well".to_owned(), |error| format!("failed {failures} times: {error}"))
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn people_and_prometheus_read_the_same_numbers() {
        let destination = Destination {
            queue_url: "https://host/1/\"q".to_owned(),
            failures: 2,
            last_error: Some("SQS is busy (X)".to_owned()),
            ..Destination::default()
        };
        let status = Status {
            sent: 7,
            waiting: 3,
            oldest_seconds: Some(61),
            destinations: vec![destination],
            lists: Some(FeedListsStatus {
                checked_at: Timestamp::from_second(1_790_000_000).ok(),
                ..FeedListsStatus::default()
            }),
            ..Status::default()
        };
        assert!(
            status.text().contains("sent 7, rejected 0, waiting 3, the oldest for 61 s\n"),
            "{}",
            status.text()
        );
        assert!(
            status
                .text()
                .contains("lists of feeds: last well at 2026-09-21T14:13:20Z, last changed at ?; well\n"),
            "{}",
            status.text()
        );
        assert!(
            status.text().ends_with("https://host/1/\"q: failed 2 times: SQS is busy (X)\n"),
            "{}",
            status.text()
        );
        let metrics = status.metrics();
        for line in [
            "wazuh_publisher_sent_total 7",
            "wazuh_publisher_oldest_seconds 61",
            "wazuh_publisher_lists_checked_timestamp_seconds 1790000000",
            "wazuh_publisher_destination_failures{queue_url=\"https://host/1/\\\"q\"} 2",
        ] {
            assert!(metrics.lines().any(|found| found == line), "{metrics}");
        }
    }
}
