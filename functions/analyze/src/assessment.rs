//! The deterministic assessment: priority with named reasons, next steps and questions from tables.
//!
//! Signals add up, and each has a sentence that names its facts. The rule's level is the first of them, so nothing that
//! follows can end below what Wazuh's level asks for.

mod advice;
mod groups;
mod outcome;
mod past;
mod scale;
mod signal;
mod site;
mod topics;

use domain::assessment::{Assessment, Technique};
use domain::history::History;
use domain::verdict::Verdict;
use domain::{Alert, Rule, attack};

use signal::{Collected, Subject};
pub use site::{Asset, Criticality, MaintenanceWindow, SiteNotes, SiteNotesError};

/// Judges an alert by its rule, its outcome, what intelligence says, what came before it, and what the operator says of
/// its host. Nothing in here asks anybody; without a recorded history nothing is concluded from one.
pub fn assess(alert: &Alert, verdict: &Verdict, history: &History, site: &SiteNotes) -> Assessment {
    let subject = Subject::of(alert);
    let mut collected = Collected::default();
    collected.add([signal::rule_level(alert.rule())]);
    groups::signals(alert.rule(), &mut collected);
    collected.add(signal::technique(alert.rule()));
    outcome::signals(alert, &mut collected);
    collected.add(signal::intelligence(verdict));
    collected.add(signal::finding(alert));
    past::signals(&subject, alert.rule(), history, &mut collected);
    site.signals(alert, &mut collected);
    let advice = advice::on(alert.rule(), &subject);
    Assessment {
        priority: collected.priority(),
        techniques: techniques(alert.rule()),
        next_steps: advice.next_steps,
        open_questions: advice.open_questions,
        signals: collected.signals,
        reasons: [collected.sentences, signal::story(alert), site.context(alert)].concat(),
    }
}

/// The names are ATT&CK's; the rule's own where ATT&CK does not know the id and the rule gives a name for each.
fn techniques(rule: &Rule) -> Vec<Technique> {
    let named = rule.technique_ids.len() == rule.technique_names.len();
    let by_rule = |index: usize| rule.technique_names.get(index).filter(|_| named).cloned();
    let by_attack = |id: &str| attack::technique(id).map(|technique| technique.name.to_owned());
    rule.technique_ids
        .iter()
        .enumerate()
        .map(|(index, id)| Technique { id: id.clone(), name: by_attack(id).or_else(|| by_rule(index)) })
        .collect()
}

#[cfg(test)]
mod tests;
