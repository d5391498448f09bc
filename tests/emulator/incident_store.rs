//! The incidents table of the emulator does what every store must do.

use std::time::Duration;

use analyze::incidents::{DynamoIncidents, contract};
use anyhow::Result;
use domain::incident::IncidentId;
use lambda::claims::{Claims, DynamoClaims};
use tests::Site;

struct Store {
    incidents: DynamoIncidents,
    claims: Claims<DynamoClaims>,
    id: IncidentId,
}

/// Tables of its own.
async fn store() -> Result<Store> {
    let site = Site::connect()?;
    let claims = DynamoClaims::new(site.dynamodb.clone(), site.private_table("id", None).await?);
    let table = site.private_incidents_table().await?;
    let incidents = DynamoIncidents::new(site.dynamodb, table, claims.clone());
    let id = "0123456789abcdef".to_owned().try_into().map_err(anyhow::Error::msg)?;
    Ok(Store { incidents, claims: Claims::new(claims, "analyze", Duration::from_mins(1)), id })
}

#[tokio::test]
async fn it_counts_once_and_refuses_what_has_changed() -> Result<()> {
    let Store { incidents, claims, id } = store().await?;
    contract::counts_once_and_refuses_what_has_changed(&incidents, &claims, &id).await;
    Ok(())
}

#[tokio::test]
async fn a_closed_incident_is_replaced() -> Result<()> {
    let Store { incidents, claims, id } = store().await?;
    contract::a_closed_incident_is_replaced(&incidents, &claims, &id).await;
    Ok(())
}

#[tokio::test]
async fn it_keeps_parcels_trails_and_what_is_due() -> Result<()> {
    let Store { incidents, claims, id } = store().await?;
    contract::keeps_parcels_trails_and_what_is_due(&incidents, &claims, &id).await;
    Ok(())
}
