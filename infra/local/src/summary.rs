//! What the demo has found out: what became of each alert, what the mails show, and what does not add up.

use serde::Serialize;

use crate::alerts::{Content, Sample};
use crate::counts::Counts;
use crate::ends::{End, Outcome};
use crate::feedback::{Event, Said};
use crate::imports::Imported;
use crate::requests::Asked;
use crate::scenes::Scene;
use crate::told::Told;
use crate::trouble::Signs;

/// What is written to `summary.json`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    #[serde(flatten)]
    pub counts: Counts,
    pub adds_up: bool,
    /// What does not add up, one sentence each.
    pub problems: Vec<String>,
    pub alerts: Vec<Fate>,
    pub mails: Vec<MailFile>,
    /// What the built-in samples show; nothing about other alerts.
    pub scenes: Vec<Scene>,
    pub intelligence: Vec<Said>,
    pub feedback: Vec<Event>,
    /// Each fetch of a feed.
    pub imports: Vec<Imported>,
    pub requests: Vec<Asked>,
    /// Nothing where no trouble was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Signs>,
}

/// What there is to tell, before the books are balanced.
#[derive(Debug)]
pub(crate) struct Findings {
    pub counts: Counts,
    pub alerts: Vec<Fate>,
    pub mails: Vec<MailFile>,
    pub scenes: Vec<Scene>,
    pub intelligence: Vec<Said>,
    pub feedback: Vec<Event>,
    pub imports: Vec<Imported>,
    pub requests: Vec<Asked>,
    pub trouble: Option<Signs>,
}

impl Summary {
    pub(crate) fn of(findings: Findings) -> Self {
        let Findings { counts, alerts, mails, scenes, intelligence, feedback, imports, requests, trouble } =
            findings;
        let mut problems = counts.problems();
        if feedback.len() != counts.feedback_events {
            let (there, read) = (counts.feedback_events, feedback.len());
            problems.push(format!("{there} events wait for Wazuh, but {read} could be read"));
        }
        problems.extend(requests.iter().filter_map(Asked::problem));
        problems.extend(scenes.iter().filter_map(Scene::problem));
        problems.extend(trouble.iter().flat_map(Signs::problems));
        let adds_up = problems.is_empty();
        Self {
            counts,
            adds_up,
            problems,
            alerts,
            mails,
            scenes,
            intelligence,
            feedback,
            imports,
            requests,
            trouble,
        }
    }
}

/// One sample and its end.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fate {
    pub file: String,
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_key: Option<String>,
    /// Nothing while the alert has no end.
    pub outcome: Option<Outcome>,
    pub reason: String,
}

/// A delivered mail and where it was written.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MailFile {
    pub id: usize,
    pub subject: String,
    pub conversation: String,
    pub kind: String,
    #[serde(flatten)]
    pub told: Told,
    pub path: String,
}

/// Gives every published sample its end, by file name. Samples with the same key get theirs in the order of publication: the
/// logs list a duplicate's end after the first one's, except where the first one ends in a later stage.
pub(crate) fn fates(published: &[&Sample], ends: &[End]) -> Vec<Fate> {
    let mut left: Vec<&End> = ends.iter().collect();
    // An end as a mere duplicate belongs to the later sample.
    left.sort_by_key(|end| end.reason == "duplicate");
    let mut fates: Vec<Fate> = published
        .iter()
        .map(|sample| {
            let key = match &sample.content {
                Content::Alert { key, .. } => Some(key.clone()),
                Content::Malformed => None,
            };
            let position = left.iter().position(|end| end.alert_key == key);
            let end = position.map(|position| left.remove(position));
            Fate {
                file: sample.file.clone(),
                what: sample.description().to_owned(),
                alert_key: key,
                outcome: end.map(|end| end.outcome),
                reason: end.map(|end| end.reason.clone()).unwrap_or_default(),
            }
        })
        .collect();
    fates.sort_by(|one, other| one.file.cmp(&other.file));
    fates.extend(left.into_iter().filter_map(found));
    fates
}

/// What hunting found has no file; its key says what it is.
fn found(end: &End) -> Option<Fate> {
    let key = end.alert_key.as_ref().filter(|key| key.contains("/hunt-"))?;
    Some(Fate {
        file: "(found by hunting)".to_owned(),
        what: "what several logins together say".to_owned(),
        alert_key: Some(key.clone()),
        outcome: Some(end.outcome),
        reason: end.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests;
    use crate::stubs::Requests;
    use crate::trouble::{Logs, Trouble};

    fn end(key: Option<&str>, outcome: Outcome, reason: &str) -> End {
        End { alert_key: key.map(str::to_owned), outcome, reason: reason.to_owned() }
    }

    fn sample(file: &str, key: Option<&str>) -> Sample {
        let content = key.map_or(Content::Malformed, |key| Content::Alert {
            key: key.to_owned(),
            topics: Vec::new(),
            description: String::new(),
        });
        Sample { path: file.into(), file: file.to_owned(), content }
    }

    #[test]
    fn each_sample_gets_its_own_end() {
        let samples =
            [sample("1", Some("n/1")), sample("2", Some("n/1")), sample("3", None), sample("4", Some("n/4"))];
        let published: Vec<&Sample> = samples.iter().collect();
        // The duplicate ends in enrich, the alert itself later, in notify.
        let ends = [
            end(Some("n/1"), Outcome::Counted, "duplicate"),
            end(None, Outcome::DeadLettered, "not JSON"),
            end(Some("n/1"), Outcome::Notified, "new incident"),
            end(Some("n/hunt-1"), Outcome::Notified, "new incident"),
        ];
        let outcomes: Vec<_> = fates(&published, &ends).into_iter().map(|fate| fate.outcome).collect();
        assert_eq!(
            outcomes,
            [
                Some(Outcome::Notified),
                Some(Outcome::Counted),
                Some(Outcome::DeadLettered),
                None,
                Some(Outcome::Notified)
            ]
        );
    }

    fn findings(events: Vec<Event>) -> Findings {
        Findings {
            counts: Counts { feedback_events: 1, ..Counts::default() },
            alerts: Vec::new(),
            mails: Vec::new(),
            scenes: Vec::new(),
            intelligence: Vec::new(),
            feedback: events,
            imports: Vec::new(),
            requests: requests::over(&[], &Requests::default()),
            trouble: None,
        }
    }

    fn event() -> Event {
        let text = String::new;
        Event { integration: text(), location: text(), agent: text(), indicators: Vec::new(), path: text() }
    }

    #[test]
    fn whatever_does_not_add_up_is_said() {
        assert!(Summary::of(findings(vec![event()])).adds_up);

        let summary = Summary::of(findings(Vec::new()));
        assert_eq!(summary.problems, ["1 events wait for Wazuh, but 0 could be read"]);
        assert!(!summary.adds_up);

        let mut unknown_requests = findings(vec![event()]);
        unknown_requests.requests[0].received = 1;
        assert_eq!(Summary::of(unknown_requests).problems.len(), 1);

        let mut silent = findings(vec![event()]);
        silent.trouble = Some(Signs::of(Trouble::Key, &[], &Logs::default(), &[]));
        assert_eq!(Summary::of(silent).problems.len(), 3);

        let mut unkept = findings(vec![event()]);
        unkept.scenes.push(Scene { name: "a promise", said: None, mails: Vec::new() });
        assert_eq!(Summary::of(unkept).problems, ["nothing shows a promise"]);
    }

    #[test]
    fn the_summary_names_what_the_issue_asks_for() {
        let summary = serde_json::to_value(Summary::of(findings(vec![event()]))).unwrap();
        for name in
            ["alerts", "mails", "scenes", "intelligence", "feedback", "imports", "requests", "problems"]
        {
            assert!(summary.get(name).is_some_and(serde_json::Value::is_array), "{name}");
        }
        assert_eq!(summary["requests"][0]["provider"], "abuseipdb");
        assert_eq!(summary.get("trouble"), None);
        let counts = serde_json::to_value(Counts::default()).unwrap();
        let names: Vec<&String> = counts.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "published",
                "findings",
                "notified",
                "counted",
                "observed",
                "ignored",
                "dead_lettered",
                "notices",
                "delivered",
                "held_back",
                "feedback_events"
            ]
        );
    }
}
