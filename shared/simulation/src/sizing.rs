//! What a deployment has to be given so that a load does not queue: by Little's law, with room to spare.

use serde::Serialize;

use crate::limits::RULE;
use crate::plan::{Plan, Scaling, Stage};
use crate::service;

/// Settings and quotas for one load.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sizing {
    pub enrich_concurrency: u64,
    pub analyze_concurrency: u64,
    pub notify_concurrency: u64,
    pub account_concurrency: u64,
    /// Write units a second that the busiest table must take from the start.
    pub table_writes: f64,
}

impl Plan {
    /// What this load needs, and never less than Terraform's defaults.
    pub fn sizing(&self) -> Sizing {
        let peak = self.arrivals.peak_per_second() * self.edge.sent_share * self.edge.kept_share;
        let content = &self.content;
        let forwarded = peak * (content.forward_share + content.ask_share);
        let notices = forwarded * content.opening_share * (2.0 + self.incidents.escalations);
        let needed = |stage, rate: f64| {
            let defaults = Self::as_shipped(1);
            let one = Self { stages: self.stages.clone(), ..self.clone() }.with_concurrency(stage, 1);
            let batches = (rate / service::capacity_per_second(&one, stage) / RULE).ceil() as u64;
            batches.max(defaults.stages.get(stage).scaling.most())
        };
        let enrich_concurrency = needed(Stage::Enrich, peak / self.edge.alerts_per_message as f64);
        // Some of its batches wait for the model, as many as the budget allows in the busiest hours.
        let questions = (self.model.daily_usd / self.model.question_usd()).min(notices * 86_400.0) / 86_400.0;
        let waiting = (questions * 5.0 * self.latency.model.mean().as_secs_f64()).ceil().min(1_000.0) as u64;
        let analyze_concurrency = needed(Stage::Analyze, forwarded) + waiting;
        let notify_concurrency = needed(Stage::Notify, notices);
        let all = enrich_concurrency + analyze_concurrency + notify_concurrency;
        let claims = peak * self.usage.stored_share * self.usage.enrich_claim_writes
            + forwarded * crate::usage::ANALYZE_CLAIM_WRITES;
        Sizing {
            enrich_concurrency,
            analyze_concurrency,
            notify_concurrency,
            account_concurrency: self.limits.account_concurrency.max((all as f64 / RULE).ceil() as u64),
            table_writes: self.limits.table_writes.max((claims / RULE / 1_000.0).ceil() * 1_000.0),
        }
    }

    /// The same load, with the settings and quotas that it needs.
    #[must_use]
    pub fn sized(self) -> Self {
        let sizing = self.sizing();
        let mut plan = self
            .with_concurrency(Stage::Enrich, sizing.enrich_concurrency)
            .with_concurrency(Stage::Analyze, sizing.analyze_concurrency)
            .with_concurrency(Stage::Notify, sizing.notify_concurrency);
        plan.limits.account_concurrency = sizing.account_concurrency;
        plan.limits.table_writes = sizing.table_writes;
        plan.limits.table_writes_quota = plan.limits.table_writes_quota.max(sizing.table_writes);
        plan
    }

    fn with_concurrency(mut self, stage: Stage, maximum_concurrency: u64) -> Self {
        self.stages.get_mut(stage).scaling = Scaling::Standard { maximum_concurrency };
        self
    }
}
