//! One alert's way to an explanation, or to the reason why there is none.

mod asking;
mod calling;
mod moment;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::analysis::{Analysis, Explanation, NoAnalysis, Spent};
use domain::canary::is_canary;
use domain::message::NoticeId;
use jiff::Timestamp;
use lambda::metrics::Metrics;
use uuid::Uuid;

use crate::analyses::Analyses;
use crate::economy::Settings;
use crate::economy::audit::{Call, Record, Verified};
use crate::economy::cascade::{Models, Size};
use crate::economy::fingerprint::Question;
use crate::economy::need;
use crate::economy::reuse::{Kept, Lease, Turn};
use crate::model::Model;
use crate::prompt::{PROMPT_VERSION, PromptSettings, Subject};
use crate::redaction::REDACTION_VERSION;
pub use asking::ask_once;

use asking::Asking;
use calling::Answered;
use moment::Moment;

/// Asks models as seldom and as cheaply as a site wants.
#[derive(Debug)]
pub struct Explainer {
    model: Model,
    models: Models,
    /// Where the models are asked: a breaker's name begins with it.
    address: String,
    analyses: Analyses,
    settings: Settings,
    prompt: PromptSettings,
    metrics: Metrics,
}

impl Explainer {
    pub fn new(
        model: Model,
        address: impl Into<String>,
        analyses: Analyses,
        settings: Settings,
        prompt: PromptSettings,
        metrics: Metrics,
    ) -> Self {
        let models = Models { small: model.name().to_owned(), large: model.large_name().map(str::to_owned) };
        for name in models.names().filter(|name| !settings.prices.knows(name)) {
            tracing::warn!(model.name = name, "the model has no price: its calls count as very dear ones");
        }
        Self { model, models, address: address.into(), analyses, settings, prompt, metrics }
    }

    /// Opens the way to the model ahead of time.
    pub async fn warm_up(&self) {
        self.model.warm_up().await;
    }

    /// The explanation for a notice, or the reason why there is none. Never fails, and takes no longer than `available`.
    pub async fn explain(
        &self,
        subject: &Subject<'_>,
        notice: &NoticeId,
        now: Timestamp,
        available: Duration,
    ) -> Analysis {
        let (verdict, priority) = (&subject.enriched.verdict, subject.assessment.priority);
        if is_canary(&subject.enriched.alert) {
            return Analysis::Unavailable { reason: NoAnalysis::Certain };
        }
        if let Some(reason) = need::spared(priority, self.settings.min_priority, verdict, subject.history) {
            return Analysis::Unavailable { reason };
        }
        let moment = Moment::new(now, available);
        let question = self.question(subject);
        let turn = self.settings.reuse.turn(&self.analyses, &question.fingerprint, now, available).await;
        let lease = match turn {
            Turn::Answered(kept) => match self.again(&kept, &question, subject) {
                Some(explanation) => return self.reused(explanation, &question, notice, moment.now()).await,
                None => None,
            },
            Turn::Ours(lease) => Some(lease),
            Turn::Alone => None,
            Turn::Refused(reason) => return Analysis::Unavailable { reason },
        };
        let mut calls = Vec::new();
        let answered = self.anew(subject, &question, lease, &moment, &mut calls).await;
        let explained = |explanation| Explanation { usage: spent(&calls), ..explanation };
        let analysis = match answered {
            Ok(explanation) => Analysis::Written(Box::new(explained(explanation))),
            Err(reason) => Analysis::Unavailable { reason },
        };
        self.record(&question, &calls, &analysis, notice, moment.now()).await;
        analysis
    }

    /// Asks, and ends the turn for all who wait.
    async fn anew(
        &self,
        subject: &Subject<'_>,
        question: &Question,
        lease: Option<Lease>,
        moment: &Moment,
        calls: &mut Vec<Call>,
    ) -> Result<Explanation, NoAnalysis> {
        let seed = Uuid::new_v4().as_u128();
        let asking = Asking::about(&self.prompt, subject, seed);
        let answered = self.ask(subject, &asking, moment, calls).await;
        if let Some(lease) = lease {
            let kept = answered.as_ref().ok().and_then(|answered| answered.kept(question, seed));
            self.settings.reuse.end(&self.analyses, lease, kept, moment.now()).await;
        }
        answered.map(|answered| answered.explanation)
    }

    fn question(&self, subject: &Subject<'_>) -> Question {
        let redaction = format!("{REDACTION_VERSION} {:?}", self.prompt.redaction);
        let prompt = PROMPT_VERSION.to_string();
        let mut versions = vec![prompt.as_str(), &redaction, &self.prompt.environment];
        versions.extend(self.models.names());
        versions.extend(subject.context.iter().map(String::as_str));
        Question::of(subject.enriched, subject.assessment.priority, subject.history, &versions)
    }

    /// A kept answer as it reads for this alert, if verification makes the same of it as it did the first time.
    fn again(&self, kept: &Kept, question: &Question, subject: &Subject<'_>) -> Option<Explanation> {
        let asking = Asking::about(&self.prompt, subject, kept.seed);
        let explanation = asking.read_again(&kept.about(question)?, &kept.model)?;
        (explanation.verdict == kept.verdict).then_some(explanation)
    }

    async fn reused(
        &self,
        explanation: Explanation,
        question: &Question,
        notice: &NoticeId,
        now: Timestamp,
    ) -> Analysis {
        self.metrics.count("AnalysesReused", &[], now);
        let analysis = Analysis::Written(Box::new(explanation));
        self.record(question, &[], &analysis, notice, now).await;
        analysis
    }

    /// The small model, or the large one where the alert or the small one's answer calls for it.
    async fn ask(
        &self,
        subject: &Subject<'_>,
        asking: &Asking,
        moment: &Moment,
        calls: &mut Vec<Call>,
    ) -> Result<Answered, NoAnalysis> {
        let (level, judgement) = (subject.enriched.alert.rule().level, subject.enriched.verdict.judgement);
        let (size, name) = self.models.first(level, judgement);
        let first = self.call(size, name, asking, moment, calls).await;
        if size == Size::Large {
            return match first {
                // It was not even asked: better the small one than none.
                Err(
                    NoAnalysis::CircuitOpen { .. } | NoAnalysis::BudgetExhausted | NoAnalysis::Configuration,
                ) => self.call(Size::Small, &self.models.small, asking, moment, calls).await,
                first => first,
            };
        }
        let first = first?;
        let Some((size, name)) = self.models.second(first.explanation.verdict, judgement) else {
            return Ok(first);
        };
        // The second opinion replaces the first; where there is none, the first stands.
        Ok(self.call(size, name, asking, moment, calls).await.unwrap_or(first))
    }

    async fn record(
        &self,
        question: &Question,
        calls: &[Call],
        analysis: &Analysis,
        notice: &NoticeId,
        now: Timestamp,
    ) {
        let record = Record {
            at: now,
            fingerprint: question.fingerprint.as_str(),
            prompt_version: PROMPT_VERSION,
            redaction_version: REDACTION_VERSION,
            prices_as_of: self.settings.prices.as_of(),
            calls,
            result: Verified::from(analysis),
        };
        self.settings.audit.keep(&self.analyses, notice, &record, now).await;
    }
}

/// What all calls took; the price only where each of them has one.
fn spent(calls: &[Call]) -> Option<Spent> {
    let total = |of: fn(&Call) -> u64| calls.iter().map(of).fold(0_u64, u64::saturating_add);
    let micro_usd = calls.iter().try_fold(0_u64, |sum, call| Some(sum.saturating_add(call.cost_micro_usd?)));
    let (input_tokens, output_tokens) = (total(|call| call.input_tokens), total(|call| call.output_tokens));
    (input_tokens + output_tokens > 0).then_some(Spent { input_tokens, output_tokens, micro_usd })
}
