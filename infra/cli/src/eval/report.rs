//! The figures as a table for people.

use domain::assessment::SignalName;

use super::figures::{Figures, Rates};
use super::injection::Pairs;
use super::judged::ModelFigures;
use super::score::{Confusion, share};
use crate::failure::Count;

pub(super) fn lines(figures: &Figures) -> Vec<String> {
    let attacks = figures.assessment.confusion.attack.total();
    let left_out = match figures.excluded {
        0 => String::new(),
        excluded => format!("; {} left out by rule", Count(excluded, "alert")),
    };
    let benign = figures.assessment.confusion.benign.total();
    let mut lines = vec![format!("{attacks} attacks and {benign} benign{left_out}"), String::new()];
    lines.push(row("", ["recall", "false positives", "macro-F1", "undetermined"]));
    lines.push(rates("assessment", &figures.assessment));
    lines.push(rates("rule level >= 5", &figures.level_5));
    lines.push(rates("rule level >= 7", &figures.level_7));
    if let Some(model) = &figures.model {
        lines.push(rates("model alone", &Rates::of(model.verdicts)));
        lines.push(rates("model and assessment", &Rates::of(model.merged)));
    }
    lines.extend(confusion("assessment", &figures.assessment.confusion));
    if let Some(model) = &figures.model {
        lines.extend(confusion("model and assessment", &model.merged));
        lines.extend(of_model(model));
    }
    lines.extend(signals(figures));
    lines.extend(figures.injection.map(|pairs| injected("assessment", pairs)));
    lines.extend(figures.model_injection.map(|pairs| injected("model and assessment", pairs)));
    lines
}

fn row(name: &str, columns: [&str; 4]) -> String {
    let [recall, false_positives, macro_f1, undetermined] = columns;
    format!("{name:<22}{recall:>14}{false_positives:>18}{macro_f1:>14}{undetermined:>14}")
        .trim_end()
        .to_owned()
}

fn rates(name: &str, rates: &Rates) -> String {
    let Confusion { attack, benign } = rates.confusion;
    let recall = format!("{} {}/{}", decimal(rates.recall), attack.suspicious, attack.total());
    let false_positives =
        format!("{} {}/{}", decimal(rates.false_positive_rate), benign.suspicious, benign.total());
    let undetermined = rates.confusion.undetermined().to_string();
    row(name, [&recall, &false_positives, &decimal(rates.macro_f1), &undetermined])
}

fn confusion(name: &str, confusion: &Confusion) -> Vec<String> {
    let mut lines = vec![String::new(), row(name, ["suspicious", "harmless", "undetermined", ""])];
    for (label, counts) in [("attack", confusion.attack), ("benign", confusion.benign)] {
        let [suspicious, harmless, undetermined] =
            [counts.suspicious, counts.harmless, counts.undetermined].map(|count| count.to_string());
        lines.push(row(&format!("  {label}"), [&suspicious, &harmless, &undetermined, ""]));
    }
    lines
}

fn of_model(model: &ModelFigures) -> Vec<String> {
    vec![
        String::new(),
        format!(
            "{}{}, {} answered in the asked-for shape{}",
            Count(model.questions, "question"),
            by(model),
            percent(model.valid_rate),
            no_answer(model)
        ),
        format!(
            "evidence: {} verified; ATT&CK ids that are none: {}",
            percent(model.grounding),
            model.invalid_ids
        ),
        format!(
            "verdicts that changed between equal runs: {} of {} ({})",
            model.flipped,
            model.repeated,
            percent(share(model.flipped, model.repeated))
        ),
        format!("tokens: {}; cost: {}", model.tokens, cost(model.micro_usd)),
    ]
}

fn by(model: &ModelFigures) -> String {
    let names: Vec<&str> = model.models.iter().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" to {}", names.join(", ")) }
}

fn no_answer(model: &ModelFigures) -> String {
    let reasons: Vec<String> =
        model.no_answer.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    if reasons.is_empty() { String::new() } else { format!("; no answer: {}", reasons.join(", ")) }
}

fn cost(micro_usd: Option<u64>) -> String {
    match micro_usd {
        Some(cost) => format!("{}.{:06} USD", cost / 1_000_000, cost % 1_000_000),
        None => "not known, for want of a price (--prices)".to_owned(),
    }
}

fn signals(figures: &Figures) -> Vec<String> {
    let mut lines = vec![String::new(), row("signal", ["attack", "benign", "", ""])];
    for (name, spoke) in figures.signals.iter().filter(|(name, _)| **name != SignalName::RuleLevel) {
        let [attack, benign] = [spoke.attack, spoke.benign].map(|count| count.to_string());
        lines.push(row(&format!("  {}", name.name()), [&attack, &benign, "", ""]));
    }
    lines
}

fn injected(who: &str, pairs: Pairs) -> String {
    let Pairs { total, lowered, raised, model_lowered } = pairs;
    let count = Count(usize::try_from(total).unwrap_or(usize::MAX), "pair");
    let line = format!("injection, {who}: {lowered} lowered, {raised} raised of {count}");
    if model_lowered == 0 { line } else { format!("{line}; the model alone: {model_lowered} lowered") }
}

fn decimal(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.2}"))
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "none".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}
