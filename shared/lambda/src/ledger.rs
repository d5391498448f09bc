//! Where every alert ends. The sum of the ends equals the alerts that came in: nothing is silently lost.

use domain::AlertKey;
use jiff::Timestamp;

use crate::batch::MessageId;
use crate::metrics::Metrics;

/// One alert's end, with the reason a person can follow up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Absent where the body was not an alert.
    pub alert_key: Option<AlertKey>,
    pub outcome: Outcome,
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A mail was accepted by SES.
    Notified,
    /// It belongs to an incident that is known already, or was delivered twice.
    Counted,
    /// Recorded for hunting.
    Observed,
    /// A named rule of the configuration set it aside.
    Ignored,
    /// It could not be handled and waits, with its reason, for a person.
    DeadLettered,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Notified => "notified",
            Self::Counted => "counted",
            Self::Observed => "observed",
            Self::Ignored => "ignored",
            Self::DeadLettered => "dead_lettered",
        }
    }
}

impl End {
    pub fn new(alert_key: &AlertKey, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { alert_key: Some(alert_key.clone()), outcome, reason: reason.into() }
    }

    /// Writes the end into the log and the metrics: the ledger's entry.
    pub fn record(&self, message_id: &MessageId, metrics: &Metrics, now: Timestamp) {
        tracing::info!(
            alert.key = self.alert_key.as_ref().map(AlertKey::as_str),
            message.id = message_id.as_str(),
            outcome = self.outcome.name(),
            reason = self.reason,
            "alert ended"
        );
        metrics.count("AlertsEnded", &[("outcome", self.outcome.name())], now);
    }
}
