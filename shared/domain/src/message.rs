//! Messages between the stages. Each carries its schema version; a reader accepts its own and the one before.
//!
//! The alerts queue has no envelope: its bodies are raw Wazuh alerts.

use std::fmt;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::alert::{Agent, Alert, AlertKey};
use crate::analysis::Analysis;
use crate::assessment::{Assessment, Priority};
use crate::history::History;
use crate::incident::{IncidentId, Kind, Opener, Summary};
use crate::trim;
use crate::verdict::{Answer, Report, Verdict};

/// Most bytes of one message: the size every SQS region, Terraform provider and emulator accepts.
pub const MAX_BYTES: usize = 256 * 1024;

/// From enrich to analyze: an alert with what intelligence says about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EnrichedAlert {
    pub schema: Schema<1>,
    pub alert: Alert,
    pub reports: Vec<Report>,
    pub verdict: Verdict,
    /// The same rule found the same indicators within the dedup window: the incident that this alert adds to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_of: Option<IncidentId>,
}

impl EnrichedAlert {
    /// Keeps the strongest `most` parts of each report's evidence.
    pub fn condense(&mut self, most: usize) {
        for report in &mut self.reports {
            if let Answer::Known { evidence } = &mut report.answer {
                evidence.condense(most);
            }
        }
    }
}

/// From analyze to notify: one mail to send.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notice {
    pub schema: Schema<1>,
    pub id: NoticeId,
    pub incident: IncidentId,
    /// When the incident was opened.
    pub opened_at: Timestamp,
    /// One for the first of the incident, and so on without a gap.
    pub number: u32,
    pub kind: Kind,
    /// What the subject is made of: the same in every notice of the incident.
    pub opener: Opener,
    pub summary: Summary,
    /// The gravest alert since the notice before; what follows is about this one.
    pub alert: Alert,
    pub reports: Vec<Report>,
    pub verdict: Verdict,
    pub history: History,
    pub assessment: Assessment,
    pub analysis: Analysis,
    /// The alert that the model has explained; an update repeats what was written about an earlier one.
    pub analysed: AlertKey,
}

impl Notice {
    /// The assessment's priority, or what the model raised it to.
    pub fn priority(&self) -> Priority {
        self.analysis.priority(self.assessment.priority)
    }
}

/// From enrich to the manager: an event for Wazuh's queue socket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    pub schema: Schema<1>,
    /// The agent the event belongs to; `000` is the manager.
    pub agent: Agent,
    /// Wazuh's `location` of the event.
    pub location: String,
    pub event: Value,
}

/// Identity of a notice: the same notice, sent twice, is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(String);

impl NoticeId {
    /// The notice of this number of the incident that was opened at this time.
    pub fn of(incident: &IncidentId, opened_at: Timestamp, number: u32) -> Self {
        Self(format!("{incident}-{}-{number}", opened_at.as_millisecond()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The schema version of a message: written as `N`, read as `N` or `N - 1`, refused otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schema<const N: u16>;

impl<const N: u16> Serialize for Schema<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(N)
    }
}

impl<'de, const N: u16> Deserialize<'de> for Schema<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = u16::deserialize(deserializer)?;
        let readable = version == N || (version > 0 && version + 1 == N);
        if readable {
            return Ok(Self);
        }
        Err(serde::de::Error::custom(format_args!("message schema {version} is not known here, only {N}")))
    }
}

/// Writes a message; one over [`MAX_BYTES`] is trimmed by field.
pub fn encode<M: Serialize>(message: &M) -> Result<String, MessageError> {
    let text = serde_json::to_string(message).map_err(|error| MessageError::unreadable(&error))?;
    if text.len() <= MAX_BYTES {
        return Ok(text);
    }
    let document = serde_json::from_str(&text).map_err(|error| MessageError::unreadable(&error))?;
    trim::to_fit(&document, MAX_BYTES).map(|trimmed| trimmed.text).ok_or(MessageError::TooLarge(text.len()))
}

/// Reads a message of this version or the one before.
pub fn decode<M: DeserializeOwned>(text: &str) -> Result<M, MessageError> {
    serde_json::from_str(text).map_err(|error| MessageError::unreadable(&error))
}

/// Why a message cannot be read or written. Carries no alert data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    #[error("the message is not readable (line {line}, column {column}): {problem}")]
    Unreadable { line: usize, column: usize, problem: String },
    #[error("the message has {0} bytes and nothing in it can be trimmed")]
    TooLarge(usize),
}

impl MessageError {
    fn unreadable(error: &serde_json::Error) -> Self {
        // serde quotes the offending value in back-ticks or quotes; only its own words may pass.
        let text = error.to_string();
        let problem = text.split(" at line ").next().unwrap_or_default();
        let problem = if problem.starts_with("message schema ") || problem.starts_with("missing field `") {
            problem.to_owned()
        } else {
            "unexpected shape".to_owned()
        };
        Self::Unreadable { line: error.line(), column: error.column(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::{Direction, Found};
    use crate::verdict::{
        Evidence, Examined, Formula, MispAttribute, MispEvent, MispMatches, OtxPulse, OtxPulses, Provider,
        Witness,
    };

    fn enriched(alert: &str) -> EnrichedAlert {
        EnrichedAlert {
            schema: Schema,
            alert: Alert::parse(alert).unwrap(),
            reports: Vec::new(),
            verdict: Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH),
            repeat_of: None,
        }
    }

    #[test]
    fn a_message_carries_its_schema_and_the_raw_alert() {
        let alert = r#"{"id":"1.1","rule":{"id":"5","level":3},"n":1.10}"#;
        let text = encode(&enriched(alert)).unwrap();
        assert!(text.starts_with(r#"{"schema":1,"alert":{"id":"1.1","#), "{text}");
        let read: EnrichedAlert = decode(&text).unwrap();
        assert_eq!(read.alert.raw(), alert);
    }

    #[test]
    fn the_version_before_is_read_and_others_are_refused() {
        #[derive(Debug, Deserialize)]
        struct Third {
            #[expect(dead_code, reason = "reading it is the test")]
            schema: Schema<3>,
        }
        for (version, readable) in [(1, false), (2, true), (3, true), (4, false)] {
            assert_eq!(decode::<Third>(&format!(r#"{{"schema":{version}}}"#)).is_ok(), readable, "{version}");
        }
        assert_eq!(
            decode::<EnrichedAlert>(r#"{"schema":7}"#).unwrap_err().to_string(),
            "the message is not readable (line 1, column 12): message schema 7 is not known here, only 1"
        );
        assert!(decode::<EnrichedAlert>(r#"{"schema":0}"#).is_err());
    }

    #[test]
    fn an_oversize_message_is_trimmed_by_field() {
        let alert =
            format!(r#"{{"id":"1.1","rule":{{"id":"5","level":3}},"full_log":"{}"}}"#, "x".repeat(300_000));
        let text = encode(&enriched(&alert)).unwrap();
        assert!(text.len() <= MAX_BYTES);
        assert!(
            decode::<EnrichedAlert>(&text).unwrap().alert.text_at(&["full_log"]).unwrap().contains("cut]")
        );
    }

    /// As much as providers may say about as many indicators as are looked up.
    fn full_of_evidence(alert: &str) -> EnrichedAlert {
        let text = |length: usize| "x".repeat(length);
        let event = MispEvent { info: text(200), organisation: text(120), ..MispEvent::default() };
        let attribute =
            MispAttribute { value: text(1024), tags: vec![text(120); 30], event, ..MispAttribute::default() };
        let pulse =
            OtxPulse { name: text(200), malware_families: vec![text(120); 10], ..OtxPulse::default() };
        let found = Found {
            indicator: "203.0.113.9".parse().unwrap(),
            path: text(512),
            direction: Direction::Source,
        };
        let report = |(provider, evidence): (Provider, Evidence)| Report {
            witness: Witness::Provider(provider),
            found: found.clone(),
            answer: evidence.into(),
            asked_at: Timestamp::UNIX_EPOCH,
            cached: false,
        };
        let matches = MispMatches { attributes: vec![attribute; 20], total: 20 };
        let pulses = OtxPulses { count: 10, pulses: vec![pulse; 10], ..OtxPulses::default() };
        let both = [(Provider::Misp, Evidence::Misp(matches)), (Provider::Otx, Evidence::Otx(pulses))];
        let examined =
            Examined { found: found.clone(), reports: both.map(report).into(), standings: Vec::new() };
        let examined = vec![examined; 8];
        let mut enriched = enriched(alert);
        enriched.verdict = Verdict::over(&examined, &Formula::default(), Timestamp::UNIX_EPOCH);
        enriched.reports = examined.into_iter().flat_map(|examined| examined.reports).collect();
        enriched
    }

    #[test]
    fn condensed_evidence_fits_beside_the_largest_alert() {
        let alert = format!(
            r#"{{"id":"1.1","rule":{{"id":"5","level":3}},"full_log":"{}","data":{{"srcip":"203.0.113.9"}}}}"#,
            "x".repeat(200_000)
        );
        let mut enriched = full_of_evidence(&alert);
        assert!(matches!(encode(&enriched), Err(MessageError::TooLarge(_))), "the test is about nothing");
        enriched.condense(5);
        let text = encode(&enriched).unwrap();
        assert!(text.len() <= MAX_BYTES);
        assert_eq!(decode::<EnrichedAlert>(&text).unwrap().reports.len(), 16);
    }

    #[test]
    fn errors_hold_no_alert_data() {
        let text = r#"{"schema":1,"alert":"PASSWORD hunter2"}"#;
        assert!(!decode::<EnrichedAlert>(text).unwrap_err().to_string().contains("hunter2"));
        let text = r#""schema hunter2""#;
        assert!(!decode::<EnrichedAlert>(text).unwrap_err().to_string().contains("hunter2"));
    }
}
