//! How long a prompt and the verification of its answer take, for `make bench`, which builds this as what ships:
//! `prompt ALERTS…`, each file JSON lines or one alert, prints a JSON document for each way to redact, with the median, the
//! 90th percentile and the most. `prompt --findings ALERTS…` prints what the detector finds.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for a terminal")]

use std::cmp::Ordering;
use std::time::Instant;

use analyze::answer;
use analyze::assessment::{SiteNotes, assess};
use analyze::prompt::{Prompt, PromptSettings, Subject};
use analyze::redaction::Redaction;
use domain::history::History;
use domain::message::Schema;
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert};
use jiff::Timestamp;
use serde_json::json;

fn main() {
    let mut alerts: Vec<EnrichedAlert> = Vec::new();
    let (options, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument == "--findings");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let whole = Alert::parse(&text).ok().map(enriched);
        let lines = text.lines().filter_map(|line| Alert::parse(line).ok()).map(enriched);
        if let Some(alert) = whole { alerts.push(alert) } else { alerts.extend(lines) }
    }
    if !options.is_empty() {
        return find(&alerts);
    }
    let modes = [("off", Redaction::Off), ("secrets", Redaction::Secrets), ("strict", Redaction::Strict)];
    for (name, redaction) in modes {
        measure(name, &alerts, &PromptSettings { redaction, environment: String::new() });
    }
}

fn find(alerts: &[EnrichedAlert]) {
    for alert in alerts {
        let findings = analyze::embedded::find(&alert.alert);
        for finding in findings {
            let claim = if finding.kind.is_claim() { "claim" } else { "trace" };
            println!(
                "{claim} {:?} at {} of rule {}: {:.120}",
                finding.kind,
                finding.path,
                alert.alert.rule().id,
                finding.quote
            );
        }
    }
}

fn measure(name: &str, alerts: &[EnrichedAlert], settings: &PromptSettings) {
    let history = History::default();
    let (mut built, mut read, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for enriched in alerts {
        let assessment = assess(&enriched.alert, &enriched.verdict, &history, &SiteNotes::default());
        let subject = Subject { enriched, history: &history, assessment: &assessment, context: &[] };
        let start = Instant::now();
        let prompt = Prompt::new(settings, &subject, 7);
        built.push(start.elapsed().as_secs_f64());
        sizes.push(prompt.document().len());
        let text = answer_about(&enriched.alert);
        let start = Instant::now();
        let reading = answer::read(&text, &prompt, |_| true);
        read.push(start.elapsed().as_secs_f64());
        assert!(reading.is_ok(), "the answer follows the schema");
    }
    let figures = json!({
        "redaction": name,
        "alerts": alerts.len(),
        "built_s": spread(&mut built),
        "verified_s": spread(&mut read),
        "document_bytes": spread(&mut sizes),
    });
    println!("{figures}");
}

fn spread<T: Copy + PartialOrd>(values: &mut [T]) -> Vec<T> {
    values.sort_unstable_by(|one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal));
    let rank = |percent: usize| (values.len() * percent).div_ceil(100).saturating_sub(1);
    [50, 90, 100].into_iter().filter_map(|percent| values.get(rank(percent)).copied()).collect()
}

/// An answer of a usual size that cites the log.
fn answer_about(alert: &Alert) -> String {
    let log: String = alert.text_at(&["full_log"]).unwrap_or_default().chars().take(60).collect();
    let evidence = json!({"path": "/full_log", "value": log, "meaning": "The line that the rule matched.", "points_to": "malicious"});
    let sentence =
        "The account was tried from an address that others have reported, and nothing shows that it worked. ";
    json!({
        "what_happened": sentence.repeat(3), "evidence": vec![evidence; 6], "attack": [],
        "benign_explanation": sentence, "malicious_explanation": sentence,
        "missing_information": vec![json!({"question": sentence, "why": sentence, "where_to_look": sentence}); 3],
        "embedded_instructions": [], "verdict": "true_positive", "confidence": "medium", "severity": "high",
        "severity_reason": sentence, "headline": "Logins tried",
        "recommended_actions": vec![json!({"action": sentence, "when": "today", "kind": "verify", "target": "the host"}); 4],
        "tuning_hint": null,
    })
    .to_string()
}

fn enriched(alert: Alert) -> EnrichedAlert {
    let verdict = Verdict::over(&[], &Formula::default(), Timestamp::UNIX_EPOCH);
    EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None }
}
