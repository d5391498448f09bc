//! DynamoDB: claims, and the contracts that every store of ours keeps.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use jiff::Timestamp;
use lambda::claims::{Claim, Claimed, Claims, Completion, DynamoClaims};
use notify::delivery::store::{DynamoDeliveries, contract};
use tests::site;

use crate::endpoint::{Endpoint, Made};
use crate::run::{Run, Seen};
use crate::service::Service;

const LEASE: Duration = Duration::from_secs(30);
const AFTER_LEASE: Duration = Duration::from_secs(33);

pub(crate) async fn all(run: &mut Run) {
    let dynamodb = Service::Dynamodb;
    run.test(dynamodb, "a claim is won once, and only its owner completes it", claimed_once).await;
    run.test(dynamodb, "a notice passes the gate of a group once", passes_once).await;
    run.test(dynamodb, "a delivery belongs to whoever is at work", belongs).await;
    run.test(dynamodb, "what waits for the account is kept", kept).await;
}

async fn table(endpoint: &Endpoint, range_key: Option<&str>) -> Result<String> {
    let name = site::table(&endpoint.dynamodb, "id", range_key).await?;
    endpoint.made(Made::Table(name.clone()));
    Ok(name)
}

async fn claims(endpoint: &Endpoint) -> Result<Claims<DynamoClaims>> {
    let store = DynamoClaims::new(endpoint.dynamodb.clone(), table(endpoint, None).await?);
    Ok(Claims::new(store, "notify", LEASE))
}

async fn won(claims: &Claims<DynamoClaims>, now: Timestamp) -> Result<Claimed> {
    match claims.claim("key", now).await? {
        Claim::Won(claimed) => Ok(claimed),
        other => bail!("not won: {other:?}"),
    }
}

async fn claimed_once(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let (claims, now) = (claims(endpoint).await?, Timestamp::now());
    let zombie = won(&claims, now).await?;
    ensure!(matches!(claims.claim("key", now).await?, Claim::Busy { .. }), "won twice");
    let heir = won(&claims, now + AFTER_LEASE).await?;
    ensure!(claims.complete(&zombie, "late", now).await? == Completion::Lost, "a zombie completes");
    ensure!(claims.complete(&heir, "sent", now).await? == Completion::Recorded, "the owner does not");
    ensure!(claims.claim("key", now).await? == Claim::Done { result: "sent".into() }, "forgotten");
    seen.note("dynamodb.conditions", "hold, and a refusal brings the item that stands there");
    Ok(())
}

async fn deliveries(endpoint: &Endpoint) -> Result<DynamoDeliveries> {
    Ok(DynamoDeliveries::new(endpoint.dynamodb.clone(), table(endpoint, Some("part")).await?))
}

async fn passes_once(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    contract::lets_a_notice_pass_once(&deliveries(endpoint).await?, &claims(endpoint).await?).await;
    seen.note("dynamodb.transactions", "as documented");
    Ok(())
}

async fn belongs(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    contract::a_state_belongs_to_whoever_is_at_work(&deliveries(endpoint).await?, &claims(endpoint).await?)
        .await;
    Ok(())
}

async fn kept(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    contract::keeps_what_waits_for_the_account(&deliveries(endpoint).await?).await;
    Ok(())
}
