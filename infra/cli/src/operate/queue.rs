//! The queues of a deployment.

use clap::ValueEnum;

/// A queue, each with its dead-letter queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Queue {
    /// From Wazuh's manager to enrich.
    Alerts,
    /// From enrich to analyze.
    Enriched,
    /// From analyze to notify.
    Notices,
    /// From enrich to the publisher.
    Feedback,
    /// From SES to notify, where mail events are on.
    MailEvents,
}

impl Queue {
    pub const ALL: [Self; 5] =
        [Self::Alerts, Self::Enriched, Self::Notices, Self::Feedback, Self::MailEvents];

    /// The part of its name behind the deployment's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Enriched => "enriched",
            Self::Notices => "notices",
            Self::Feedback => "feedback",
            Self::MailEvents => "mail-events",
        }
    }

    /// The name of its dead-letter queue, behind the deployment's.
    pub fn dead_letters(self) -> String {
        format!("{}-dlq", self.name())
    }

    /// Whether every deployment has it.
    pub fn is_optional(self) -> bool {
        match self {
            Self::MailEvents => true,
            Self::Alerts | Self::Enriched | Self::Notices | Self::Feedback => false,
        }
    }
}
