//! The model's words, marked as such, or why there are none.

use domain::analysis::{Analysis, Confidence, Evidence, ModelVerdict, NoAnalysis};

use super::Shown;

#[derive(Clone, Debug)]
pub enum AnalysisView {
    Written(Written),
    Unavailable(NoAnalysis),
}

#[derive(Clone, Debug)]
pub struct Written {
    pub model: Shown,
    pub what_happened: Shown,
    pub verdict: ModelVerdict,
    pub confidence: Confidence,
    /// How many of the citations were found in the alert.
    pub verified: usize,
    pub cited: usize,
    pub evidence: Vec<EvidenceRow>,
}

#[derive(Clone, Debug)]
pub struct EvidenceRow {
    pub field: Shown,
    pub value: Shown,
    pub meaning: Shown,
}

/// Most rows of evidence; more is no longer read.
const MAX_EVIDENCE: usize = 10;

pub(super) fn analysis(analysis: &Analysis) -> AnalysisView {
    match analysis {
        Analysis::Unavailable { reason } => AnalysisView::Unavailable(*reason),
        Analysis::Written(explanation) => AnalysisView::Written(Written {
            model: Shown::line(&explanation.model, 80),
            what_happened: Shown::prose(&explanation.what_happened, 1_500),
            verdict: explanation.verdict,
            confidence: explanation.confidence,
            verified: explanation.evidence.len(),
            cited: explanation.cited,
            evidence: explanation.evidence.iter().take(MAX_EVIDENCE).map(row).collect(),
        }),
    }
}

/// What the model would do.
pub(super) fn actions(analysis: &Analysis) -> &[String] {
    match analysis {
        Analysis::Written(explanation) => &explanation.recommended_actions,
        Analysis::Unavailable { .. } => &[],
    }
}

/// What the model would like to know.
pub(super) fn gaps(analysis: &Analysis) -> &[String] {
    match analysis {
        Analysis::Written(explanation) => &explanation.missing_information,
        Analysis::Unavailable { .. } => &[],
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
