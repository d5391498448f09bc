//! A finding on its way: as an alert like any other, so that incident, assessment, model and mail come of it, and as an
//! event for Wazuh.

use std::net::IpAddr;

use domain::incident::HUNT_GROUP;
use domain::message::Schema;
use domain::verdict::{Formula, Verdict};
use domain::{Agent, Alert, AlertError, EnrichedAlert, Feedback, Sighting, attack};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::finding::Finding;
use crate::kind::Kind;
use crate::sign::evidence_line;
use crate::source::is_outside;

/// The rule of `infra/wazuh` that fires for the event: an analyst finds the same number in both.
const RULE_ID: &str = "117046";

/// Where the event comes from, for Wazuh.
const LOCATION: &str = "wazuh-triage";

/// How much of a finding an alert's level says: Wazuh's medium, high, and what it mails by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Medium,
    High,
    Critical,
}

impl Severity {
    fn of(finding: &Finding) -> Self {
        match finding.score() {
            0..60 => Self::Medium,
            60..85 => Self::High,
            85.. => Self::Critical,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn level(self) -> u8 {
        match self {
            Self::Medium => 8,
            Self::High => 10,
            Self::Critical => 12,
        }
    }
}

/// The finding as analysis takes it. Its key is that of the finding: sent twice, it is one alert.
pub fn enriched(finding: &Finding, now: Timestamp) -> Result<EnrichedAlert, AlertError> {
    let alert = Alert::parse(&alert(finding).to_string())?;
    let verdict = Verdict::over(&[], &Formula::default(), now);
    Ok(EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None })
}

/// The finding as Wazuh takes it: rules 117046 to 117048.
pub fn feedback(finding: &Finding) -> Feedback {
    let shown = finding.evidence();
    let evidence: Vec<String> = shown.iter().take(8).map(|sighting| evidence_line(sighting)).collect();
    let mut event = json!({
        "integration": "wazuh-triage",
        "triage": {
            "kind": "finding",
            "finding_id": finding.id(),
            "severity": Severity::of(finding).name(),
            "score": finding.score(),
            "subject": finding.subject,
            "title": finding.title(),
            "kinds": finding.kinds(),
            "technique_ids": finding.technique_ids(),
            "sentences": finding.signs.iter().map(|sign| sign.sentence.as_str()).collect::<Vec<_>>(),
            "evidence": evidence,
        },
    });
    // At the top it can be used by active response, so it is there only where blocking it would make sense.
    let blockable =
        finding.kinds().iter().any(|kind| matches!(kind, Kind::MaliciousSource | Kind::PasswordSpraying));
    let address = address(finding).filter(|address| blockable && is_outside(*address));
    if let (Some(address), Some(members)) = (address, event.as_object_mut()) {
        members.insert("srcip".to_owned(), address.to_string().into());
    }
    Feedback { schema: Schema, agent: agent(finding), location: LOCATION.to_owned(), event }
}

fn alert(finding: &Finding) -> Value {
    let severity = Severity::of(finding);
    let techniques = finding.technique_ids();
    let known: Vec<&attack::Technique> = techniques.iter().filter_map(|id| attack::technique(id)).collect();
    let last = decisive(finding);
    let manager = last.map_or("unknown", |sighting| node(sighting));
    let agent = agent(finding);
    let mut document = json!({
        "timestamp": finding.at(),
        "id": format!("hunt-{}", finding.id()),
        "rule": {
            "id": RULE_ID,
            "level": severity.level(),
            "description": format!("Hunting: {}", finding.title()),
            "groups": ["wazuh_triage", HUNT_GROUP],
            "mitre": {"id": techniques, "technique": known.iter().map(|technique| technique.name).collect::<Vec<_>>()},
        },
        "agent": {"id": agent.id, "name": agent.name},
        "manager": {"name": manager},
        "location": LOCATION,
        "full_log": story(finding),
        "data": {"hunt": finding.document()},
    });
    let account = last.and_then(|sighting| sighting.account.as_ref()).filter(|_| !is_about_source(finding));
    let members = [
        ("srcip", address(finding).map(|address| address.to_string())),
        ("dstuser", account.map(ToString::to_string)),
    ];
    if let Some(data) = document.get_mut("data").and_then(Value::as_object_mut) {
        data.extend(members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))));
    }
    document
}

/// What a person reads: what speaks for it, and the logins that show it.
fn story(finding: &Finding) -> String {
    let sentences =
        finding.signs.iter().map(|sign| format!("{} ({}).", sign.sentence.trim_end_matches('.'), sign.score));
    let evidence = finding.evidence();
    let lines = evidence.iter().map(|sighting| format!("- {}", evidence_line(sighting)));
    let next = finding.kinds().into_iter().map(|kind| format!("> {}", kind.check_next()));
    sentences.chain(lines).chain(next).collect::<Vec<_>>().join("\n")
}

/// The login by which the strongest sign became one.
fn decisive(finding: &Finding) -> Option<&Sighting> {
    finding.signs.first().and_then(|sign| sign.evidence.last()).map(AsRef::as_ref)
}

fn address(finding: &Finding) -> Option<IpAddr> {
    decisive(finding)?.address
}

fn is_about_source(finding: &Finding) -> bool {
    finding.kinds().contains(&Kind::PasswordSpraying)
}

fn agent(finding: &Finding) -> Agent {
    let login = decisive(finding);
    Agent {
        id: login.map_or_else(|| "000".to_owned(), |login| login.agent_id.clone()),
        name: login.map_or_else(|| "unknown".to_owned(), |login| login.host.clone()),
        ip: None,
    }
}

/// The manager that wrote the alert.
fn node(sighting: &Sighting) -> &str {
    sighting.alert_key.as_str().rsplit_once('/').map_or("unknown", |(node, _)| node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::{hunt, sprayed, story as told};

    #[test]
    fn a_finding_is_an_alert_like_any_other() {
        let findings = hunt(&[told()]);
        let enriched = enriched(&findings[0], Timestamp::UNIX_EPOCH).unwrap();
        let alert = &enriched.alert;
        assert_eq!(alert.rule().level.get(), 12);
        assert_eq!(alert.rule().technique_ids, ["T1078", "T1110"]);
        assert_eq!(alert.rule().technique_names, ["Valid Accounts", "Brute Force"]);
        assert_eq!(alert.key().as_str(), format!("m/hunt-{}", findings[0].id()));
        assert_eq!(alert.text_at(&["data", "dstuser"]).as_deref(), Some("alice"));
        assert_eq!(alert.text_at(&["data", "srcip"]).as_deref(), Some("203.0.113.9"));
        assert_eq!(alert.timestamp(), Some(findings[0].at()));
        assert_eq!(domain::incident::principal(alert), "alice", "its incident is the account's");
        insta::assert_snapshot!(alert.text_at(&["full_log"]).unwrap());
    }

    #[test]
    fn an_event_tells_wazuh_and_names_an_address_only_where_blocking_helps() {
        let event = |findings: Vec<Finding>| feedback(&findings[0]).event;
        let story = event(hunt(&[told()]));
        assert_eq!(story["triage"]["severity"], "critical");
        assert_eq!(story["srcip"], "203.0.113.9");
        assert!(story.to_string().len() < 25 * 1024);
        let spray = event(hunt(&[sprayed(8, "203.0.113.9")]));
        assert_eq!(spray["triage"]["severity"], "medium");
        assert!(spray["srcip"].is_string() && spray.get("dstuser").is_none());
    }
}
