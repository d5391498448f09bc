//! `triage feeds status`: how the feeds of a deployment stand, as ingest has written it down.

use clap::{Args, Subcommand};
use ingest::health::{Health, Status, Working};
use jiff::Timestamp;
use lambda::config::Environment;
use signed::{BucketName, Got};

use super::{AFTER, Account, AccountError, Paper, Table, Target, Tone, ago};
use crate::failure::{Count, Failure};

#[derive(Debug, Args)]
pub(crate) struct FeedsOptions {
    #[command(subcommand)]
    command: FeedsCommand,
}

#[derive(Debug, Subcommand)]
enum FeedsCommand {
    /// Say how each feed stands: rows, age, what is wrong with it, licence.
    #[command(after_help = AFTER)]
    Status(FeedStatusOptions),
}

#[derive(Debug, Args)]
struct FeedStatusOptions {
    /// Bucket of the feeds, for those who may read it and not look at queues  [default: NAME-feeds-ACCOUNT]
    #[arg(long, value_name = "BUCKET")]
    bucket: Option<BucketName>,
    #[command(flatten)]
    target: Target,
    /// One JSON document: the object as ingest has written it.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &FeedsOptions, environment: &Environment) -> Result<(), Failure> {
    let FeedsCommand::Status(options) = &options.command;
    let status = crate::runtime()?.block_on(async {
        let account = Account::open(&options.target, environment).await?;
        let bucket = match &options.bucket {
            Some(bucket) => bucket.clone(),
            None => account.feeds_bucket().await?,
        };
        read(&account, bucket.clone()).await?.ok_or(Failure::NoStatus { bucket })
    })?;
    let mut paper = Paper::new(environment);
    if options.json {
        return paper.json(&status);
    }
    let now = Timestamp::now();
    paper.table(&table(&status, now))?;
    lines(&status, now).iter().try_for_each(|line| paper.line(Tone::Plain, line))
}

/// What ingest has written down last; nothing before its first run.
pub(super) async fn read(account: &Account, bucket: BucketName) -> Result<Option<Status>, Failure> {
    let got = account.bucket(bucket).await?.get(Status::KEY, None, Status::MOST_BYTES).await;
    let json = match got.map_err(AccountError::of_bucket)? {
        Got::Object { body, .. } => body,
        Got::Absent | Got::Unchanged => return Ok(None),
    };
    let status: Status = serde_json::from_slice(&json).map_err(Failure::Status)?;
    if status.schema == Status::SCHEMA { Ok(Some(status)) } else { Err(Failure::StatusSchema(status.schema)) }
}

fn table(status: &Status, now: Timestamp) -> Table {
    let mut table = Table::new(&["FEED", "ROWS", "FETCHED", "LICENCE", "STATE"]);
    for health in &status.feeds {
        let tone = match &health.state {
            Working::Fine => Tone::Plain,
            Working::Off { .. } => Tone::Warning,
            Working::Failing { .. } => Tone::Bad,
        };
        let Health { feed, rows, licence, .. } = health;
        let fetched = health.last_success.map_or_else(|| "never".to_owned(), |at| ago(at, now));
        let cells = [feed.clone(), rows.to_string(), fetched, licence.clone(), state(health)];
        table.row(tone, cells);
    }
    table
}

fn state(health: &Health) -> String {
    remark(health).unwrap_or_else(|| "fine".to_owned())
}

/// What there is to say about it besides that it is fine.
pub(super) fn remark(health: &Health) -> Option<String> {
    let trouble = match &health.state {
        Working::Fine => None,
        Working::Off { parameter } => Some(format!("off: the SSM parameter {parameter} has no key")),
        Working::Failing { since, attempts, reason, error, closed_until } => {
            let runs = Count(usize::try_from(*attempts).unwrap_or(usize::MAX), "run");
            let pause =
                closed_until.map(|until| format!("; not asked before {until:.0}")).unwrap_or_default();
            Some(format!("failing since {since:.0} ({runs}, {reason}): {error}{pause}"))
        }
    };
    let pending =
        (health.pending > 0).then(|| format!("{} on their way to the table", Count(health.pending, "row")));
    let unfinished = health.unfinished.then(|| "more to come with the next run".to_owned());
    let said: Vec<String> = [trouble, pending, unfinished].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// What was made of the feeds.
fn lines(status: &Status, now: Timestamp) -> Vec<String> {
    let Some(published) = &status.snapshot else { return vec!["snapshot: none yet".to_owned()] };
    let indicators = published.indicators;
    let built = ago(published.built_at, now);
    let snapshot = format!("snapshot: {indicators} indicators, {} bytes, built {built}", published.bytes);
    let lists = published.lists.iter().map(|(name, entries)| format!("list {name}: {entries} lines"));
    [snapshot].into_iter().chain(lists).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use insta::assert_snapshot;

    use super::*;

    pub fn status() -> Status {
        serde_json::from_str(include_str!("feeds/status.json")).unwrap()
    }

    #[test]
    fn a_row_says_what_a_person_has_to_know() {
        let now = "2026-10-03T14:00:00Z".parse().unwrap();
        let rows = status().feeds.into_iter().map(|health| {
            let fetched = health.last_success.map(|at| ago(at, now)).unwrap_or_default();
            format!("{} | {} | {fetched} | {}", health.feed, health.rows, state(&health))
        });
        assert_snapshot!(rows.chain(lines(&status(), now)).collect::<Vec<_>>().join("\n"));
    }
}
