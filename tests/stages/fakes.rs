//! The AWS in memory keeps the contracts of all stores, as the emulator does: what is proved over it is proved of `DynamoDB`.

use std::time::Duration;

use analyze::analyses::{self, Analyses};
use analyze::incidents::{self, DynamoIncidents};
use anyhow::{Error, Result};
use aws_sdk_dynamodb::Client;
use domain::incident::IncidentId;
use domain::verdict::Provider;
use intel::DynamoStore;
use lambda::claims::{Claims, DynamoClaims};
use notify::delivery::store::{self, DynamoDeliveries};
use tests::MemoryAws;

fn client() -> Result<Client> {
    let aws = MemoryAws::default();
    for (table, keys) in [
        ("one", vec!["id"]),
        ("claims", vec!["id"]),
        ("parts", vec!["id", "part"]),
        ("intel", vec!["key", "source"]),
    ] {
        aws.table(table, keys);
    }
    Ok(Client::new(&aws.config()?))
}

fn claims(client: &Client) -> DynamoClaims {
    DynamoClaims::new(client.clone(), "claims")
}

#[tokio::test(start_paused = true)]
async fn incidents_are_kept_as_in_every_store() -> Result<()> {
    let id: IncidentId = "0123456789abcdef".to_owned().try_into().map_err(Error::msg)?;
    let store = || -> Result<_> {
        let client = client()?;
        let claims = claims(&client);
        let incidents = DynamoIncidents::new(client, "one", claims.clone());
        Ok((incidents, Claims::new(claims, "analyze", Duration::from_mins(1))))
    };
    let (incidents, claims) = store()?;
    incidents::contract::counts_once_and_refuses_what_has_changed(&incidents, &claims, &id).await;
    let (incidents, claims) = store()?;
    incidents::contract::a_closed_incident_is_replaced(&incidents, &claims, &id).await;
    let (incidents, claims) = store()?;
    incidents::contract::keeps_parcels_trails_and_what_is_due(&incidents, &claims, &id).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_kept_as_in_every_store() -> Result<()> {
    let fresh = || -> Result<_> {
        let client = client()?;
        let claims = Claims::new(claims(&client), "notify", Duration::from_secs(30));
        Ok((DynamoDeliveries::new(client, "parts"), claims))
    };
    let (deliveries, claims) = fresh()?;
    store::contract::lets_a_notice_pass_once(&deliveries, &claims).await;
    let (deliveries, claims) = fresh()?;
    store::contract::a_state_belongs_to_whoever_is_at_work(&deliveries, &claims).await;
    let (deliveries, _) = fresh()?;
    store::contract::keeps_what_waits_for_the_account(&deliveries).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn analyses_and_intelligence_are_kept_as_in_every_store() -> Result<()> {
    let analyses = Analyses::table(client()?, "one");
    analyses::contract::swaps_documents(&analyses).await;
    analyses::contract::adds_up_to_a_ceiling(&analyses).await;
    let intel = DynamoStore::new(client()?, "intel");
    intel::contract::keeps_answers(&intel, &"203.0.113.9".parse()?).await;
    intel::contract::guards_providers(&intel, Provider::Misp).await;
    Ok(())
}
