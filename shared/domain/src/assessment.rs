//! The judgement that code alone makes: always there, with or without a model.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::attack;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub priority: Priority,
    /// Why the priority is what it is, one sentence each: those of the signals in their order, then context.
    pub reasons: Vec<String>,
    pub next_steps: Vec<String>,
    pub open_questions: Vec<String>,
    /// ATT&CK techniques that the rule names.
    pub techniques: Vec<Technique>,
    /// What speaks for the priority, by name and weight.
    #[serde(default)]
    pub signals: Vec<Signal>,
}

impl Assessment {
    /// The sum of the signals' points. A priority may be higher than the sum asks for, if one signal alone demands it.
    pub fn score(&self) -> u16 {
        self.signals.iter().fold(0, |sum, signal| sum.saturating_add(signal.points))
    }

    /// Whether a person should look: the yes or no that evaluations score.
    pub fn is_suspicious(&self) -> bool {
        self.priority >= Priority::Medium
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    #[default]
    Low,
    Medium,
    High,
    Critical,
}

impl Priority {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The priority of a sum of points, and so of a rule level's points alone.
    pub fn of_score(score: u16) -> Self {
        match score {
            0..40 => Self::Low,
            40..70 => Self::Medium,
            70..130 => Self::High,
            130.. => Self::Critical,
        }
    }

    /// Name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        })
    }
}

/// One thing that speaks for a higher priority. Its sentence stands at the same place in the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    pub name: SignalName,
    pub points: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalName {
    /// The level that Wazuh's rule gives the event: every assessment begins with it.
    RuleLevel,
    /// What the rule's groups call the event, one signal for each class.
    Attack,
    Reconnaissance,
    Malware,
    LogsCleared,
    AccessDenied,
    AuthenticationFailure,
    PrivilegeChange,
    /// The rule names an ATT&CK technique that everyday events do not carry.
    AttackTechnique,
    /// A web attack that the server answered with success.
    AttackAnswered,
    /// The severity that a network sensor gives its own signature.
    SensorSeverity,
    /// A file that decides who may log in, what runs at start, or with which rights; or a command on stored secrets.
    SensitiveFile,
    /// An account that only programs should use became another user or opened a session.
    ServiceAccount,
    Intelligence,
    /// A hunt says so, over many logins.
    Finding,
    SuccessAfterFailures,
    ManyFailures,
    FirstSeen,
    Repetition,
    SpreadOverHosts,
    SpreadOverUsers,
    ManyRules,
    /// The operator's note on the host.
    CriticalAsset,
}

impl SignalName {
    /// The name on the wire and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::RuleLevel => "rule_level",
            Self::Attack => "attack",
            Self::Reconnaissance => "reconnaissance",
            Self::Malware => "malware",
            Self::LogsCleared => "logs_cleared",
            Self::AccessDenied => "access_denied",
            Self::AuthenticationFailure => "authentication_failure",
            Self::PrivilegeChange => "privilege_change",
            Self::AttackTechnique => "attack_technique",
            Self::AttackAnswered => "attack_answered",
            Self::SensorSeverity => "sensor_severity",
            Self::SensitiveFile => "sensitive_file",
            Self::ServiceAccount => "service_account",
            Self::Intelligence => "intelligence",
            Self::Finding => "finding",
            Self::SuccessAfterFailures => "success_after_failures",
            Self::ManyFailures => "many_failures",
            Self::FirstSeen => "first_seen",
            Self::Repetition => "repetition",
            Self::SpreadOverHosts => "spread_over_hosts",
            Self::SpreadOverUsers => "spread_over_users",
            Self::ManyRules => "many_rules",
            Self::CriticalAsset => "critical_asset",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technique {
    /// As the rule writes it.
    pub id: String,
    /// ATT&CK's name, or the rule's where ATT&CK does not know the id.
    pub name: Option<String>,
}

impl Technique {
    /// What ATT&CK has under this id; nothing marks an id that it does not have, or has no more.
    pub fn known(&self) -> Option<&'static attack::Technique> {
        attack::technique(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assessment_of_the_version_before_is_read() {
        let text = r#"{"priority":"high","reasons":["r"],"next_steps":[],"open_questions":[],"techniques":[{"id":"T1110","name":null}]}"#;
        let assessment: Assessment = serde_json::from_str(text).unwrap();
        assert_eq!((assessment.priority, assessment.score()), (Priority::High, 0));
        assert!(assessment.is_suspicious());
        assert_eq!(assessment.techniques[0].known().unwrap().name, "Brute Force");
    }

    #[test]
    fn a_signal_is_called_the_same_in_json_and_in_reports() {
        for name in [SignalName::RuleLevel, SignalName::SuccessAfterFailures, SignalName::SpreadOverHosts] {
            assert_eq!(serde_json::to_string(&name).unwrap(), format!("{:?}", name.name()));
        }
    }
}
