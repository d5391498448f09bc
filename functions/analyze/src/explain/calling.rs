//! One question to one model: through its breaker, within the budget, and on the record.

use std::time::Duration;

use domain::analysis::{Explanation, NoAnalysis};
use jiff::Timestamp;

use super::Explainer;
use super::asking::Asking;
use super::moment::Moment;
use crate::analyses::Amount;
use crate::answer::Reading;
use crate::economy::audit::{self, Call};
use crate::economy::breaker::{self, Lesson, Pass};
use crate::economy::budget::{self, Budget};
use crate::economy::cascade::Size;
use crate::economy::fingerprint::Question;
use crate::economy::price::Tokens;
use crate::economy::reuse::Kept;
use crate::model::{Completion, Failed};

/// An answer that was accepted.
#[derive(Debug)]
pub(super) struct Answered {
    /// As the model wrote it.
    text: String,
    pub explanation: Explanation,
}

impl Answered {
    /// What others may use it for; nothing if it can only be said of its own alert.
    pub fn kept(&self, question: &Question, seed: u128) -> Option<Kept> {
        Kept::new(&self.text, question, seed, self.explanation.verdict, &self.explanation.model)
    }
}

impl Explainer {
    /// With less than this, a call would only be billed.
    const LEAST: Duration = Duration::from_secs(3);

    pub(super) async fn call(
        &self,
        size: Size,
        name: &str,
        asking: &Asking,
        moment: &Moment,
        calls: &mut Vec<Call>,
    ) -> Result<Answered, NoAnalysis> {
        if moment.remaining() < Self::LEAST {
            return Err(NoAnalysis::NoTime);
        }
        let pass = self.admitted(name, moment.now()).await?;
        let most = budget::amount(&self.settings.prices, name, asking.most_tokens());
        let reservation = match self.settings.budget.reserve(&self.analyses, most, moment.now()).await {
            Ok(reservation) => reservation,
            Err(reason) => {
                self.count_refusal(reason, moment.now());
                breaker::give_back(&self.analyses, &pass, moment.now()).await;
                return Err(reason);
            }
        };
        let asked = asking.put_to(&self.model, name, moment.remaining()).await;
        let (call, lesson) = self.noted(name, &asked);
        Budget::settle(&self.analyses, reservation, self.owed(&call, most)).await;
        breaker::learn(&self.analyses, &pass, lesson, moment.now()).await;
        self.measure(size, &call, moment.now());
        calls.push(call);
        let (reading, Completion { text, model, .. }) = asked.map_err(|failed| failed.reason)?;
        Ok(Answered { text, explanation: reading.written_by(&model, None) })
    }

    async fn admitted(&self, name: &str, now: Timestamp) -> Result<Pass, NoAnalysis> {
        let admitted = breaker::admit(&self.analyses, &format!("{} {name}", self.address), now).await;
        self.metrics.add("ModelBreakerOpen", u32::from(admitted.is_err()), &[], now);
        admitted
    }

    fn count_refusal(&self, reason: NoAnalysis, now: Timestamp) {
        tracing::warn!(reason = reason.name(), "no model is asked");
        if reason == NoAnalysis::BudgetExhausted {
            self.metrics.count("ModelBudgetExhausted", &[], now);
        }
    }

    /// The call for the record, and what it says about the model's health.
    fn noted(&self, name: &str, asked: &Result<(Reading, Completion), Failed>) -> (Call, Lesson) {
        let (usage, request_id) = match asked {
            Ok((_, completion)) => (completion.usage, &completion.request_id),
            Err(failed) => (failed.usage, &failed.request_id),
        };
        let tokens = Tokens::from(usage);
        let (answered, lesson) = match asked {
            Ok((_, completion)) => (Some(completion), Lesson::Alive),
            Err(failed) => (None, Lesson::of(failed.reason, failed.retry_after)),
        };
        let call = Call {
            asked: name.to_owned(),
            answered: answered.map(|completion| completion.model.clone()),
            request_id: request_id.clone(),
            input_tokens: tokens.input,
            cached_tokens: tokens.cached,
            output_tokens: tokens.output,
            cost_micro_usd: self.settings.prices.cost_micro_usd(name, tokens),
            failed: asked.as_ref().err().map(|failed| failed.reason),
            answer: answered.map(|completion| audit::bounded(&completion.text)),
        };
        (call, lesson)
    }

    /// What the budget counts. Where the server does not say what it used, as after a time-out, it may bill the most.
    fn owed(&self, call: &Call, most: Amount) -> Amount {
        let told = call.tokens().total() > 0;
        match call.failed {
            None if !told => most,
            Some(NoAnalysis::Timeout) => most,
            Some(_) | None => budget::amount(&self.settings.prices, &call.asked, call.tokens()),
        }
    }

    fn measure(&self, size: Size, call: &Call, now: Timestamp) {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let model = ("model", size.name());
        self.metrics.add("ModelTokens", count(call.tokens().total()), &[model], now);
        if let Some(cost) = call.cost_micro_usd {
            self.metrics.add("ModelCostMicroUsd", count(cost), &[model], now);
        }
    }
}
