//! What intelligence makes of one alert, over any store; nothing is sent in here.

use domain::incident::IncidentId;
use domain::indicator::{Found, Indicator};
use domain::message::Schema;
use domain::verdict::{Examined, Formula, Report, Verdict};
use domain::{Alert, EnrichedAlert, Feedback};
use intel::{Inquiry, IntelStore, Intelligence, Usage};
use jiff::Timestamp;

use crate::feedback;
use crate::forwarding::{self, ForwardLevel};
use crate::window::{self, Window, WindowError};

/// The name under which an alert ends that nothing speaks for.
pub const BELOW_FORWARD_LEVEL: &str = "below_forward_level";

/// Looks alerts up and judges them.
#[derive(Debug)]
pub struct Triage<S> {
    pub intelligence: Intelligence<S>,
    pub window: Window,
    pub formula: Formula,
    pub forward_level: ForwardLevel,
}

/// Attributes or pulses of one report that go on: the mail shows three of them.
const SHOWN: usize = 5;

/// What came out for one alert.
#[derive(Debug)]
pub struct Triaged {
    /// As it goes on to analysis, if it does.
    pub enriched: EnrichedAlert,
    pub forwards: bool,
    /// What Wazuh is told.
    pub feedback: Vec<Feedback>,
    pub usage: Vec<Usage>,
    pub reads_saved: u32,
}

impl<S: IntelStore> Triage<S> {
    pub async fn look_up(&self, alert: &Alert, now: Timestamp) -> Result<Triaged, WindowError> {
        let mut found = alert.indicators();
        found.truncate(Intelligence::<S>::MAX_EXAMINED);
        let repeats = self.window.enter(alert, &found, now).await?;
        let repeated: Vec<bool> = repeats.iter().map(Option::is_some).collect();
        let inquiry = Inquiry { found: &found, repeated: &repeated, level: alert.rule().level };
        let examination = self.intelligence.examine(&inquiry, now).await;
        let repeat_of = window::repeated_incident(&repeats).cloned();
        let mut enriched = self.enriched(alert, &examination.examined, repeat_of, now);
        let forwards = self.forward_level.forwards(alert.rule(), &enriched.reports, &enriched.verdict);
        let feedback = feedback_of(&enriched, found.iter().zip(&repeats));
        enriched.condense(SHOWN);
        let (usage, reads_saved) = (examination.usage, examination.reads_saved);
        Ok(Triaged { enriched, forwards, feedback, usage, reads_saved })
    }

    /// An event of ours that fired a rule: nobody is asked again.
    pub fn returned(&self, alert: &Alert, now: Timestamp) -> EnrichedAlert {
        self.enriched(alert, &forwarding::examined_of_returned(alert, now), None, now)
    }

    fn enriched(
        &self,
        alert: &Alert,
        examined: &[Examined],
        repeat_of: Option<IncidentId>,
        now: Timestamp,
    ) -> EnrichedAlert {
        EnrichedAlert {
            schema: Schema,
            alert: alert.clone(),
            reports: examined.iter().flat_map(|examined| examined.reports.iter().cloned()).collect(),
            verdict: Verdict::over(examined, &self.formula, now),
            repeat_of,
        }
    }
}

/// Wazuh is told once per rule and indicator, not once per alert.
fn feedback_of<'a>(
    enriched: &EnrichedAlert,
    found: impl Iterator<Item = (&'a Found, &'a Option<IncidentId>)>,
) -> Vec<Feedback> {
    let repeated: Vec<&Indicator> =
        found.filter(|(_, repeat)| repeat.is_some()).map(|(found, _)| &found.indicator).collect();
    let is_new = |found: &Found| !repeated.contains(&&found.indicator);
    let reports: Vec<Report> =
        enriched.reports.iter().filter(|report| is_new(&report.found)).cloned().collect();
    let mut verdict = enriched.verdict.clone();
    verdict.indicators.retain(|judged| is_new(&judged.found));
    feedback::events(&enriched.alert, &reports, &verdict)
}
