//! Whether the model is left alone, and what the day has cost.

use analyze::analyses::Analyses;
use analyze::economy::breaker::{self, Passage};
use analyze::economy::budget::Budget;
use domain::analysis::{NoAnalysis, Trouble};
use jiff::Timestamp;
use lambda::config::Environment;

use super::{Account, Finding, TableError};

pub(super) async fn look(
    account: &Account,
    known: &Environment,
    now: Timestamp,
) -> Result<Vec<Finding>, TableError> {
    let analyses = Analyses::table(account.dynamodb(), account.full("analyses"));
    let config = known.get("ANALYSES_TABLE").map(|_| analyze::Config::read(known));
    let config = match config {
        Some(Err(error)) => {
            return Ok(vec![Finding::problem(
                "model",
                format!("analyze would not start: {error}"),
                "triage config check analyze FILE",
            )]);
        }
        Some(Ok(config)) => Some(config),
        None => None,
    };
    let mut findings = Vec::new();
    if let Some(config) = &config {
        for name in [Some(&config.model.name), config.model.large_name.as_ref()].into_iter().flatten() {
            let model = format!("{} {name}", config.model.url);
            let passage = breaker::standing(&analyses, &model, now).await.map_err(TableError::new)?;
            findings.push(standing(name, &passage));
        }
    }
    let spent = Budget::spent(&analyses, now).await.map_err(TableError::new)?;
    let ceiling = config.map(|config| config.economy.budget.ceiling()).unwrap_or_default();
    let of = |limit: Option<String>| limit.map_or_else(String::new, |limit| format!(" of {limit}"));
    let what = format!(
        "{}{} tokens and {}{} today, reserved ones included",
        spent.tokens,
        of(ceiling.tokens.map(|tokens| tokens.to_string())),
        dollars(spent.micro_usd),
        of(ceiling.micro_usd.map(dollars)),
    );
    let is_used_up = |spent: i64, most: Option<i64>| {
        most.is_some_and(|most| spent.saturating_mul(10) >= most.saturating_mul(9))
    };
    let about = "model's budget";
    let found = if is_used_up(spent.tokens, ceiling.tokens) || is_used_up(spent.micro_usd, ceiling.micro_usd)
    {
        Finding::warning(about, what, "mails go without analysis from the limit on; docs/analysis-economy.md")
    } else {
        Finding::ok(about, what)
    };
    findings.push(found.figure("tokens", spent.tokens).figure("micro_usd", spent.micro_usd));
    Ok(findings)
}

fn standing(name: &str, passage: &Passage) -> Finding {
    let about = format!("model {name}");
    match passage {
        Passage::Open => Finding::ok(about, "is asked"),
        Passage::Probe(_) => Finding::ok(about, "is tried again with the next question"),
        Passage::Closed(reason @ NoAnalysis::CircuitOpen { trouble: Trouble::Outage, .. }) => {
            Finding::warning(about, reason.to_string(), "nothing, unless it lasts")
        }
        Passage::Closed(reason) => {
            Finding::problem(about, reason.to_string(), "triage secrets set model, or see docs/models.md")
        }
    }
}

fn dollars(micro_usd: i64) -> String {
    let cents = micro_usd / 10_000;
    format!("${}.{:02}", cents / 100, cents % 100)
}
