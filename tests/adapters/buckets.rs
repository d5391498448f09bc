//! S3, as ingest writes feeds and enrich reads snapshots.

use anyhow::{Context, Result, bail, ensure};
use lambda::http;
use reqwest::Method;
use signed::{Bucket, Got};
use std::time::Duration;

use crate::endpoint::{Endpoint, Made};
use crate::run::{Run, Seen};
use crate::service::Service;

const KEY: &str = "snapshot/current.bin";

pub(crate) async fn all(run: &mut Run) {
    run.test(Service::S3, "an object comes back as it was put, and not again while it is the same", again)
        .await;
}

async fn again(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let name = endpoint.full("feeds");
    let path = format!("/{name}");
    let answer = endpoint.signed(Service::S3, Method::PUT, &path, &[], String::new()).await?;
    ensure!(answer.status.is_success(), "could not make a bucket: {}", answer.refusal());
    endpoint.made(Made::Path(path.clone()));
    let client = http::client(Duration::from_secs(5))?.build()?;
    let bucket = Bucket::new(client, endpoint.bucket(name.parse().context("a name for a bucket")?))?;
    ensure!(bucket.get(KEY, None, 1_000).await? == Got::Absent, "not told that it is absent");
    let bytes: Vec<u8> = (0..=255).collect();
    bucket.put(KEY, bytes.clone(), "application/octet-stream").await?;
    endpoint.made(Made::Path(format!("{path}/{KEY}")));
    let Got::Object { etag, body } = bucket.get(KEY, None, 1_000).await? else { bail!("it is absent") };
    ensure!(body == bytes, "{} bytes came back", body.len());
    let unchanged = bucket.get(KEY, Some(&etag), 1_000).await?;
    ensure!(unchanged == Got::Unchanged, "{unchanged:?}");
    bucket.put(KEY, vec![0], "application/octet-stream").await?;
    let changed = bucket.get(KEY, Some(&etag), 1_000).await?;
    ensure!(matches!(changed, Got::Object { body, .. } if body == [0]), "still the old one");
    seen.note("s3.unchanged", "304, without the object");
    Ok(())
}
