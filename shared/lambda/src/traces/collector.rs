//! Turns `tracing` spans into spans of traces, and keeps those that ended until they are sent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Span, Subscriber};
use tracing_subscriber::layer::{Context as Layers, Filter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::context::{Context, SpanId, TraceId};
use super::fields::{Fields, Kind, Value};
use super::sampler::Sampler;
use super::spans;

/// Most spans that wait to be sent: more than a batch of a hundred alerts leaves behind.
const MOST: usize = 4096;

/// The layer that keeps spans.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    sampler: Sampler,
    kept: Arc<Mutex<Kept>>,
}

/// Spans that ended, and how many more there were.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub spans: Vec<Finished>,
    pub lost: u32,
}

/// A span that ended.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub context: Context,
    pub parent: Option<SpanId>,
    /// The run that found the alert whose trace begins here.
    pub link: Option<Context>,
    pub name: String,
    pub fields: Fields,
    pub start_nanos: u64,
    pub end_nanos: u64,
}

/// A span that has not ended.
#[derive(Debug)]
struct Open {
    context: Context,
    parent: Option<SpanId>,
    link: Option<Context>,
    scope: Scope,
    fields: Fields,
    start_nanos: u64,
}

/// Whose trace a span is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// A schedule's run. An alert that comes out of it has a trace of its own.
    Run,
    /// An alert's that is not known yet: the trace is chosen again when it is.
    Unread,
    Alert,
}

impl Collector {
    pub fn new(sampler: Sampler) -> Self {
        Self { sampler, kept: Arc::default() }
    }

    /// What has ended since the last time.
    pub fn take(&self) -> Kept {
        std::mem::take(&mut *self.kept())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, fields: Fields, about_an_alert: bool, above: Option<(Context, Scope)>) -> Open {
        let (context, parent, link, scope) = match (fields.parent, fields.alert(), above) {
            (Some(remote), _, _) => {
                (self.root(remote.trace, Some(remote.sampled)), Some(remote.span), None, Scope::Alert)
            }
            (None, Some(key), None | Some((_, Scope::Run))) => {
                let run = above.map(|(run, _)| run);
                (self.root(TraceId::of_alert(key), None), None, run, Scope::Alert)
            }
            (None, _, Some((parent, scope))) => {
                let scope = if scope == Scope::Run { Scope::Run } else { Scope::Alert };
                (Context { span: SpanId::random(), ..parent }, Some(parent.span), None, scope)
            }
            (None, None, None) => {
                let scope = if about_an_alert { Scope::Unread } else { Scope::Run };
                (self.root(TraceId::random(), None), None, None, scope)
            }
        };
        Open { context, parent, link, scope, fields, start_nanos: nanos() }
    }

    fn root(&self, trace: TraceId, parent: Option<bool>) -> Context {
        Context { trace, span: SpanId::random(), sampled: self.sampler.samples(trace, parent) }
    }

    fn keep(&self, open: Open, metadata: &Metadata<'_>) {
        if !open.context.sampled {
            return;
        }
        let Open { context, parent, link, mut fields, start_nanos, .. } = open;
        let declared = metadata.fields().field(Fields::ENDED).is_some();
        if declared && !fields.ended {
            fields.attributes.set(Fields::ERROR, Value::Text("interrupted".to_owned()));
        }
        let name = fields.name.take().unwrap_or_else(|| metadata.name().to_owned());
        let mut kept = self.kept();
        if kept.spans.len() >= MOST {
            kept.lost = kept.lost.saturating_add(1);
            return;
        }
        let end_nanos = nanos().max(start_nanos);
        kept.spans.push(Finished { context, parent, link, name, fields, start_nanos, end_nanos });
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layers: Layers<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let parent = span
            .parent()
            .and_then(|parent| parent.extensions().get::<Open>().map(|open| (open.context, open.scope)));
        let is_ours = attributes.metadata().target() == spans::TARGET;
        // What the SDK calls while nothing of ours goes on belongs to no trace.
        if parent.is_none() && !is_ours {
            return;
        }
        let kind = if is_ours { Kind::Internal } else { Kind::Client };
        let mut fields = Fields { kind, ..Fields::default() };
        attributes.record(&mut fields);
        let about_an_alert = attributes.metadata().fields().field(Fields::ALERT).is_some();
        span.extensions_mut().insert(self.open(fields, about_an_alert, parent));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layers: Layers<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>() else { return };
        values.record(&mut open.fields);
        if open.scope == Scope::Unread
            && let Some(key) = open.fields.alert()
        {
            let trace = TraceId::of_alert(key);
            open.context = Context { span: open.context.span, ..self.root(trace, None) };
            open.scope = Scope::Alert;
        }
    }

    fn on_close(&self, id: Id, layers: Layers<'_, S>) {
        let Some(span) = layers.span(&id) else { return };
        let open = span.extensions_mut().remove::<Open>();
        if let Some(open) = open {
            self.keep(open, span.metadata());
        }
    }
}

/// Where the current span stands in an alert's trace. Nothing without traces, and in a run of a schedule.
pub(crate) fn current() -> Option<Context> {
    Span::current()
        .with_subscriber(|(id, subscriber)| {
            let span = subscriber.downcast_ref::<Registry>()?.span(id)?;
            let extensions = span.extensions();
            let open = extensions.get::<Open>()?;
            (open.scope == Scope::Alert).then_some(open.context)
        })
        .flatten()
}

/// Which spans are traced: ours, and the SDK's of its operations. All others cost one look at a flag.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    Spans,
    Nothing,
}

impl Wanted {
    fn wants(self, metadata: &Metadata<'_>) -> bool {
        let traced = metadata.target() == spans::TARGET || metadata.target().starts_with("aws_sdk_");
        match self {
            Self::Spans => metadata.is_span() && traced,
            Self::Nothing => false,
        }
    }
}

impl<S> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Layers<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(match self {
            Self::Spans => tracing::level_filters::LevelFilter::DEBUG,
            Self::Nothing => tracing::level_filters::LevelFilter::OFF,
        })
    }
}

fn nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
