//! The names of all that can be set.

use crate::destination::QueueUrl;
use crate::relay::settings::ApiUrl;

/// One thing that can be set, in the same words everywhere: `--queue-url`, `WAZUH_TRIAGE_QUEUE_URL`, `queue_url`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    QueueUrl,
    Profile,
    EndpointUrl,
    Spool,
    Log,
    CredentialsFile,
    Publisher,
    Durability,
    SpoolMaxBytes,
    SpoolMaxAgeHours,
    Intake,
    FollowFile,
    FollowFrom,
    FollowLevel,
    FollowGroups,
    FollowRuleIds,
    FollowExcludedRuleIds,
    FeedbackQueueUrl,
    FeedbackSocket,
    FeedbackFile,
    FeedbackRate,
    IndicatorList,
    IndicatorDays,
    ListsBucket,
    WazuhApiUrl,
    WazuhApiUser,
    WazuhApiPasswordFile,
    WazuhApiCaFile,
}

impl Setting {
    pub(super) const ALL: [Self; 28] = [
        Self::QueueUrl,
        Self::Profile,
        Self::EndpointUrl,
        Self::Spool,
        Self::Log,
        Self::CredentialsFile,
        Self::Publisher,
        Self::Durability,
        Self::SpoolMaxBytes,
        Self::SpoolMaxAgeHours,
        Self::Intake,
        Self::FollowFile,
        Self::FollowFrom,
        Self::FollowLevel,
        Self::FollowGroups,
        Self::FollowRuleIds,
        Self::FollowExcludedRuleIds,
        Self::FeedbackQueueUrl,
        Self::FeedbackSocket,
        Self::FeedbackFile,
        Self::FeedbackRate,
        Self::IndicatorList,
        Self::IndicatorDays,
        Self::ListsBucket,
        Self::WazuhApiUrl,
        Self::WazuhApiUser,
        Self::WazuhApiPasswordFile,
        Self::WazuhApiCaFile,
    ];

    pub(super) fn key(self) -> &'static str {
        match self {
            Self::QueueUrl => "queue_url",
            Self::Profile => "profile",
            Self::EndpointUrl => "endpoint_url",
            Self::Spool => "spool",
            Self::Log => "log",
            Self::CredentialsFile => "credentials_file",
            Self::Publisher => "publisher",
            Self::Durability => "durability",
            Self::SpoolMaxBytes => "spool_max_bytes",
            Self::SpoolMaxAgeHours => "spool_max_age_hours",
            Self::Intake => "intake",
            Self::FollowFile => "follow_file",
            Self::FollowFrom => "follow_from",
            Self::FollowLevel => "follow_level",
            Self::FollowGroups => "follow_groups",
            Self::FollowRuleIds => "follow_rule_ids",
            Self::FollowExcludedRuleIds => "follow_excluded_rule_ids",
            Self::FeedbackQueueUrl => "feedback_queue_url",
            Self::FeedbackSocket => "feedback_socket",
            Self::FeedbackFile => "feedback_file",
            Self::FeedbackRate => "feedback_rate",
            Self::IndicatorList => "indicator_list",
            Self::IndicatorDays => "indicator_days",
            Self::ListsBucket => "lists_bucket",
            Self::WazuhApiUrl => "wazuh_api_url",
            Self::WazuhApiUser => "wazuh_api_user",
            Self::WazuhApiPasswordFile => "wazuh_api_password_file",
            Self::WazuhApiCaFile => "wazuh_api_ca_file",
        }
    }

    pub(super) fn example(self) -> &'static str {
        match self {
            Self::QueueUrl => QueueUrl::EXAMPLE,
            Self::Profile => "soc-publisher",
            Self::EndpointUrl => "http://127.0.0.1:4566",
            Self::Spool => "/var/ossec/queue/wazuh-triage",
            Self::Log => "/var/ossec/logs/integrations.log",
            Self::CredentialsFile => "/var/ossec/etc/wazuh-triage.credentials",
            Self::Publisher => "/usr/bin/wazuh-publisher",
            Self::Durability => "os",
            Self::SpoolMaxBytes => "1073741824",
            Self::SpoolMaxAgeHours => "168",
            Self::Intake => "follow",
            Self::FollowFile => "/var/ossec/logs/alerts/alerts.json",
            Self::FollowFrom => "end",
            Self::FollowLevel => "6",
            Self::FollowGroups => "sshd,syscheck",
            Self::FollowRuleIds => "5710,5712,5763",
            Self::FollowExcludedRuleIds => "31530,31531",
            Self::FeedbackQueueUrl => {
                "https://sqs.eu-central-1.amazonaws.com/123456789012/wazuh-triage-feedback"
            }
            Self::FeedbackSocket => "/var/ossec/queue/sockets/queue",
            Self::FeedbackFile => "/var/ossec/logs/wazuh-triage-events.json",
            Self::FeedbackRate => "50",
            Self::IndicatorList => "/var/ossec/etc/lists/wazuh-triage-ioc",
            Self::IndicatorDays => "30",
            Self::ListsBucket => "wazuh-triage-feeds-123456789012",
            Self::WazuhApiUrl => ApiUrl::DEFAULT,
            Self::WazuhApiUser => "wazuh-triage",
            Self::WazuhApiPasswordFile => "/var/ossec/etc/wazuh-triage.password",
            Self::WazuhApiCaFile => "/var/ossec/api/configuration/ssl/server.crt",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::SpoolMaxBytes | Self::SpoolMaxAgeHours | Self::FollowLevel)
    }

    pub(super) fn variable(self) -> String {
        format!("WAZUH_TRIAGE_{}", self.key().to_ascii_uppercase())
    }
}
