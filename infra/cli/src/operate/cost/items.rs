//! How much of everything a month takes: counts of calls as in [`simulation::usage`]; durations are the waiting that
//! providers and models cause.

use serde::Serialize;
use simulation::{prices, usage};

/// One month.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub alerts: f64,
    pub forwarded: f64,
    pub mails: f64,
    pub questions: f64,
    pub tokens_in: f64,
    pub tokens_out: f64,
    pub price_in: f64,
    pub price_out: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Item {
    pub name: &'static str,
    pub month_usd: f64,
    pub amount: String,
    pub price: String,
}

const MILLION: f64 = 1_000_000.0;
const DAYS: f64 = 30.0;
const SWEEPS: f64 = usage::SWEEPS_A_DAY * DAYS;
/// Messages in one run: Terraform's defaults, and what comes together in quiet times.
const BATCH: f64 = 5.0;

pub(super) fn of(load: &Load) -> Vec<Item> {
    let mut items = vec![requests(load), time(load), messages(load), polls(), writes(load), reads(load)];
    items.extend([mails(load), logs(load), observation(), model(load)]);
    items
}

fn item(name: &'static str, amount: f64, unit: &str, price: f64, per: f64, of: &str) -> Item {
    Item {
        name,
        month_usd: amount / per * price,
        amount: format!("{} {unit}", counted(amount)),
        price: format!("${price} {of}"),
    }
}

fn requests(load: &Load) -> Item {
    let runs = (load.alerts + load.forwarded + load.mails) / BATCH + SWEEPS;
    let price = prices::LAMBDA_MILLION_REQUESTS;
    item("Lambda requests", runs, "runs", price, MILLION, "a million")
}

/// Messages of a batch wait side by side, so that a batch takes as long as one of them.
fn time(load: &Load) -> Item {
    const ENRICH_SECONDS: f64 = 0.3;
    const ANALYZE_SECONDS: f64 = 0.1;
    const MODEL_SECONDS: f64 = 5.0;
    const NOTIFY_SECONDS: f64 = 0.2;
    let seconds =
        (load.alerts * ENRICH_SECONDS + load.forwarded * ANALYZE_SECONDS + load.mails * NOTIFY_SECONDS)
            / BATCH
            + load.questions * MODEL_SECONDS
            + SWEEPS * usage::SWEEP_SECONDS;
    let price = prices::LAMBDA_GB_SECOND;
    item("Lambda time", seconds * usage::MEMORY_GB, "GB-seconds at 128 MB", price, 1.0, "each")
}

/// Sent in tens by the publisher and singly by the stages; received and deleted in batches.
fn messages(load: &Load) -> Item {
    const PUBLISHED: f64 = 10.0;
    let taken = 2.0 / BATCH;
    let hops = load.alerts * (1.0 / PUBLISHED + taken) + (load.forwarded + load.mails) * (1.0 + taken);
    let price = prices::SQS_MILLION_REQUESTS;
    item("SQS messages", hops, "requests", price, MILLION, "a million")
}

fn polls() -> Item {
    let price = prices::SQS_MILLION_REQUESTS;
    item("SQS polls of idle queues", usage::IDLE_POLLS_A_DAY * DAYS, "requests", price, MILLION, "a million")
}

fn writes(load: &Load) -> Item {
    let writes = load.alerts * usage::ENRICH_WRITES
        + load.forwarded * usage::ANALYZE_WRITES
        + load.mails * usage::NOTIFY_WRITES
        + load.questions * usage::QUESTION_WRITES;
    let price = prices::DYNAMODB_MILLION_WRITES;
    item("DynamoDB writes", writes, "write units", price, MILLION, "a million")
}

fn reads(load: &Load) -> Item {
    let reads = load.alerts * usage::ENRICH_READS
        + load.forwarded * usage::ANALYZE_READS
        + load.mails * usage::NOTIFY_READS
        + SWEEPS * usage::SWEEP_READS;
    let price = prices::DYNAMODB_MILLION_READS;
    item("DynamoDB reads", reads, "read units", price, MILLION, "a million")
}

fn mails(load: &Load) -> Item {
    item("SES", load.mails, "mails to one group", prices::SES_THOUSAND_MAILS, 1_000.0, "a thousand")
}

fn logs(load: &Load) -> Item {
    let bytes = (load.alerts + load.mails) * usage::ALERT_LOG_BYTES + SWEEPS * usage::SWEEP_LOG_BYTES;
    let gigabytes = bytes / 1e9;
    let price = prices::LOGS_GB;
    item("CloudWatch logs", gigabytes, "GB", price, 1.0, "each GB taken in")
}

/// Whatever comes.
fn observation() -> Item {
    Item {
        name: "CloudWatch metrics and alarms",
        month_usd: usage::METRICS * prices::METRIC + usage::ALARMS * prices::ALARM,
        amount: format!("{} metrics, {} alarms", usage::METRICS, usage::ALARMS),
        price: format!("${} and ${} each", prices::METRIC, prices::ALARM),
    }
}

fn model(load: &Load) -> Item {
    let (tokens_in, tokens_out) = (load.questions * load.tokens_in, load.questions * load.tokens_out);
    Item {
        name: "model",
        month_usd: (tokens_in * load.price_in + tokens_out * load.price_out) / MILLION,
        amount: format!(
            "{} questions, {} tokens in, {} out",
            counted(load.questions),
            counted(tokens_in),
            counted(tokens_out)
        ),
        price: format!("${} in, ${} out, a million tokens", load.price_in, load.price_out),
    }
}

/// Three digits that matter.
fn counted(amount: f64) -> String {
    match amount {
        amount if amount >= MILLION => format!("{:.1} million", amount / MILLION),
        amount if amount >= 10.0 => format!("{amount:.0}"),
        amount => format!("{amount:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load {
        alerts: 1_000_000.0,
        forwarded: 300_000.0,
        mails: 10_000.0,
        questions: 10_000.0,
        tokens_in: 2_500.0,
        tokens_out: 900.0,
        price_in: 0.75,
        price_out: 4.5,
    };

    fn month(load: &Load, name: &str) -> f64 {
        of(load).iter().find(|item| item.name == name).unwrap().month_usd
    }

    #[test]
    fn a_million_alerts_cost_what_was_worked_out_by_hand() {
        for (name, cents) in [
            ("Lambda requests", 7.0),           // 348,400 runs
            ("SQS messages", 37.0),             // 934,000 requests
            ("SQS polls of idle queues", 83.0), // 2,073,600 requests
            ("DynamoDB writes", 393.0),         // 6,290,000 units
            ("SES", 100.0),
            ("model", 5_925.0), // 25 and 9 million tokens
        ] {
            assert!((month(&LOAD, name) * 100.0 - cents).abs() < 1.0, "{name}: {}", month(&LOAD, name));
        }
    }

    #[test]
    fn what_does_not_happen_costs_nothing() {
        let idle = Load { alerts: 0.0, forwarded: 0.0, mails: 0.0, questions: 0.0, ..LOAD };
        for name in ["SQS messages", "DynamoDB writes", "SES", "model"] {
            assert!(month(&idle, name).abs() < f64::EPSILON, "{name}");
        }
        assert!(month(&idle, "Lambda requests") > 0.0, "sweeps go on");
    }
}
