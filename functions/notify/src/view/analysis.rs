//! The model's words, marked as such, or why there are none.

use domain::analysis::{
    Action, Analysis, Claim, Confidence, Evidence, Explanation, ModelVerdict, NoAnalysis, Spent, When,
};

use super::Shown;

#[derive(Clone, Debug)]
pub enum AnalysisView {
    Written(Box<Written>),
    Unavailable(NoAnalysis),
}

#[derive(Clone, Debug)]
pub struct Written {
    pub headline: Shown,
    pub what_happened: Shown,
    pub verdict: ModelVerdict,
    pub confidence: Confidence,
    /// How many of the citations were found in the alert.
    pub verified: usize,
    pub cited: usize,
    pub evidence: Vec<EvidenceRow>,
    /// What the model said and code did not accept, a sentence each.
    pub overrides: Vec<Shown>,
    /// Text in the alert that speaks to its reader.
    pub embedded: Vec<Embedded>,
    pub malicious_explanation: Shown,
    pub benign_explanation: Shown,
    pub tuning_hint: Option<Shown>,
    /// Who wrote it and what it took.
    pub colophon: Shown,
}

#[derive(Clone, Debug)]
pub struct EvidenceRow {
    pub field: Shown,
    pub value: Shown,
    pub meaning: Shown,
}

#[derive(Clone, Debug)]
pub struct Embedded {
    pub field: Shown,
    pub quote: Shown,
}

/// Most rows of evidence; more is no longer read.
const MAX_EVIDENCE: usize = 10;

const MAX_OVERRIDES: usize = 4;
const MAX_EMBEDDED: usize = 3;

pub(super) fn analysis(analysis: &Analysis) -> AnalysisView {
    match analysis {
        Analysis::Unavailable { reason } => AnalysisView::Unavailable(*reason),
        Analysis::Written(explanation) => AnalysisView::Written(Box::new(written(explanation))),
    }
}

fn written(explanation: &Explanation) -> Written {
    let overrides = explanation.overrides.iter().take(MAX_OVERRIDES);
    let embedded = explanation.embedded_instructions.iter().take(MAX_EMBEDDED);
    Written {
        headline: headline(explanation),
        what_happened: Shown::prose(&explanation.what_happened, 1_500),
        verdict: explanation.verdict,
        confidence: explanation.confidence,
        verified: explanation.evidence.len(),
        cited: explanation.cited,
        evidence: explanation.evidence.iter().take(MAX_EVIDENCE).map(row).collect(),
        overrides: overrides.map(|one| Shown::prose(&one.to_string(), 400)).collect(),
        embedded: embedded
            .map(|found| Embedded {
                field: Shown::line(&field(&found.path), 100),
                quote: Shown::title(&found.quote, 240),
            })
            .collect(),
        malicious_explanation: Shown::prose(&explanation.malicious_explanation, 600),
        benign_explanation: Shown::prose(&explanation.benign_explanation, 600),
        tuning_hint: explanation.tuning_hint.as_deref().map(|hint| Shown::prose(hint, 300)),
        colophon: colophon(explanation),
    }
}

/// A headline goes with the verdict that it was written for, and is gone with it.
fn headline(explanation: &Explanation) -> Shown {
    let overruled = explanation.overrides.iter().any(|one| matches!(one.said, Claim::Verdict(_)));
    if explanation.headline.is_empty() && overruled {
        return Shown::line("The model's verdict was not accepted. What it wrote:", 120);
    }
    Shown::prose(&explanation.headline, 120)
}

/// `model, prompt 2, 2,310 tokens in, 640 out, 0.46 cents`.
fn colophon(explanation: &Explanation) -> Shown {
    let mut parts = vec![explanation.model.clone(), format!("prompt {}", explanation.prompt_version)];
    if explanation.reused {
        parts.push("reused from an earlier alert of the same kind".to_owned());
    }
    if let Some(Spent { input_tokens, output_tokens, micro_usd }) = explanation.usage {
        parts.push(format!("{input_tokens} tokens in, {output_tokens} out"));
        // A cent has 10,000 millionths of a dollar.
        let cents = |micro: u64| format!("{}.{:02} US cents", micro / 10_000, micro % 10_000 / 100);
        parts.extend(micro_usd.map(cents));
    }
    Shown::line(&parts.join(", "), 240)
}

/// What the model would do, with the time that it gives.
pub(super) fn actions(analysis: &Analysis) -> Vec<String> {
    match analysis {
        Analysis::Written(explanation) => explanation.recommended_actions.iter().map(action).collect(),
        Analysis::Unavailable { .. } => Vec::new(),
    }
}

fn action(action: &Action) -> String {
    let when = match action.when {
        When::Now => "Now",
        When::Today => "Today",
        When::Later => "Later",
    };
    // A target that the sentence names already is not said twice.
    let target = match action.target.as_str() {
        "" => String::new(),
        target if action.action.contains(target) => String::new(),
        target => format!(" ({target})"),
    };
    format!("{when}: {}{target}", action.action)
}

/// What the model would like to know, and where it stands.
pub(super) fn gaps(analysis: &Analysis) -> Vec<String> {
    match analysis {
        Analysis::Unavailable { .. } => Vec::new(),
        Analysis::Written(explanation) => explanation
            .missing_information
            .iter()
            .map(|asked| match asked.where_to_look.as_str() {
                "" => asked.question.clone(),
                place => format!("{} Look at: {place}", asked.question),
            })
            .collect(),
    }
}

/// A value stays as the alert has it, so that it can be searched for.
fn row(evidence: &Evidence) -> EvidenceRow {
    EvidenceRow {
        field: Shown::line(&field(&evidence.path), 100),
        value: Shown::line(&evidence.value, 200),
        meaning: Shown::prose(&evidence.meaning, 240),
    }
}

/// `/data/win/eventdata/ipAddress` as Wazuh's users write it: `data.win.eventdata.ipAddress`.
fn field(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}
