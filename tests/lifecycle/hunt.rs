//! An account in the wrong hands: what no alarm is about, and what `hunt` has its permissions for.

use anyhow::{Result, ensure};
use domain::AlertKey;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tests::alerts::{brute_force, key, with};
use tests::deployed::{ends, publish};

use crate::trial::Trial;

/// Six failures and a success are told once.
pub async fn an_account_in_the_wrong_hands_is_told(trial: &Trial<'_>) -> Result<()> {
    let account = format!("mara-{}", fastrand::u32(..));
    let mut logins: Vec<Value> = (0..6).map(|number| login(&account, 10, "failed", number)).collect();
    logins.push(login(&account, 5, "success", 6));
    let keys = logins.iter().map(key).collect::<Result<Vec<_>>>()?;
    publish(trial.site, &logins.iter().map(Value::to_string).collect::<Vec<_>>()).await?;
    let keys: Vec<&str> = keys.iter().map(AlertKey::as_str).collect();
    ends(trial.site, &keys, keys.len()).await?;
    let found = trial.call("hunt", &json!({"hunt": {}})).await?;
    let tally: Value = serde_json::from_str(&found.said)?;
    ensure!(tally["told"].as_u64() == Some(1), "hunt says {}", found.said);
    Ok(())
}

fn login(account: &str, minutes_ago: i64, outcome: &str, number: u32) -> Value {
    let at = Timestamp::now() - SignedDuration::from_mins(minutes_ago);
    let alert = with(brute_force("2001:db8::bad"), "/timestamp", at.to_string());
    let alert = with(alert, "/id", format!("1795428020.{number}"));
    let alert = with(with(alert, "/rule/level", 3), "/data/dstuser", account);
    with(alert, "/rule/groups", json!(["syslog", "sshd", format!("authentication_{outcome}")]))
}
