//! One alert's way as a person reads it: what is known in order, and in words what is missing.

use domain::AlertKey;
use domain::incident::{Incident, IncidentId};
use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::claims::{Look, Standing};
use notify::delivery::{Post, State};
use serde::Serialize;

use crate::failure::Count;

/// What the tables hold.
pub(super) struct Known {
    pub alert: AlertKey,
    pub enrich: Option<Look>,
    pub analyze: Option<Look>,
    /// By the id that analyze's claim names, or that of no alert.
    pub incident: Option<(IncidentId, Incident)>,
    pub notices: Vec<KnownNotice>,
}

pub(super) struct KnownNotice {
    pub id: NoticeId,
    pub claim: Option<Look>,
    pub deliveries: Vec<(Post, State, Timestamp)>,
}

#[derive(Serialize)]
pub(super) struct Story {
    schema: u8,
    alert_key: AlertKey,
    pub steps: Vec<Step>,
    /// What is missing, and where to look for it.
    pub remarks: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    pub name: String,
    pub state: String,
    pub at: Option<Timestamp>,
    pub detail: String,
}

impl Step {
    const MISSING: &str = "not seen";

    pub fn is_missing(&self) -> bool {
        self.state == Self::MISSING
    }

    /// Whether it is part of the notice above it.
    pub fn is_delivery(&self) -> bool {
        self.name.starts_with("to ")
    }
}

impl Story {
    pub fn of(known: &Known, now: Timestamp) -> Self {
        let mut steps = vec![
            claim_step("enrich".to_owned(), known.enrich.as_ref(), now),
            claim_step("analyze".to_owned(), known.analyze.as_ref(), now),
        ];
        if let Some((id, incident)) = &known.incident {
            steps.push(incident_step(id, incident));
        }
        for notice in &known.notices {
            steps.push(claim_step(format!("notify {}", notice.id), notice.claim.as_ref(), now));
            steps.extend(notice.deliveries.iter().map(|(post, state, at)| delivery_step(post, state, *at)));
        }
        let remarks = remarks(known, now);
        Self { schema: 1, alert_key: known.alert.clone(), steps, remarks }
    }
}

fn claim_step(name: String, look: Option<&Look>, now: Timestamp) -> Step {
    let Some(look) = look else {
        return Step { name, state: Step::MISSING.to_owned(), at: None, detail: String::new() };
    };
    let tries = if look.attempts > 1 { format!("taken {} times", look.attempts) } else { String::new() };
    let (state, detail) = match &look.standing {
        Standing::Done { result } if tries.is_empty() => ("done", result.clone()),
        Standing::Done { result } => ("done", format!("{result}; {tries}")),
        Standing::InProgress { lease_until } if *lease_until > now => ("at work", tries),
        Standing::InProgress { .. } => ("given up", tries),
    };
    Step { name, state: state.to_owned(), at: Some(look.changed_at), detail }
}

fn incident_step(id: &IncidentId, incident: &Incident) -> Step {
    let due = incident
        .due()
        .map_or_else(|| "nothing is due".to_owned(), |due| format!("due {}", crate::operate::second(due)));
    let detail = format!(
        "{}, last {}, priority {}, {}, {due}",
        Count(usize::try_from(incident.alerts).unwrap_or(usize::MAX), "alert"),
        crate::operate::second(incident.last_seen),
        incident.totals().highest_priority.name(),
        Count(usize::try_from(incident.notices()).unwrap_or(usize::MAX), "notice"),
    );
    Step {
        name: format!("incident {id}"),
        state: "opened".to_owned(),
        at: Some(incident.opened_at()),
        detail,
    }
}

/// The state as it is stored: `sent` with SES's id, `suppressed` with why and for which digest.
fn delivery_step(post: &Post, state: &State, at: Timestamp) -> Step {
    let document = serde_json::to_value(state).unwrap_or_default();
    let field = |name: &str| document.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let detail = [field("reason"), field("message_id"), field("digest")];
    Step {
        name: format!("to {post}"),
        state: field("state").unwrap_or_default(),
        at: Some(at),
        detail: detail.into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}

fn remarks(known: &Known, now: Timestamp) -> Vec<String> {
    let gone =
        |look: &Look| matches!(&look.standing, Standing::InProgress { lease_until } if *lease_until <= now);
    let mut remarks = Vec::new();
    let Some(enrich) = &known.enrich else {
        remarks.push(
            "enrich has not seen it, or it let it pass by level or rule without a claim: is the key right, was it \
             published, does it wait in the queue alerts or among its dead letters?"
                .to_owned(),
        );
        return remarks;
    };
    if gone(enrich) {
        remarks.push(
            "enrich took it and did not finish: it comes again, or is among the dead letters of alerts"
                .to_owned(),
        );
    }
    let Some(analyze) = &known.analyze else {
        remarks.push(
            "analyze has not seen it: it ended in enrich (observed, or nothing spoke for it), or waits in the queue \
             enriched or among its dead letters"
                .to_owned(),
        );
        return remarks;
    };
    if gone(analyze) {
        remarks.push(
            "analyze took it and did not finish: it comes again, or is among the dead letters of enriched"
                .to_owned(),
        );
    }
    match (&analyze.standing, &known.incident) {
        (Standing::Done { .. }, None) => remarks.push(
            "it was counted in an incident whose id its claim does not keep: only alerts with which a notice was due do; \
             the log line `alert ended` of analyze names the incident"
                .to_owned(),
        ),
        // Claims know whole seconds: an incident that was opened within the same one is the alert's own.
        (Standing::Done { .. }, Some((_, incident)))
            if incident.opened_at().as_second() > analyze.changed_at.as_second() =>
        {
            remarks.push("its incident is over; what stands here is a later one of the same kind".to_owned());
        }
        (Standing::Done { .. } | Standing::InProgress { .. }, _) => {}
    }
    for notice in &known.notices {
        if notice.claim.is_none() {
            remarks.push(format!(
                "notify has not seen {}: it waits in the queue notices, among its dead letters, or for the account",
                notice.id
            ));
        }
    }
    remarks
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        "2026-10-03T12:00:00Z".parse::<Timestamp>().unwrap() + Duration::from_secs(seconds)
    }

    fn look(standing: Standing) -> Look {
        Look { standing, attempts: 1, changed_at: at(0) }
    }

    fn check(enrich: Option<Standing>, analyze: Option<Standing>, states: [&str; 2], remark: Option<&str>) {
        let known = Known {
            alert: "m/1.1".parse().unwrap(),
            enrich: enrich.map(look),
            analyze: analyze.map(look),
            incident: None,
            notices: Vec::new(),
        };
        let story = Story::of(&known, at(60));
        assert_eq!(story.steps.iter().map(|step| step.state.as_str()).collect::<Vec<_>>(), states);
        assert_eq!(story.remarks.len(), usize::from(remark.is_some()), "{:?}", story.remarks);
        assert!(remark.is_none_or(|remark| story.remarks[0].contains(remark)), "{:?}", story.remarks);
    }

    #[test]
    fn what_is_missing_is_said_in_words() {
        let done = || Some(Standing::Done { result: "x".to_owned() });
        let until = |seconds| Some(Standing::InProgress { lease_until: at(seconds) });
        check(None, None, ["not seen", "not seen"], Some("enrich has not seen it"));
        check(done(), None, ["done", "not seen"], Some("analyze has not seen it"));
        check(done(), until(61), ["done", "at work"], None);
        check(done(), until(59), ["done", "given up"], Some("analyze took it and did not finish"));
        check(done(), done(), ["done", "done"], Some("whose id its claim does not keep"));
    }
}
