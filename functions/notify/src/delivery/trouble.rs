//! Why SES did not take a mail, and what follows from it.
//!
//! Codes: <https://docs.aws.amazon.com/ses/latest/dg/using-ses-api-error-codes.html>. `SendRawEmail` calls two things
//! `Throttling`: too many a second, and too many a day. Only the message tells them apart.

use serde::{Deserialize, Serialize};

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Too many a second: a little later it goes.
    #[error("SES takes no more mails at this second")]
    Throttled,
    /// No mail of this account goes, whatever it says.
    #[error("the account may not send: {}", .0.name())]
    Account(AccountTrouble),
    /// Sending the same mail again would not help.
    #[error("SES rejected the mail: {0}")]
    Rejected(&'static str),
    /// Perhaps it was taken: nobody can know.
    #[error("could not send the mail")]
    Unclear(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountTrouble {
    /// AWS, or the operator, has stopped the account or the configuration set.
    Paused,
    /// The quota of 24 hours is used up.
    DailyQuota,
}

impl AccountTrouble {
    /// Name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paused => "sending_paused",
            Self::DailyQuota => "daily_quota",
        }
    }
}

impl Trouble {
    /// What an error of SES means, by its code and message; nothing for one that says nothing about the mail.
    pub fn of(code: &str, message: &str) -> Option<Self> {
        let daily = message.to_ascii_lowercase().contains("daily");
        Some(match code {
            "Throttling" | "ThrottlingException" | "LimitExceededException" | "LimitExceeded" if daily => {
                Self::Account(AccountTrouble::DailyQuota)
            }
            "Throttling" | "ThrottlingException" | "LimitExceededException" | "LimitExceeded" => {
                Self::Throttled
            }
            "AccountSendingPausedException"
            | "AccountSendingPaused"
            | "AccountSuspendedException"
            | "ConfigurationSetSendingPausedException"
            | "ConfigurationSetSendingPaused" => Self::Account(AccountTrouble::Paused),
            "MessageRejected" => Self::Rejected("MessageRejected"),
            "MailFromDomainNotVerifiedException" | "MailFromDomainNotVerified" => {
                Self::Rejected("MailFromDomainNotVerified")
            }
            "ConfigurationSetDoesNotExist" | "ConfigurationSetDoesNotExistException" => {
                Self::Rejected("ConfigurationSetDoesNotExist")
            }
            "InvalidParameterValue" => Self::Rejected("InvalidParameterValue"),
            _ => return None,
        })
    }

    /// Name of the failure in metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Account(trouble) => trouble.name(),
            Self::Rejected(_) => "rejected",
            Self::Unclear(_) => "send",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_ses_has_its_consequence() {
        for (code, message, expected) in [
            ("Throttling", "Maximum sending rate exceeded.", Some("throttled")),
            ("Throttling", "Daily message quota exceeded.", Some("daily_quota")),
            ("ThrottlingException", "Rate exceeded", Some("throttled")),
            ("AccountSendingPausedException", "", Some("sending_paused")),
            ("ConfigurationSetSendingPausedException", "", Some("sending_paused")),
            ("MessageRejected", "Email address is not verified.", Some("rejected")),
            ("MailFromDomainNotVerifiedException", "", Some("rejected")),
            ("ConfigurationSetDoesNotExist", "", Some("rejected")),
            ("InternalFailure", "", None),
            ("AccessDenied", "", None),
        ] {
            assert_eq!(
                Trouble::of(code, message).map(|trouble| trouble.kind()),
                expected,
                "{code} {message}"
            );
        }
    }
}
