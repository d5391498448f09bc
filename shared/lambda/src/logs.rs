//! Structured logs: one JSON object per line, field names as dotted nouns.

use std::error::Error;
use std::fmt::Write as _;

use tracing::{Level, Metadata};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::traces::Traces;

/// Starts logging to standard output, and keeping spans where traces are on. A panic is logged by place, not by message:
/// messages may hold alert data.
pub fn start(level: Level, traces: &Traces) {
    let logged = filter_fn(move |line: &Metadata<'_>| line.is_event() && *line.level() <= level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_filter(logged.with_max_level_hint(level));
    let (collector, wanted) = traces.layer();
    tracing_subscriber::registry().with(lines).with(collector.with_filter(wanted)).init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.place = place, "a handler panicked");
    }));
}

/// An error with all its causes: tracing's JSON layer prints the outermost text only.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not claim the alert")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_chain_names_every_cause() {
        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(chain(&error), "could not claim the alert: connection refused");
    }
}
