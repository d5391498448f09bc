//! `triage doctor`: whether everything is there that Terraform makes, and whether this machine can work with it.

mod parts;
mod runs;
mod schedules;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ingest::health::Status;
use jiff::Timestamp;
use lambda::config::Environment;

use super::finding::{self, Finding};
use super::{Account, AccountError, Paper, Queue, Target, ago, feeds, figures, long, quota, variables};
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Sender of the mails: is it verified?  [default: `MAIL_FROM` of --variables]
    #[arg(long, value_name = "ADDRESS")]
    sender: Option<String>,
    /// Variables of notify, as for `config check`.
    #[arg(long = "variables", value_name = "FILE")]
    variables: Vec<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &DoctorOptions, environment: &Environment) -> Result<(), Failure> {
    let known = variables::of_files(&options.variables)?;
    let sender = options.sender.as_deref().or_else(|| known.get("MAIL_FROM"));
    let findings = crate::runtime()?.block_on(async {
        let account = Account::open(&options.target, environment).await?;
        examine(&account, sender).await
    })?;
    finding::report(&findings, options.json, &mut Paper::new(environment))
}

/// Everything that can be said; only without credentials, or without an answer, there is nothing more to say.
async fn examine(account: &Account, sender: Option<&str>) -> Result<Vec<Finding>, Failure> {
    let queues = parts::queues(account).await?;
    let mut findings = vec![Finding::ok("credentials", format!("AWS takes them in {}", account.region()))];
    findings.extend(account.clock().last().map(|theirs| clock(Timestamp::now(), theirs)));
    findings.extend(queues);
    findings.extend(parts::tables(account).await?);
    findings.extend(parts::parameters(account).await?);
    let now = Timestamp::now();
    let (status, bucket) = feeds(account, now).await?;
    findings.extend(bucket);
    findings.extend(schedules::look(account, status.as_ref(), now).await?);
    findings.extend(runs::look(account, now).await?);
    findings.extend(mail(account, sender).await?);
    Ok(findings)
}

/// What ingest has written down, and whether this machine may read it.
async fn feeds(account: &Account, now: Timestamp) -> Result<(Option<Status>, Vec<Finding>), Failure> {
    let about = "bucket of the feeds";
    let read = async { feeds::read(account, account.feeds_bucket().await?).await };
    match read.await {
        Ok(Some(status)) => {
            let what = format!("is readable, ingest wrote into it {}", ago(status.written_at, now));
            Ok((Some(status), vec![Finding::ok(about, what)]))
        }
        Ok(None) => {
            let cure = "nothing, if it is new or no feed is on; else docs/ingest.md says how to call ingest";
            Ok((None, vec![Finding::warning(about, "is readable, and ingest has written nothing yet", cure)]))
        }
        Err(failure) => Ok((None, finding::or_unknown(about, Err(failure))?)),
    }
}

async fn mail(account: &Account, sender: Option<&str>) -> Result<Vec<Finding>, Failure> {
    let mut findings = finding::or_unknown("SES", quota::look(account).await)?;
    match sender {
        Some(sender) => findings.push(parts::identity(account, sender).await?),
        None => findings.push(Finding::warning(
            "sender",
            "not looked at",
            "--sender ADDRESS, or --variables with the variables of notify",
        )),
    }
    Ok(findings)
}

/// AWS refuses what was signed more than five minutes away from its own time.
fn clock(ours: Timestamp, theirs: Timestamp) -> Finding {
    const REFUSED: Duration = Duration::from_mins(5);
    const WRONG: Duration = Duration::from_secs(30);
    let away = ours.duration_since(theirs);
    let (seconds, cure) =
        (away.as_secs().abs(), "set the clock, and keep it right with chrony or systemd-timesyncd");
    let what = format!("{seconds} s {} that of AWS", if away.is_negative() { "behind" } else { "ahead of" });
    match away.unsigned_abs() {
        away if away >= REFUSED => Finding::problem("clock", what, cure),
        away if away >= WRONG => Finding::warning("clock", what, cure),
        _ => Finding::ok("clock", "agrees with that of AWS"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::finding::Level;

    #[test]
    fn five_minutes_are_too_many() {
        let theirs: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        for (ours, level, words) in [
            ("2026-10-03T12:00:02Z", Level::Ok, "agrees"),
            ("2026-10-03T12:00:31Z", Level::Warning, "31 s ahead of"),
            ("2026-10-03T11:59:00Z", Level::Warning, "60 s behind"),
            ("2026-10-03T11:50:00Z", Level::Problem, "600 s behind"),
        ] {
            let finding = clock(ours.parse().unwrap(), theirs);
            assert_eq!(finding.level, level, "{ours}");
            assert!(finding.what.contains(words), "{}", finding.what);
        }
    }
}
