//! Signals while they are collected, and those that need nothing but the rule or the verdict.

use domain::assessment::{Priority, Signal, SignalName};
use domain::incident::{self, HUNT_GROUP};
use domain::lenient;
use domain::trim::cut_middle;
use domain::verdict::{Judgement, Verdict};
use domain::{Alert, Rule, attack};

use super::scale;

/// One signal with its sentence.
#[derive(Debug)]
pub(super) struct Sign {
    pub signal: Signal,
    /// The priority that this signal demands alone, whatever the sum says.
    pub at_least: Priority,
    pub sentence: String,
}

impl Sign {
    pub fn new(name: SignalName, points: u16, sentence: String) -> Self {
        Self { signal: Signal { name, points }, at_least: Priority::Low, sentence }
    }
}

#[derive(Debug, Default)]
pub(super) struct Collected {
    pub signals: Vec<Signal>,
    pub sentences: Vec<String>,
    at_least: Priority,
}

impl Collected {
    pub fn add(&mut self, sign: impl IntoIterator<Item = Sign>) {
        for Sign { signal, at_least, sentence } in sign {
            self.signals.push(signal);
            self.sentences.push(sentence);
            self.at_least = self.at_least.max(at_least);
        }
    }

    pub fn priority(&self) -> Priority {
        let score = self.signals.iter().fold(0_u16, |sum, signal| sum.saturating_add(signal.points));
        Priority::of_score(score).max(self.at_least)
    }

    /// Whether anything so far says that somebody means harm. Repetition and spread mean much then, and little
    /// without: backups, monitoring and mail programs do everything often and everywhere.
    pub fn is_hostile(&self) -> bool {
        self.signals.iter().any(|signal| match signal.name {
            SignalName::Attack
            | SignalName::Reconnaissance
            | SignalName::Malware
            | SignalName::LogsCleared
            | SignalName::AccessDenied
            | SignalName::AuthenticationFailure
            | SignalName::AttackAnswered
            | SignalName::SensorSeverity
            | SignalName::ServiceAccount
            | SignalName::Intelligence
            | SignalName::Finding
            | SignalName::SuccessAfterFailures => true,
            SignalName::RuleLevel
            | SignalName::PrivilegeChange
            | SignalName::AttackTechnique
            | SignalName::SensitiveFile
            | SignalName::ManyFailures
            | SignalName::FirstSeen
            | SignalName::Repetition
            | SignalName::SpreadOverHosts
            | SignalName::SpreadOverUsers
            | SignalName::ManyRules
            | SignalName::CriticalAsset => false,
        })
    }
}

/// Whom the sentences are about.
#[derive(Debug)]
pub(super) struct Subject {
    pub host: String,
    /// The address, user or file that the alert is about, in few characters.
    pub principal: Option<String>,
    /// The address among these, if it is one.
    pub address: Option<String>,
}

impl Subject {
    const MAX_BYTES: usize = 80;

    pub fn of(alert: &Alert) -> Self {
        let principal = incident::principal(alert);
        let address = principal.parse::<std::net::IpAddr>().is_ok().then(|| principal.clone());
        Self {
            host: cut_middle(&alert.agent().name, Self::MAX_BYTES),
            principal: (!principal.is_empty()).then(|| cut_middle(&principal, Self::MAX_BYTES)),
            address,
        }
    }

    pub fn principal(&self) -> &str {
        self.principal.as_deref().unwrap_or("this source")
    }
}

/// Every assessment begins with it, so the sentence names the priority that the level alone makes.
pub(super) fn rule_level(rule: &Rule) -> Sign {
    let points = scale::rule_level(rule.level);
    let priority = Priority::of_score(points);
    let sentence = format!("Rule {} has level {}: {priority}.", rule.id, rule.level);
    Sign::new(SignalName::RuleLevel, points, sentence)
}

/// Techniques that Wazuh's rules carry on everyday events: logins (5501, 5715, 60106), failed logins on Windows (60122
/// has T1531), sudo, every change and deletion of a watched file (550, 553).
const EVERYDAY: [&str; 8] =
    ["T1021", "T1070.004", "T1078", "T1110", "T1485", "T1531", "T1548.003", "T1565.001"];

pub(super) fn technique(rule: &Rule) -> Option<Sign> {
    let telling = rule.technique_ids.iter().filter_map(|id| attack::technique(id)).find(|technique| {
        let parent = technique.id.split('.').next().unwrap_or_default();
        !EVERYDAY.contains(&technique.id) && !EVERYDAY.contains(&parent)
    })?;
    let tactics: Vec<&str> = telling.tactics.iter().map(|tactic| tactic.name()).collect();
    let sentence = format!("The rule names {} ({}; {}).", telling.id, telling.name, tactics.join(", "));
    Some(Sign::new(SignalName::AttackTechnique, scale::ATTACK_TECHNIQUE, sentence))
}

/// What a hunt has found, by its score. Only an alert that a hunt made has its group and its score.
pub(super) fn finding(alert: &Alert) -> Option<Sign> {
    let hunted =
        |name: &str| alert.text_at(&["data", "hunt", name]).filter(|_| alert.rule().in_group(HUNT_GROUP));
    let score: u16 = hunted("score")?.parse().ok()?;
    let step = scale::FINDING.iter().find(|(least, ..)| score >= *least);
    let (points, at_least) = step.map_or((0, Priority::Low), |(_, points, at_least)| (*points, *at_least));
    let kinds = alert.document().pointer("/data/hunt/kinds").map(lenient::texts).unwrap_or_default();
    let kinds: Vec<String> =
        kinds.iter().take(9).map(|kind| cut_middle(&kind.replace('_', " "), 40)).collect();
    let sentence = format!("Hunting found: {}; score {score} of 100: at least {at_least}.", kinds.join(", "));
    Some(Sign { at_least, ..Sign::new(SignalName::Finding, points, sentence) })
}

/// What a hunt saw: its signs, and the last of the logins behind them. For the reader; the score has counted already.
pub(super) fn story(alert: &Alert) -> Vec<String> {
    const SENTENCES: usize = 4;
    const LOGINS: usize = 5;
    const BYTES: usize = 240;
    if !alert.rule().in_group(HUNT_GROUP) {
        return Vec::new();
    }
    let hunted = |name: &str| alert.document().get("data")?.get("hunt")?.get(name)?.as_array();
    let sentences =
        hunted("signs").into_iter().flatten().filter_map(|sign| lenient::text(sign.get("sentence")?));
    let logins: Vec<String> = hunted("evidence").into_iter().flatten().filter_map(lenient::text).collect();
    let last = logins.into_iter().rev().take(LOGINS).rev();
    sentences.take(SENTENCES).chain(last).map(|line| cut_middle(&line, BYTES)).collect()
}

/// Intelligence raises a priority, and never lowers it.
pub(super) fn intelligence(verdict: &Verdict) -> Option<Sign> {
    let (points, at_least) = match verdict.judgement {
        Judgement::Malicious => (scale::MALICIOUS, Priority::High),
        Judgement::Suspicious => (scale::SUSPICIOUS, Priority::Medium),
        Judgement::Observed
        | Judgement::Unknown
        | Judgement::BenignInfrastructure
        | Judgement::NoEvidence => return None,
    };
    let sentence =
        format!("Intelligence says {} with score {}: at least {at_least}.", verdict.judgement, verdict.score);
    Some(Sign { at_least, ..Sign::new(SignalName::Intelligence, points, sentence) })
}
