//! The queues of a deployment.

use std::time::Duration;

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

    /// What has waited longer needs a person, as the alarms that Terraform makes have it: the manager may be away for a
    /// day, the functions are not.
    pub fn longest_wait(self) -> Duration {
        match self {
            Self::Alerts | Self::Enriched | Self::Notices | Self::MailEvents => Duration::from_mins(15),
            Self::Feedback => Duration::from_hours(24),
        }
    }

    /// Whether every deployment has it.
    pub fn is_optional(self) -> bool {
        match self {
            Self::MailEvents => true,
            Self::Alerts | Self::Enriched | Self::Notices | Self::Feedback => false,
        }
    }
}
