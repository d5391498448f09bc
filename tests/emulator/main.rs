//! Tests against the running stack. `make test` starts it; every test brings alerts of its own.
#![expect(clippy::panic, reason = "tests assert")]

mod analyses_store;
mod analyze_stage;
mod claims;
mod delivery_store;
mod enrich_stage;
mod hunt_stage;
mod incident_store;
mod ingest_stage;
mod intel_store;
mod mail_events;
mod notify_stage;
mod pipeline;
