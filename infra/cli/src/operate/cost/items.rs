//! How much of everything a month takes. Counts of calls follow the stages' code; durations are the waiting that
//! providers and models cause.

use serde::Serialize;

use super::prices;

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
/// A schedule calls analyze and notify every minute.
const SWEEPS: f64 = 2.0 * 60.0 * 24.0 * 30.0;
/// Messages in one run: Terraform's defaults, and what comes together in quiet times.
const BATCH: f64 = 5.0;
const MEMORY_GB: f64 = 128.0 / 1024.0;

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
    const SWEEP_SECONDS: f64 = 0.05;
    let seconds =
        (load.alerts * ENRICH_SECONDS + load.forwarded * ANALYZE_SECONDS + load.mails * NOTIFY_SECONDS)
            / BATCH
            + load.questions * MODEL_SECONDS
            + SWEEPS * SWEEP_SECONDS;
    let price = prices::LAMBDA_GB_SECOND;
    item("Lambda time", seconds * MEMORY_GB, "GB-seconds at 128 MB", price, 1.0, "each")
}

/// Sent in tens by the publisher and singly by the stages; received and deleted in batches.
fn messages(load: &Load) -> Item {
    const PUBLISHED: f64 = 10.0;
    let taken = 2.0 / BATCH;
    let hops = load.alerts * (1.0 / PUBLISHED + taken) + (load.forwarded + load.mails) * (1.0 + taken);
    let price = prices::SQS_MILLION_REQUESTS;
    item("SQS messages", hops, "requests", price, MILLION, "a million")
}

/// Lambda asks each of three queues with five pollers of 20 s, and the publisher its one.
fn polls() -> Item {
    const POLLERS: f64 = 3.0 * 5.0 + 1.0;
    let price = prices::SQS_MILLION_REQUESTS;
    item(
        "SQS polls of idle queues",
        POLLERS * 3.0 * 60.0 * 24.0 * 30.0,
        "requests",
        price,
        MILLION,
        "a million",
    )
}

/// enrich: claim, its completion, dedup window, one answer kept. analyze: claim, then completion, incident and trail in a
/// transaction, which counts twice. notify: claim and its end, state and gate in a transaction, the state again; and the
/// parcel, the notice taken and sent in analyze.
fn writes(load: &Load) -> Item {
    let writes = load.alerts * 4.0 + load.forwarded * 7.0 + load.mails * 14.0 + load.questions * 5.0;
    let price = prices::DYNAMODB_MILLION_WRITES;
    item("DynamoDB writes", writes, "write units", price, MILLION, "a million")
}

/// enrich: what is known of two indicators. analyze: incident, trail and sightings. notify: states, gates, account.
fn reads(load: &Load) -> Item {
    let reads = load.alerts + load.forwarded * 3.0 + load.mails * 6.0 + SWEEPS * 3.0;
    let price = prices::DYNAMODB_MILLION_READS;
    item("DynamoDB reads", reads, "read units", price, MILLION, "a million")
}

fn mails(load: &Load) -> Item {
    item("SES", load.mails, "mails to one group", prices::SES_THOUSAND_MAILS, 1_000.0, "a thousand")
}

/// A ledger line and metrics for each alert, and metrics of each sweep.
fn logs(load: &Load) -> Item {
    const ALERT_BYTES: f64 = 1_000.0;
    const SWEEP_BYTES: f64 = 300.0;
    let gigabytes = (load.alerts * ALERT_BYTES + load.mails * ALERT_BYTES + SWEEPS * SWEEP_BYTES) / 1e9;
    let price = prices::LOGS_GB;
    item("CloudWatch logs", gigabytes, "GB", price, 1.0, "each GB taken in")
}

/// Whatever comes: the combinations of name and dimensions that a deployment uses, and an alarm for what needs a person.
fn observation() -> Item {
    const METRICS: f64 = 40.0;
    const ALARMS: f64 = 15.0;
    Item {
        name: "CloudWatch metrics and alarms",
        month_usd: METRICS * prices::METRIC + ALARMS * prices::ALARM,
        amount: format!("{METRICS} metrics, {ALARMS} alarms"),
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
