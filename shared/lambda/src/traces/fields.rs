//! What a `tracing` span says of itself, in OpenTelemetry's terms.

use std::fmt::Debug;

use tracing::field::{Field, Visit};

use super::context::Context;
use super::listed::Listed;

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Fraction(f64),
    Flag(bool),
}

/// What part a span has in a conversation; the numbers are OTLP's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

/// Fields with a meaning of their own, and all others as attributes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// `otel.name`: names that are known at run time only.
    pub name: Option<String>,
    /// `otel.kind`
    pub kind: Kind,
    /// `traceparent`: the place that the span goes on from.
    pub parent: Option<Context>,
    /// `ended`: whoever declares it and does not get to record it was cut off.
    pub ended: bool,
    pub attributes: Listed<&'static str, Value>,
}

impl Fields {
    /// `alert.key`: what the span is about.
    pub const ALERT: &str = "alert.key";
    pub const ENDED: &str = "ended";
    pub const ERROR: &str = "error.type";

    pub fn alert(&self) -> Option<&str> {
        match self.attributes.get(&Self::ALERT) {
            Some(Value::Text(key)) => Some(key),
            Some(_) | None => None,
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, text: &str) {
        match field.name() {
            "otel.name" => self.name = Some(text.to_owned()),
            "otel.kind" => self.kind = kind(text),
            "traceparent" => self.parent = Context::read(text),
            name => self.attributes.set(name, Value::Text(text.to_owned())),
        }
    }

    fn record_bool(&mut self, field: &Field, flag: bool) {
        match field.name() {
            Self::ENDED => self.ended = flag,
            name => self.attributes.set(name, Value::Flag(flag)),
        }
    }

    fn record_i64(&mut self, field: &Field, number: i64) {
        self.attributes.set(field.name(), Value::Whole(number));
    }

    fn record_u64(&mut self, field: &Field, number: u64) {
        // The SDK's number of a call says nothing to anybody.
        if field.name() != "sdk_invocation_id" {
            let value = i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Whole);
            self.attributes.set(field.name(), value);
        }
    }

    fn record_f64(&mut self, field: &Field, number: f64) {
        self.attributes.set(field.name(), Value::Fraction(number));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "server" => Kind::Server,
        "client" => Kind::Client,
        "producer" => Kind::Producer,
        "consumer" => Kind::Consumer,
        _ => Kind::Internal,
    }
}
