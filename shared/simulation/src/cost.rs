//! What the day costs, item by item.

use serde::Serialize;

use crate::engine::World;
use crate::plan::Stage;
use crate::{prices, usage};

/// Dollars for the time that was simulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    pub lambda_requests: f64,
    pub lambda_time: f64,
    pub sqs: f64,
    pub dynamodb_writes: f64,
    pub dynamodb_reads: f64,
    pub logs: f64,
    /// Metrics and alarms, whatever comes.
    pub observation: f64,
    pub mails: f64,
    pub model: f64,
}

impl Cost {
    /// What grows with the alerts and is AWS's: all but the model and the mails.
    pub fn pipeline(&self) -> f64 {
        self.items().iter().take(7).map(|(_, dollars)| dollars).sum()
    }

    pub fn total(&self) -> f64 {
        self.items().iter().map(|(_, dollars)| dollars).sum()
    }

    pub fn items(&self) -> [(&'static str, f64); 9] {
        [
            ("Lambda requests", self.lambda_requests),
            ("Lambda time", self.lambda_time),
            ("SQS", self.sqs),
            ("DynamoDB writes", self.dynamodb_writes),
            ("DynamoDB reads", self.dynamodb_reads),
            ("CloudWatch logs", self.logs),
            ("metrics and alarms", self.observation),
            ("SES", self.mails),
            ("model", self.model),
        ]
    }
}

const MILLION: f64 = 1e6;

pub(crate) fn of(world: &World<'_>) -> Cost {
    let plan = world.plan;
    let days = plan.length.as_secs_f64() / 86_400.0;
    let sweeps = usage::SWEEPS_A_DAY * days;
    let count = |stage: Stage| world.stages.get(stage).count;
    let batches: f64 = Stage::ALL.iter().map(|stage| count(*stage).batches as f64).sum();
    let gigabyte_seconds: f64 = Stage::ALL
        .iter()
        .map(|stage| count(*stage).busy_seconds * f64::from(plan.stages.get(*stage).memory_mb) / 1_024.0)
        .sum();
    let tables = &world.tables;
    let writes =
        tables.claims.written + tables.intel.written + tables.incidents.written + tables.deliveries.written;
    let monthly = usage::METRICS * prices::METRIC + usage::ALARMS * prices::ALARM;
    let sqs = world.requests.sqs + usage::IDLE_POLLS_A_DAY * days;
    Cost {
        lambda_requests: (batches + sweeps) / MILLION * prices::LAMBDA_MILLION_REQUESTS,
        lambda_time: (gigabyte_seconds + sweeps * usage::SWEEP_SECONDS * usage::MEMORY_GB)
            * prices::LAMBDA_GB_SECOND,
        sqs: sqs / MILLION * prices::SQS_MILLION_REQUESTS,
        dynamodb_writes: writes / MILLION * prices::DYNAMODB_MILLION_WRITES,
        dynamodb_reads: (tables.reads + sweeps * usage::SWEEP_READS) / MILLION
            * prices::DYNAMODB_MILLION_READS,
        logs: (world.requests.log_bytes + sweeps * usage::SWEEP_LOG_BYTES) / 1e9 * prices::LOGS_GB,
        observation: monthly * days / 30.0,
        mails: world.mail.counts.sent() as f64 / 1e3 * prices::SES_THOUSAND_MAILS,
        model: world.model.usd(),
    }
}
