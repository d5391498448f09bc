//! How long a batch takes: what its messages wait for side by side, and the processor's work, one after another.

use std::time::Duration;

use crate::chance::Chance;
use crate::plan::{Plan, Stage};
use crate::spread::Spread;

/// What one batch has to do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    pub messages: f64,
    pub alerts: f64,
    /// Messages that ask a provider, send something on, or are mailed.
    pub asking: f64,
    pub sending: f64,
}

/// A vCPU is what 1,769 MB give.
const MEMORY_OF_A_VCPU: f64 = 1_769.0;
/// Calls to the tables that wait for one another.
const ENRICH_CALLS: u32 = 4;
const ANALYZE_CALLS: u32 = 4;
const NOTIFY_CALLS: u32 = 6;

/// Without the model, whose answers are waited for beside all that.
pub(crate) fn batch_time(plan: &Plan, stage: Stage, load: Load, chance: &mut Chance) -> Duration {
    let settings = plan.stages.get(stage);
    if let Some(measured) = settings.batch_time {
        return measured.draw(chance);
    }
    let latency = &plan.latency;
    let rounds = (load.messages / settings.crowd as f64).ceil().max(1.0);
    let beside = load.messages.min(settings.crowd as f64);
    let calls = match stage {
        Stage::Enrich if plan.usage.stored_share <= 0.0 => 0,
        Stage::Enrich => ENRICH_CALLS,
        Stage::Analyze => ANALYZE_CALLS,
        Stage::Notify => NOTIFY_CALLS,
    };
    let tables = match calls {
        0 => Duration::ZERO,
        calls => latency.dynamodb.slowest_of(beside, chance) + latency.dynamodb.mean() * (calls - 1),
    };
    let sender = match stage {
        Stage::Enrich | Stage::Analyze => &latency.sqs,
        Stage::Notify => &latency.ses,
    };
    // Less than one of a batch is one of several batches, of which the others do not wait.
    let mut some = |spread: &Spread, count: f64| match count {
        count if count > 0.0 => spread.slowest_of(count, chance).mul_f64(count.min(1.0)),
        _ => Duration::ZERO,
    };
    let sent = some(sender, load.sending);
    let asked = some(&latency.provider, load.asking).mul_f64(rounds.min(load.asking.max(1.0)));
    let waiting = (tables + sent).mul_f64(rounds) + asked;
    let processors = (f64::from(settings.memory_mb) / MEMORY_OF_A_VCPU).min(1.0);
    waiting + settings.cpu_per_alert.mul_f64(load.alerts / processors)
}

/// What a full batch takes on average, and how many messages a second all that may run at once get through.
pub(crate) fn capacity_per_second(plan: &Plan, stage: Stage) -> f64 {
    const DRAWS: u32 = 20_000;
    let settings = plan.stages.get(stage);
    let messages = settings.batch_size as f64;
    let alerts = match stage {
        Stage::Enrich => messages * plan.edge.alerts_per_message as f64,
        Stage::Analyze | Stage::Notify => messages,
    };
    let content = &plan.content;
    let (asking, sending) = match stage {
        Stage::Enrich => (alerts * lasting_ask_share(plan), alerts * content.forward_share),
        Stage::Analyze => (0.0, alerts * content.opening_share),
        Stage::Notify => (0.0, 0.0),
    };
    let mut chance = Chance::new(plan.seed, "capacity");
    let total: Duration = (0..DRAWS)
        .map(|_| {
            let asking = chance.poisson(asking) as f64;
            batch_time(plan, stage, Load { messages, alerts, asking, sending }, &mut chance)
        })
        .sum();
    let batch = total.as_secs_f64() / f64::from(DRAWS);
    settings.scaling.most().min(plan.limits.account_concurrency) as f64 * messages / batch
}

/// What is left of asking when the day's quota is used up: soon, with many alerts.
fn lasting_ask_share(plan: &Plan) -> f64 {
    let sent = plan.arrivals.per_day as f64 * plan.edge.sent_share * plan.edge.kept_share;
    plan.content.ask_share.min(plan.limits.provider_daily as f64 / sent.max(1.0))
}
