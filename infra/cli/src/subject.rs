//! What is checked: a Wazuh alert, or any JSON object that has something of one.

use domain::indicator::{Found, extract};
use domain::{Alert, AlertError, AlertKey, RuleLevel, lenient};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One alert, as far as it is there.
#[derive(Debug)]
pub(crate) struct Subject {
    pub id: Option<String>,
    pub key: Option<AlertKey>,
    pub rule_id: Option<String>,
    pub rule_level: Option<RuleLevel>,
    pub description: Option<String>,
    pub found: Vec<Found>,
    /// What the pipeline would take.
    pub alert: Option<Alert>,
    /// Why the pipeline would not take it.
    pub missing: Option<AlertError>,
}

impl Subject {
    /// Fails only for what is no JSON object.
    pub fn read(text: &str) -> Result<Self, AlertError> {
        let missing = match Alert::parse(text) {
            Ok(alert) => return Ok(Self::of(alert)),
            Err(error @ (AlertError::Empty | AlertError::NotJson { .. } | AlertError::NotAnObject(_))) => {
                return Err(error);
            }
            Err(
                error @ (AlertError::NoRule
                | AlertError::NoRuleId
                | AlertError::NoRuleLevel
                | AlertError::NoId
                | AlertError::Key(_)),
            ) => error,
        };
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let at = |pointer: &str| document.pointer(pointer).and_then(lenient::text);
        let id = at("/id");
        Ok(Self {
            key: id.as_ref().and_then(|id| format!("unknown/{id}").parse().ok()),
            id,
            rule_id: at("/rule/id").or_else(|| at("/rule")).or_else(|| at("/rule_id")),
            rule_level: document.pointer("/rule/level").and_then(lenient::integer).and_then(RuleLevel::new),
            description: at("/rule/description").or_else(|| at("/description")),
            found: found(text, &document),
            alert: None,
            missing: Some(missing),
        })
    }

    fn of(alert: Alert) -> Self {
        let rule = alert.rule();
        Self {
            id: alert.text_at(&["id"]),
            key: Some(alert.key().clone()),
            rule_id: Some(rule.id.clone()),
            rule_level: Some(rule.level),
            description: Some(rule.description.clone()).filter(|text| !text.is_empty()),
            found: found(alert.raw(), alert.document()),
            missing: None,
            alert: Some(alert),
        }
    }

    /// `# alert 003, rule 5502 (level 3): PAM: Login session closed.`
    pub fn heading(&self) -> String {
        let id = self.id.as_deref().unwrap_or("without id");
        let rule = self.rule_id.as_ref().map_or_else(String::new, |rule_id| format!(", rule {rule_id}"));
        let level = self.rule_level.map_or_else(String::new, |level| format!(" (level {level})"));
        let description = self.description.as_ref().map_or_else(String::new, |text| format!(": {text}"));
        format!("# alert {id}{rule}{level}{description}")
    }
}

/// The manager's time, or the indexer's for alerts that were taken out of it.
pub(crate) fn time(alert: &Alert) -> Option<Timestamp> {
    alert.timestamp().or_else(|| alert.text_at(&["@timestamp"])?.parse().ok())
}

/// The pipeline's extraction. What holds no event at all, only a rule, is searched in the rule's description.
fn found(text: &str, document: &Value) -> Vec<Found> {
    const DESCRIPTION: &str = "rule.description";
    let found = extract(text);
    let is_event = document.get("full_log").is_some() || document.get("data").is_some();
    match document.pointer("/rule/description") {
        Some(description) if found.is_empty() && !is_event => {
            let found = extract(&json!({"description": description}).to_string());
            found.into_iter().map(|found| Found { path: DESCRIPTION.to_owned(), ..found }).collect()
        }
        Some(_) | None => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_has_something_of_an_alert_is_read() {
        let whole = r#"{"id":"1.2","rule":{"id":"5502","level":3,"description":"PAM"},"manager":{"name":"m"},"full_log":"from 192.168.1.100"}"#;
        for (text, heading, path) in [
            (whole, "# alert 1.2, rule 5502 (level 3): PAM", "full_log"),
            (
                r#"{"id":"003","rule":{"id":"5502"},"full_log":"Login attempt from 192.168.1.100"}"#,
                "# alert 003, rule 5502",
                "full_log",
            ),
            (
                r#"{"id":"003","rule":"5502","description":"Login attempt from 192.168.1.100"}"#,
                "# alert 003, rule 5502: Login attempt from 192.168.1.100",
                "description",
            ),
            (
                r#"{"id":3,"rule":{"id":5502,"description":"Login attempt from 192.168.1.100"}}"#,
                "# alert 3, rule 5502: Login attempt from 192.168.1.100",
                "rule.description",
            ),
            (r#"{"srcip":"192.168.1.100"}"#, "# alert without id", "srcip"),
        ] {
            let subject = Subject::read(text).unwrap();
            assert_eq!(subject.heading(), heading);
            assert_eq!(subject.found.len(), 1, "{text}");
            assert_eq!(subject.found[0].path, path);
            assert_eq!(subject.missing.is_none(), text == whole);
        }
        assert!(Subject::read("[]").is_err());
        assert!(Subject::read(r#"{"id":}"#).is_err());
    }
}
