//! Events for Wazuh, in the shape that the `custom-abuseipdb` rules in the wild match.

use domain::message::Schema;
use domain::verdict::{Report, Reputation};
use domain::{Alert, Feedback};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Wazuh repeats an event inside the alert it makes of it, and cuts at 64 KiB: the log line stays well below.
const MAX_LOG_BYTES: usize = 8 * 1024;

/// One event per address that somebody knows something bad about; silence is not sent back.
pub fn events(alert: &Alert, reports: &[Report]) -> Vec<Feedback> {
    let bad = |report: &&Report| report.answer.reputation().is_some_and(|known| known.score > 0);
    reports
        .iter()
        .filter(bad)
        .filter_map(|report| Some(event(alert, report, report.answer.reputation()?)))
        .map(|event| Feedback {
            schema: Schema,
            agent: alert.agent().clone(),
            location: "abuseipdb".to_owned(),
            event,
        })
        .collect()
}

fn event(alert: &Alert, report: &Report, known: &Reputation) -> Value {
    let address = report.indicator.address.to_string();
    let rule = alert.rule();
    json!({
        "integration": "custom-abuseipdb",
        "abuseipdb": {
            "found": 1,
            "source": {
                "alert_id": alert.text_at(&["id"]),
                "rule": rule.id,
                "description": rule.description,
                "level": rule.level.get(),
                "full_log": capped(&alert.text_at(&["full_log"]).unwrap_or_default()),
                "srcip": address,
                "ip": address,
            },
            "abuse_confidence_score": known.score,
            "country_code": known.country_code,
            "usage_type": known.usage_type,
            "isp": known.isp,
            "domain": known.domain,
            "total_reports": known.total_reports,
            "last_reported_at": known.last_reported_at.as_ref().map(Timestamp::to_string),
            "permalink": format!("https://www.abuseipdb.com/check/{address}"),
        },
    })
}

fn capped(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_LOG_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::indicator::{AddressFound, Direction};
    use domain::verdict::{Answer, Provider, Unanswered};

    fn report(answer: Answer) -> Report {
        let indicator = AddressFound {
            address: "203.0.113.24".parse().unwrap(),
            path: "data.srcip".into(),
            direction: Direction::Source,
        };
        Report { provider: Provider::AbuseIpDb, indicator, answer, asked_at: Timestamp::UNIX_EPOCH }
    }

    fn alert(log: &str) -> Alert {
        let text = json!({
            "id": "1791030127.4711",
            "rule": {"id": "5763", "level": 10, "description": "sshd: brute force"},
            "agent": {"id": "007", "name": "web-01", "ip": "10.20.0.7"},
            "full_log": log,
        });
        Alert::parse(&text.to_string()).unwrap()
    }

    #[test]
    fn an_event_has_the_fields_that_rules_in_the_wild_match() {
        let known = Reputation {
            score: 100,
            country_code: Some("NL".into()),
            total_reports: Some(9),
            ..Reputation::default()
        };
        let events = events(&alert("Failed password"), &[report(Answer::Known(known))]);
        let [feedback] = events.as_slice() else { panic!("one event") };
        assert_eq!(feedback.agent.id, "007");
        assert_eq!(
            feedback.event,
            json!({
                "integration": "custom-abuseipdb",
                "abuseipdb": {
                    "found": 1,
                    "source": {
                        "alert_id": "1791030127.4711", "rule": "5763", "description": "sshd: brute force", "level": 10,
                        "full_log": "Failed password", "srcip": "203.0.113.24", "ip": "203.0.113.24",
                    },
                    "abuse_confidence_score": 100, "country_code": "NL", "usage_type": null, "isp": null,
                    "domain": null, "total_reports": 9, "last_reported_at": null,
                    "permalink": "https://www.abuseipdb.com/check/203.0.113.24",
                },
            })
        );
    }

    #[test]
    fn only_real_intelligence_is_sent_back() {
        let silent = [
            report(Answer::Known(Reputation::default())),
            report(Answer::Unknown { reason: Unanswered::Timeout }),
        ];
        assert!(events(&alert(""), &silent).is_empty());
    }

    #[test]
    fn a_long_log_line_keeps_the_event_small() {
        let known = Reputation { score: 1, ..Reputation::default() };
        let events = events(&alert(&"é".repeat(40_000)), &[report(Answer::Known(known))]);
        assert!(events[0].event.to_string().len() < 25 * 1024);
    }
}
