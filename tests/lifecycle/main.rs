//! A deployment from the first resource to the last: applied to an empty account, looked at, broken in every way that an
//! alarm knows, mended, and destroyed. `make test` runs it beside the other suites, on an emulator of its own.
#![expect(clippy::indexing_slicing, reason = "a member that a JSON document lacks is null")]
#![expect(clippy::large_futures, reason = "one test, which does one thing after the other")]

mod alarms;
mod border;
mod breaks;
mod calls;
mod configuration_set;
mod console;
mod deployment;
mod hunt;
mod permissions;
mod policy;
mod replay;
mod state;
mod trial;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use local::deployment::EmptyAccount;
use tests::Site;

use alarms::Gauges;
use border::Border;
use console::Console;
use deployment::Deployed;
use state::{Change, State};
use trial::Trial;

/// The name that `local` deploys by.
const DEPLOYMENT: &str = "wazuh-triage";

#[tokio::test]
async fn from_an_empty_account_to_nothing_left() -> Result<()> {
    let border = Border::open().await?;
    let account = EmptyAccount::open(border.address()).await?;
    border.leads_to(account.endpoint());
    let console = Console::new(account.endpoint())?;
    assert_eq!(console.inventory().await?, BTreeMap::new(), "the account is not empty");

    let running = account.deploy(border.address()).await?;
    let state = State::read(&running.plan().await?);
    let site = Site::of(running.stack().clone())?;
    let deployed = Deployed::read(&state, DEPLOYMENT)?;
    let trial = Trial { site: &site, console: &console, border: &border, deployed: &deployed };

    let mut problems = drift(&state);
    let began = Instant::now();
    problems.extend(canary(&trial, &state).await.err().map(|error| format!("canary: {error:#}")));
    tell("the canary", began);
    problems.extend(alarms(&trial, &state).await?);
    let began = Instant::now();
    problems.extend(
        replay::a_replay_repeats_no_mail(&trial).await.err().map(|error| format!("replay: {error:#}")),
    );
    tell("the replay", began);
    problems.extend(
        hunt::an_account_in_the_wrong_hands_is_told(&trial)
            .await
            .err()
            .map(|error| format!("hunt: {error:#}")),
    );
    problems.extend(ledger(&trial, &state).await.err().map(|error| format!("ledger: {error:#}")));
    let permitted = policy::permissions(&state)?;
    problems.extend(permissions::wide(&permitted));
    problems.extend(permissions::problems(&border, &deployed, &permitted));

    running.destroy().await?;
    for (kind, names) in console.inventory().await? {
        problems.push(format!("after destroy there is still {kind}: {}", names.join(", ")));
    }
    if !problems.is_empty() {
        running.keep_logs("lifecycle");
    }
    running.stop().await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    Ok(())
}

/// What a second plan would change, but for what the emulator forgets of an alarm with an expression.
fn drift(state: &State) -> Vec<String> {
    // terraform/README.md has the list, too.
    const FORGOTTEN: [&str; 5] =
        ["actions_enabled", "alarm_actions", "alarm_description", "ok_actions", "treat_missing_data"];
    let known = |change: &&Change| {
        change.kind == "aws_cloudwatch_metric_alarm"
            && change.actions == "update"
            && change.attributes.iter().all(|name| FORGOTTEN.contains(&name.as_str()))
    };
    let unknown = state.changes().iter().filter(|change| !known(change));
    unknown.map(|change| format!("a second plan would change {change:?}")).collect()
}

/// Scheduler may send it, and it comes through as a mail of its own.
async fn canary(trial: &Trial<'_>, state: &State) -> Result<()> {
    const PATIENCE: Duration = Duration::from_mins(2);
    let permitted = policy::permissions(state)?;
    anyhow::ensure!(trial.deployed.canary_may_fly(&permitted), "the schedule may not send to its target");
    let alarms = alarms::deployed_alarms(state, DEPLOYMENT)?;
    let alarm = alarms.iter().find(|alarm| alarm.name == "canary").context("no alarm of the canary")?;
    let metric = alarm.metrics.values().next().context("an alarm without a metric")?;
    trial.deployed.send_canary(trial.site).await?;
    let until = Instant::now() + PATIENCE;
    let gauges = Gauges { site: trial.site, console: trial.console };
    while gauges.read(metric).await? < 1.0 {
        anyhow::ensure!(Instant::now() < until, "no canary has arrived after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let url = format!("{}/api/mails", trial.site.stack.page_url);
    let mails: Vec<local::stack::DeliveredMail> = reqwest::get(url).await?.json().await?;
    let own = mails.iter().filter(|mail| mail.raw.contains("success@simulator.amazonses.com")).count();
    anyhow::ensure!(own == 1 && mails.len() == 1, "{own} of {} mails are the canary's", mails.len());
    Ok(())
}

/// Breaks what each alarm names; answers with what did not move as it should.
async fn alarms(trial: &Trial<'_>, state: &State) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for alarm in alarms::deployed_alarms(state, DEPLOYMENT)? {
        let rows = breaks::rows(&alarm);
        if rows.is_empty() {
            problems.push(format!("nothing here breaks what the alarm {} is about", alarm.name));
        }
        for (id, broken) in rows {
            let metric =
                alarm.metrics.get(&id).with_context(|| format!("{} has no metric {id}", alarm.name))?;
            let began = Instant::now();
            if let Err(error) = trial.run(&broken, metric, &alarm).await {
                problems.push(format!("{}: {broken:?}: {error:#}", alarm.name));
                trial.mend().await?;
            }
            tell(&format!("{}: {broken:?}", alarm.name), began);
        }
    }
    Ok(problems)
}

/// Whatever way an alert has ended, the alarm of the ledger knows it.
async fn ledger(trial: &Trial<'_>, state: &State) -> Result<()> {
    const END: &str = "AlertsEnded";
    let alarms = alarms::deployed_alarms(state, DEPLOYMENT)?;
    let alarm = alarms.iter().find(|alarm| alarm.name == "ledger").context("no alarm of the ledger")?;
    let lines = tests::deployed::log_lines(trial.site).await?;
    let ends = alarm.metrics.values().filter(|metric| metric.name == END);
    let known: f64 = ends.map(|metric| metric.over(&lines)).sum();
    let all = alarms::counted(END, &lines);
    anyhow::ensure!((all - known).abs() < f64::EPSILON, "of {all} ends the alarm knows {known}");
    Ok(())
}

/// Nextest shows it where a test fails, or is asked to.
#[expect(clippy::print_stderr, reason = "a test of minutes says how far it is")]
fn tell(what: &str, began: Instant) {
    eprintln!("{:>5.1} s  {what}", began.elapsed().as_secs_f64());
}
