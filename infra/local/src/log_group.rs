//! A function's log, read as a whole.

use anyhow::Result;
use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::DisplayErrorContext;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use jiff::Timestamp;

/// Every line of a log group since a time; none while the function has not run.
pub async fn lines(time: Timestamp, configuration: &SdkConfig, group: &str) -> Result<Vec<String>> {
    let client = Client::new(configuration);
    let (mut lines, mut place) = (Vec::new(), Place { from: time.as_millisecond(), known: 0 });
    loop {
        let events = since(place.from, &client, group).await?;
        for event in events.iter().skip(place.known) {
            // A platform may put more than one line into an event.
            lines.extend(event.message.iter().flat_map(|message| message.lines()).map(str::to_owned));
        }
        match place.after(&events) {
            Some(next) => place = next,
            None => return Ok(lines),
        }
    }
}

/// Where to go on reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    from: i64,
    /// Events at the beginning of the answer that are known.
    known: usize,
}

impl Place {
    /// What one request gives at most.
    const FULL: usize = 10_000;

    /// `MiniStack` cuts its answer there without naming a next page, so the last instant of a full answer is asked for
    /// again. Nothing where the answer was all there is, or where that instant alone fills an answer.
    fn after(self, events: &[FilteredLogEvent]) -> Option<Self> {
        let from = events.last()?.timestamp?;
        let known = events.iter().rev().take_while(|event| event.timestamp == Some(from)).count();
        let next = Self { from, known };
        (events.len() >= Self::FULL && next != self).then_some(next)
    }
}

/// The events since an instant, page by page where the platform names pages.
async fn since(from: i64, client: &Client, group: &str) -> Result<Vec<FilteredLogEvent>> {
    const PAGES: usize = 100;
    let (mut events, mut token) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = client.filter_log_events().log_group_name(group).start_time(from);
        let answer = match request.set_next_token(token.take()).send().await {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
            {
                break;
            }
            Err(error) => anyhow::bail!("could not read the log {group}: {}", DisplayErrorContext(error)),
        };
        events.extend(answer.events.unwrap_or_default());
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_answer_goes_on_at_its_last_instant_without_what_is_known() {
        let events = |count: usize, at_last: usize| -> Vec<FilteredLogEvent> {
            let event = |time| FilteredLogEvent::builder().timestamp(time).build();
            (0..count).map(|index| event(if index + at_last < count { 1 } else { 7 })).collect()
        };
        let begin = Place { from: 0, known: 0 };
        for (count, at_last, expected) in [
            (0, 0, None),
            (9_999, 3, None),
            (10_000, 3, Some(Place { from: 7, known: 3 })),
            (10_000, 10_000, Some(Place { from: 7, known: 10_000 })),
        ] {
            assert_eq!(begin.after(&events(count, at_last)), expected, "{count}");
        }
        let stuck = Place { from: 7, known: 10_000 };
        assert_eq!(stuck.after(&events(10_000, 10_000)), None);
    }
}
