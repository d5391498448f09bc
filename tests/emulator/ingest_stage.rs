//! The ingest stage in this process: a list of its own, the emulator's table and bucket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::extract::State;
use ingest::health::{Status, Working};
use ingest::{Config, Ingest, Order};
use intel::snapshot::Snapshot;
use intel::{DynamoStore, IntelStore};
use jiff::Timestamp;
use tests::Site;

/// A network of this test's own: rows of others in the table do not disturb it.
const NETWORK: &str = "45.9.148.0/24";
const ADDRESS: &str = "45.9.148.9";

/// What the publisher has on its page.
#[derive(Clone, Default)]
struct List(Arc<Mutex<String>>);

impl List {
    fn set(&self, text: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }

    fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct Run {
    site: Site,
    list: List,
    bucket: String,
    intel_table: String,
    stage: Ingest,
}

impl Run {
    async fn new() -> Result<Self> {
        let site = Site::connect()?;
        let list = List::default();
        let publisher = publisher(list.clone()).await?;
        let (bucket, intel_table) =
            (site.private_bucket().await?, site.private_table("key", Some("source")).await?);
        let outputs = &site.stack.outputs;
        let environment = site.environment(&[
            ("FEEDS", "spamhaus-drop-v4=3600"),
            ("SPAMHAUS_URL", &publisher),
            ("FEEDS_BUCKET", &bucket),
            ("INTEL_TABLE", &intel_table),
            ("CLAIMS_TABLE", &site.private_table("id", None).await?),
            ("LEASE_SECONDS", "900"),
            ("OTX_KEY_PARAMETER", &outputs.parameters.otx_key),
            ("MISP_KEY_PARAMETER", &outputs.parameters.misp_key),
            ("ABUSEIPDB_KEY_PARAMETER", &outputs.parameters.abuseipdb_key),
        ]);
        let stage = Ingest::new(Config::read(&environment)?, &environment, &site.aws).await?;
        Ok(Self { site, list, bucket, intel_table, stage })
    }

    fn publishes(&self, networks: &[&str]) {
        let rows = networks
            .iter()
            .map(|network| format!("{{\"cidr\":\"{network}\",\"sblid\":\"SBL1\",\"rir\":\"ripencc\"}}\n"));
        let footer = format!(
            "{{\"type\":\"metadata\",\"timestamp\":1791000000,\"size\":1,\"records\":{}}}\n",
            networks.len()
        );
        self.list.set(rows.collect::<String>() + &footer);
    }

    async fn fetch(&self) -> Result<Status> {
        let order = Order::Source("spamhaus-drop-v4".to_owned());
        self.stage.obey(order, Timestamp::now(), Duration::from_mins(15)).await?;
        Ok(serde_json::from_slice(&self.object(Status::KEY).await?)?)
    }

    async fn object(&self, key: &str) -> Result<Vec<u8>> {
        let url = format!("{}/{}/{key}", self.site.stack.endpoint, self.bucket);
        Ok(reqwest::get(url).await?.error_for_status()?.bytes().await?.to_vec())
    }

    /// Who lists the address, as enrich sees it.
    async fn listings(&self) -> Result<Vec<String>> {
        let snapshot = Snapshot::read(self.object("snapshot/current").await?)?;
        let address = ADDRESS.parse()?;
        let networks = snapshot.listed(&address).networks;
        let store = DynamoStore::new(self.site.dynamodb.clone(), &self.intel_table);
        let kept = store.about(&address, &networks, Timestamp::now()).await?;
        Ok(kept.listings.into_iter().map(|(feed, _)| feed).collect())
    }
}

async fn publisher(list: List) -> Result<String> {
    let answer = |State(list): State<List>| async move { list.text() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = axum::Router::new().fallback(answer).with_state(list);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

#[tokio::test]
async fn a_feed_becomes_rows_a_snapshot_and_lists_and_stays_when_it_fails() -> Result<()> {
    let run = Run::new().await?;
    run.publishes(&[NETWORK, "45.9.149.0/24"]);
    let status = run.fetch().await?;
    let [health] = status.feeds.as_slice() else { anyhow::bail!("{:?}", status.feeds) };
    assert_eq!((health.rows, health.pending, &health.state), (2, 0, &Working::Fine));
    assert_eq!(status.snapshot.context("no snapshot")?.indicators, 2);
    assert_eq!(run.listings().await?, ["spamhaus-drop"]);
    let list = String::from_utf8(run.object("lists/wazuh-triage-feed-ip").await?)?;
    assert!(list.contains("45.9.148.:"), "{list}");

    run.list.set("<html><body>Please log in</body></html>".to_owned());
    let status = run.fetch().await?;
    assert!(matches!(status.feeds[0].state, Working::Failing { .. }), "{:?}", status.feeds);
    assert_eq!((status.feeds[0].rows, run.listings().await?.len()), (2, 1));

    run.publishes(&["45.9.149.0/24"]);
    let status = run.fetch().await?;
    assert_eq!((status.feeds[0].rows, &status.feeds[0].state), (1, &Working::Fine));
    assert!(run.listings().await?.is_empty(), "a network that is no longer listed is forgotten");
    Ok(())
}
