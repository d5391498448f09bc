//! Structured logs: one JSON object per line, field names as dotted nouns.

use std::error::Error;
use std::fmt::Write as _;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::traces::Traces;

/// Starts logging to standard output, and keeping spans where traces are on. A panic is logged by place, not by message:
/// messages may hold alert data.
pub fn start(level: Level, traces: &Traces) {
    subscriber(level, traces, std::io::stdout).init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.place = place, "a handler panicked");
    }));
}

fn subscriber(
    level: Level,
    traces: &Traces,
    output: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let logged = filter_fn(move |line: &Metadata<'_>| line.is_event() && *line.level() <= level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_writer(output)
        .with_filter(logged.with_max_level_hint(level));
    let (collector, wanted) = traces.layer();
    tracing_subscriber::registry().with(lines).with(collector.with_filter(wanted))
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
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::config::Environment;
    use crate::traces::spans;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_event_of_the_level_whether_there_are_traces_or_not() {
        let without = Environment::from_iter([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]);
        let with = without.with([("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example")]);
        for environment in [without, with] {
            let traces = Traces::read(&environment, &crate::aws::config(&environment).unwrap()).unwrap();
            let output = Output::default();
            let writer = output.clone();
            let _listening = subscriber(Level::INFO, &traces, move || writer.clone()).set_default();
            spans::send("https://sqs/1/notices").in_scope(|| {
                tracing::debug!("too quiet");
                tracing::info!(alert.key = "node/1.2", "alert ended");
            });
            let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
            let line: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!((&line["message"], &line["alert.key"]), (&"alert ended".into(), &"node/1.2".into()));
            assert_eq!(line.as_object().unwrap().len(), 4, "{text}");
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("could not claim the alert")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_chain_names_every_cause() {
        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(chain(&error), "could not claim the alert: connection refused");
    }
}
