//! Everything a mail shows: one model for the text and the HTML part.

mod analysis;
mod facts;
mod intelligence;
mod raw_alert;
mod silence;
mod steps;
mod testimony;

use domain::Notice;
use domain::analysis::Analysis;
use domain::assessment::Priority;
use domain::verdict::{Judgement, Verdict};

pub use crate::shown::Shown;
pub use analysis::{AnalysisView, Embedded, EvidenceRow, Written};
pub use facts::Fact;
pub use intelligence::{Block, Coverage, Intelligence, More, Reply, Row, Share};
pub use silence::Gap;
pub use steps::{Origin, Step};
pub use testimony::{Finding, Testimony};

use crate::mail::MailSettings;

#[derive(Clone, Debug)]
pub struct View {
    /// The first words an inbox shows beside the subject.
    pub preheader: Shown,
    pub priority: Priority,
    pub headline: Shown,
    /// The groups of the rule.
    pub groups: Shown,
    pub facts: Vec<Fact>,
    /// What decided the priority.
    pub reasons: Vec<Shown>,
    pub intelligence: Intelligence,
    pub analysis: AnalysisView,
    pub next_steps: Vec<Step>,
    pub open_questions: Vec<Step>,
    pub techniques: Vec<TechniqueShown>,
    pub raw_alert: Shown,
    /// The only link of the mail.
    pub dashboard_link: Option<String>,
    pub cause: Cause,
}

#[derive(Clone, Debug)]
pub struct TechniqueShown {
    pub id: Shown,
    pub name: Option<Shown>,
    pub origin: Origin,
}

/// Why the reader gets this mail.
#[derive(Clone, Debug)]
pub struct Cause {
    pub rule_id: Shown,
    pub level: u8,
    pub incident: String,
    pub alert_key: Shown,
}

pub fn view(notice: &Notice, settings: &MailSettings) -> View {
    let Notice { alert, assessment, analysis, .. } = notice;
    let rule = alert.rule();
    let event_time = alert.timestamp().unwrap_or(notice.opened_at);
    View {
        preheader: preheader(notice),
        priority: notice.priority(),
        headline: Shown::line(headline(&rule.description), 200),
        groups: Shown::line(&rule.groups.join(", "), 200),
        facts: facts::facts(notice),
        reasons: reasons(notice),
        intelligence: intelligence::intelligence(&notice.verdict, &notice.reports),
        analysis: analysis::analysis(analysis),
        next_steps: steps::steps(&assessment.next_steps, &analysis::actions(analysis)),
        open_questions: steps::steps(&assessment.open_questions, &analysis::gaps(analysis)),
        techniques: techniques(notice),
        raw_alert: raw_alert::raw_alert(alert),
        dashboard_link: settings.dashboard_url.as_ref().map(|url| url.alert_link(alert, event_time)),
        cause: Cause {
            rule_id: Shown::line(&rule.id, 40),
            level: rule.level.get(),
            incident: notice.incident.to_string(),
            alert_key: Shown::line(alert.key().as_str(), 160),
        },
    }
}

/// What the rule says; Wazuh allows a rule without words.
fn headline(description: &str) -> &str {
    if description.trim().is_empty() { "Wazuh alert without a description" } else { description }
}

/// The verdict and its first reason; without a finding, what decided the priority.
fn preheader(notice: &Notice) -> Shown {
    let Verdict { judgement, reasons, .. } = &notice.verdict;
    let reason = match judgement {
        Judgement::Unknown | Judgement::BenignInfrastructure | Judgement::NoEvidence => {
            notice.assessment.reasons.first()
        }
        Judgement::Observed | Judgement::Suspicious | Judgement::Malicious => reasons.first(),
    };
    let agent = &notice.alert.agent().name;
    match reason {
        Some(reason) => Shown::line(&format!("{agent}: {reason}"), 140),
        None => Shown::line(agent, 140),
    }
}

/// What decided the priority; the model's part is named as such.
fn reasons(notice: &Notice) -> Vec<Shown> {
    let (assessed, priority) = (notice.assessment.priority, notice.priority());
    let raised = (priority > assessed).then(|| {
        Shown::line(
            &format!("The model raised it from {assessed} to {priority}; it can only raise, by one step."),
            240,
        )
    });
    let reasons = notice.assessment.reasons.iter().take(10).map(|text| Shown::line(text, 240));
    raised.into_iter().chain(reasons).collect()
}

/// The rule's techniques, then those that the model saw.
fn techniques(notice: &Notice) -> Vec<TechniqueShown> {
    let rules = notice.assessment.techniques.iter().take(8).map(|technique| TechniqueShown {
        id: Shown::line(&technique.id, 20),
        name: technique.name.as_deref().map(|name| Shown::line(name, 80)),
        origin: Origin::Rules,
    });
    let claimed = match &notice.analysis {
        Analysis::Written(explanation) => explanation.techniques.as_slice(),
        Analysis::Unavailable { .. } => &[],
    };
    let is_new = |id: &str| notice.assessment.techniques.iter().all(|technique| technique.id != id);
    let model = claimed.iter().filter(|claim| is_new(&claim.id)).take(5).map(|claim| TechniqueShown {
        id: Shown::line(&claim.id, 20),
        name: None,
        origin: Origin::Model,
    });
    rules.chain(model).collect()
}
