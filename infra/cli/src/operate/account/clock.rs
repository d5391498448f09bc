//! What time it is at AWS.

use std::error::Error;
use std::sync::{Arc, Mutex};

use aws_sdk_sqs::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Remembers the `Date` of the last answer, whatever the answer was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Arc<Mutex<Option<Timestamp>>>);

impl Clock {
    pub fn last(&self) -> Option<Timestamp> {
        self.0.lock().ok().and_then(|date| *date)
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
