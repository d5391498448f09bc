//! Everything a mail shows: one model for the text and the HTML part.

mod analysis;
mod block;
mod facts;
mod held;
mod incident;
mod intelligence;
mod private;
mod raw_alert;
mod silence;
mod steps;
mod testimony;

use domain::Notice;
use domain::analysis::{Analysis, Confidence, ModelVerdict, NoAnalysis};
use domain::assessment::Priority;
use domain::incident::Kind;
use domain::verdict::{Judgement, Verdict};

pub use crate::links::Link;
pub use crate::shown::Shown;
pub use analysis::AnalysisView;
pub use block::{Reply, Share};
pub use facts::Fact;
pub use held::{DigestView, HeldRow, StormView};
pub(crate) use held::{digest, storm};
pub use incident::IncidentView;
pub use intelligence::{Intelligence, Opinion};
pub use private::PrivateView;
pub(crate) use private::private;
pub use steps::{Origin, Step};

use crate::count::{counted, grouped};
use crate::links::Target;
use crate::mail::{AlertFile, MailSettings, Note};
use crate::opening::{Opening, highest_priority, untold};

#[derive(Clone, Debug)]
pub struct View {
    pub page: Page,
    pub priority: Priority,
    pub headline: Shown,
    /// Who, where, when.
    pub facts: Vec<Fact>,
    pub incident: IncidentView,
    pub glance: Glance,
    pub links: Links,
    /// What decided the priority.
    pub reasons: Vec<Shown>,
    pub analysis: AnalysisView,
    pub intelligence: Intelligence,
    pub next_steps: Vec<Step>,
    pub open_questions: Vec<Step>,
    pub techniques: Vec<TechniqueShown>,
    /// Where the alert comes from: what a search needs and a first look does not.
    pub origin: Vec<Fact>,
    pub raw_alert: Shown,
    pub attached: Option<Shown>,
    pub notes: Vec<Shown>,
    pub cause: Cause,
}

/// What every mail has around its content.
#[derive(Clone, Debug)]
pub struct Page {
    pub title: Shown,
    /// The first words an inbox shows beside the subject.
    pub preheader: Shown,
}

/// The opinion and what to do first: what three seconds are enough for.
#[derive(Clone, Debug)]
pub struct Glance {
    pub opinion: Opinion,
    pub score: Option<u8>,
    pub model: Option<(ModelVerdict, Confidence)>,
    /// Why no model has written about an update, which has no other place to say it.
    pub silence: Option<NoAnalysis>,
    /// What the model wrote is about an alert that came before.
    pub about_earlier: bool,
    pub first_step: Option<Step>,
}

/// Into the dashboard.
#[derive(Clone, Debug)]
pub struct Links {
    pub alert: Option<Link>,
    pub host: Option<HostAlerts>,
}

#[derive(Clone, Debug)]
pub struct HostAlerts {
    pub link: Link,
    pub host: Shown,
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
    pub incident: Shown,
    /// The rule that opened the incident.
    pub opened_by: Shown,
}

pub(crate) fn view(
    notice: &Notice,
    opening: &Opening,
    settings: &MailSettings,
    file: Option<&AlertFile>,
    notes: &[Note],
) -> View {
    let Notice { alert, assessment, analysis, .. } = notice;
    let priority = highest_priority(notice);
    let mut next_steps = steps::steps(&assessment.next_steps, &analysis::actions(analysis));
    match notice.kind {
        Kind::First | Kind::Escalation(_) => {}
        Kind::Update => next_steps.truncate(3),
    }
    View {
        page: Page {
            title: Shown::line(&format!("{priority}: {}", opening.title()), 200),
            preheader: preheader(notice),
        },
        priority,
        headline: headline(notice, opening),
        facts: facts::facts(notice, settings),
        incident: incident::incident(notice, &settings.clock),
        glance: glance(notice, &next_steps),
        links: links(notice, settings),
        reasons: reasons(notice),
        analysis: analysis::analysis(analysis),
        intelligence: intelligence::intelligence(
            intelligence::opinion(alert, &notice.verdict).0,
            &notice.verdict,
            &notice.reports,
            settings.misp_url.as_ref(),
        ),
        next_steps,
        open_questions: steps::steps(&assessment.open_questions, &analysis::gaps(analysis)),
        techniques: techniques(notice),
        origin: facts::origin(notice),
        raw_alert: raw_alert::raw_alert(alert),
        attached: file.map(|file| attached(file, &notice.kind)),
        notes: shown_notes(notes, settings),
        cause: cause(notice),
    }
}

fn cause(notice: &Notice) -> Cause {
    let rule = notice.alert.rule();
    Cause {
        rule_id: Shown::line(&rule.id, 40),
        level: rule.level.get(),
        incident: Shown::line(notice.incident.as_str(), 40),
        opened_by: Shown::line(&format!("{} (level {})", notice.opener.rule_id, notice.opener.level), 60),
    }
}

fn glance(notice: &Notice, next_steps: &[Step]) -> Glance {
    let (opinion, score) = intelligence::opinion(&notice.alert, &notice.verdict);
    let (model, silence) = match (&notice.analysis, &notice.kind) {
        (Analysis::Written(explanation), _) => (Some((explanation.verdict, explanation.confidence)), None),
        (Analysis::Unavailable { reason }, Kind::Update) => (None, Some(*reason)),
        (Analysis::Unavailable { .. }, Kind::First | Kind::Escalation(_)) => (None, None),
    };
    Glance {
        opinion,
        score,
        model,
        silence,
        about_earlier: notice.analysed != *notice.alert.key(),
        first_step: next_steps.first().cloned(),
    }
}

fn links(notice: &Notice, settings: &MailSettings) -> Links {
    let target = Target::of(&notice.alert, notice.opened_at);
    let dashboard = settings.dashboard.as_ref();
    let host_alerts = |link| HostAlerts { link, host: Shown::title(&notice.alert.agent().name, 40) };
    Links {
        alert: dashboard.and_then(|dashboard| dashboard.alert_link(&target)),
        host: dashboard.and_then(|dashboard| dashboard.host_link(&target)).map(host_alerts),
    }
}

/// What the incident is called by; of an escalation, what has happened now.
fn headline(notice: &Notice, opening: &Opening) -> Shown {
    let now = notice.alert.rule().description.trim();
    match notice.kind {
        Kind::Escalation(_) if !now.is_empty() => Shown::line(now, 200),
        Kind::First | Kind::Update | Kind::Escalation(_) => Shown::line(opening.title(), 200),
    }
}

/// The verdict and its first reason; without a finding, what decided the priority. An update says how many are new.
fn preheader(notice: &Notice) -> Shown {
    let agent = &notice.alert.agent().name;
    match notice.kind {
        Kind::First => {}
        Kind::Update | Kind::Escalation(_) => {
            let new = counted(untold(notice), "new alert");
            return Shown::line(&format!("{agent}: {new}, {} in all", grouped(notice.summary.alerts)), 140);
        }
    }
    let Verdict { judgement, reasons, .. } = &notice.verdict;
    let reason = match judgement {
        Judgement::Unknown | Judgement::BenignInfrastructure | Judgement::NoEvidence => {
            notice.assessment.reasons.first()
        }
        Judgement::Observed | Judgement::Suspicious | Judgement::Malicious => reasons.first(),
    };
    match reason {
        Some(reason) => Shown::line(&format!("{agent}: {reason}"), 140),
        None => Shown::line(agent, 140),
    }
}

fn attached(file: &AlertFile, kind: &Kind) -> Shown {
    let which = match kind {
        Kind::First | Kind::Escalation(_) => "The alert",
        Kind::Update => "The gravest alert since the last mail",
    };
    let shortened: Vec<Shown> = file.shortened.iter().take(3).map(|field| Shown::line(field, 60)).collect();
    let kept = if shortened.is_empty() { "as Wazuh wrote it" } else { "with shortened fields: " };
    let fields = Shown::joined(&shortened, ", ");
    Shown::line(&format!("{which} is attached as {}, {kept}{fields}.", file.name), 340)
}

fn shown_notes(notes: &[Note], settings: &MailSettings) -> Vec<Shown> {
    notes.iter().take(5).map(|note| note.shown(settings)).collect()
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
