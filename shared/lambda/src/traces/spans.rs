//! The spans that there are. They say where time went and how it ended; never what stands in an alert, a request's
//! path or query, an answer, a recipient or a key.

use std::error::Error;
use std::future::Future;

use domain::AlertKey;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use crate::batch::Record;
use crate::ledger::End;

/// What our spans are known by.
pub(crate) const TARGET: &str = module_path!();

/// One message's way through a stage: goes on with the trace that the message brings, or begins that of its alert.
pub(crate) fn record(stage: &'static str, record: &Record) -> Span {
    info_span!(
        "record",
        otel.name = stage,
        otel.kind = "consumer",
        traceparent = record.attributes.get(TRACEPARENT),
        messaging.system = "aws_sqs",
        messaging.operation.type = "process",
        messaging.message.id = record.message_id.as_str(),
        faas.trigger = "pubsub",
        alert.key = Empty,
        outcome = Empty,
        reason = Empty,
        error.type = Empty,
        ended = Empty,
    )
}

/// Name of the message attribute that carries the trace: that of W3C's header.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// Says which alert the current record is about. Before anything that takes time: an alert that came without a trace
/// begins its own here.
pub fn about(key: &AlertKey) {
    Span::current().record("alert.key", key.as_str());
}

/// The alert went on.
pub(crate) fn passed() {
    Span::current().record("outcome", "passed").record("ended", true);
}

/// The alert ended.
pub(crate) fn ended(end: &End) {
    let span = Span::current();
    span.record("outcome", end.outcome.name()).record("reason", end.reason.as_str()).record("ended", true);
}

/// The work of the current span failed.
pub(crate) fn failed(kind: &str) {
    Span::current().record("error.type", kind).record("ended", true);
}

/// Work that a schedule calls for: a trace of its own.
pub fn run<T, E: Error>(
    name: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    let span = info_span!(
        "run",
        otel.name = name,
        otel.kind = "server",
        faas.trigger = "timer",
        error.type = Empty,
        ended = Empty,
    );
    finished(span, work)
}

/// Work for an alert that comes out of a run: the beginning of the alert's own trace, linked to the run's.
pub fn found<T, E: Error>(
    key: &AlertKey,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    let span = info_span!("finding", alert.key = key.as_str(), error.type = Empty, ended = Empty);
    finished(span, work)
}

/// The work in its span, which says whether it failed. Boxed: wrapped by value, a deep future is there three times.
pub(crate) fn finished<T, E: Error>(
    span: Span,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    let work = Box::pin(work);
    let finished = async {
        let worked = work.await;
        match &worked {
            Ok(_) => {
                Span::current().record("ended", true);
            }
            Err(_) => failed("failed"),
        }
        worked
    };
    finished.instrument(span)
}

/// A message on its way into a queue.
pub(crate) fn send(queue_url: &str) -> Span {
    let queue = || queue_url.rsplit('/').next().unwrap_or_default();
    info_span!(
        "send",
        otel.kind = "producer",
        messaging.system = "aws_sqs",
        messaging.operation.type = "send",
        messaging.destination.name = queue(),
        error.type = Empty,
        ended = Empty,
    )
}

/// A request to somebody who is not AWS. Of the URL only who is asked: paths hold indicators, and queries hold keys.
pub(crate) fn request(request: &reqwest::Request) -> Span {
    info_span!(
        "request",
        otel.name = request.method().as_str(),
        otel.kind = "client",
        http.request.method = request.method().as_str(),
        server.address = request.url().host_str(),
        server.port = request.url().port_or_known_default(),
        http.response.status_code = Empty,
        error.type = Empty,
        ended = Empty,
    )
}

/// What became of the request of the current span.
pub(crate) fn answered(answer: &Result<reqwest::Response, reqwest::Error>) {
    let span = Span::current();
    span.record("ended", true);
    match answer {
        Ok(answer) => {
            let status = answer.status();
            span.record("http.response.status_code", status.as_u16());
            if status.is_client_error() || status.is_server_error() {
                span.record("error.type", status.as_str());
            }
        }
        Err(error) if error.is_timeout() => failed("timeout"),
        Err(error) if error.is_connect() => failed("connect"),
        Err(_) => failed("_OTHER"),
    }
}
