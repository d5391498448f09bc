//! `triage feeds status`: how the feeds of a deployment stand. The one command that asks AWS: one object, by one signed
//! request, with the credentials of the environment.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use ingest::health::{Health, Status, Working};
use jiff::Timestamp;
use lambda::config::{ConfigError, Environment, Reader};
use lambda::http;
use signed::{Bucket, BucketName, Got, Place};

use crate::cli::FeedStatusOptions;
use crate::failure::{Count, Failure};
use crate::terminal::Page;

const CONNECT: Duration = Duration::from_secs(5);

pub(crate) fn run(options: &FeedStatusOptions, environment: &Environment) -> Result<(), Failure> {
    let place = place(options, environment)?;
    let bucket = place.bucket.to_string();
    let json = crate::runtime()?.block_on(fetch(place))?.ok_or(Failure::NoStatus { bucket })?;
    let status: Status = serde_json::from_slice(&json).map_err(Failure::Status)?;
    if status.schema != Status::SCHEMA {
        return Err(Failure::StatusSchema(status.schema));
    }
    let mut page = Page::new();
    let written = if options.json {
        page.print_json(&serde_json::to_string(&status).map_err(Failure::Status)?)
    } else {
        page.print(&lines(&status, Timestamp::now()))
    };
    written.map_err(Failure::Write)
}

fn place(options: &FeedStatusOptions, environment: &Environment) -> Result<Place, ConfigError> {
    let region =
        environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION")).unwrap_or_default();
    let environment = environment.or([("AWS_REGION", region)]);
    let environment = match &options.bucket {
        Some(bucket) => environment.with([("FEEDS_BUCKET", bucket.as_str())]),
        None => environment,
    };
    let mut reader = Reader::new(&environment);
    let bucket: Option<BucketName> = reader.required("FEEDS_BUCKET", "wazuh-triage-feeds-123456789012");
    let region: Option<String> = reader.required("AWS_REGION", "eu-central-1");
    let key: Option<String> = reader.required("AWS_ACCESS_KEY_ID", "AKIA…");
    let secret: Option<String> = reader.required("AWS_SECRET_ACCESS_KEY", "…");
    if key.is_none() || secret.is_none() {
        reader.reject(
            "credentials come from the environment: eval \"$(aws configure export-credentials --format env)\" puts them \
             there",
        );
    }
    let token = reader.optional("AWS_SESSION_TOKEN");
    let endpoint = reader.optional("AWS_ENDPOINT_URL");
    let place = (|| {
        let credentials = Credentials::new(key?, secret?, token, None, "environment");
        let credentials = SharedCredentialsProvider::new(credentials);
        Some(Place { bucket: bucket?, region: region?, endpoint, credentials })
    })();
    reader.finish(place)
}

async fn fetch(place: Place) -> Result<Option<Vec<u8>>, Failure> {
    let client =
        http::client(CONNECT).and_then(|client| Ok(client.build()?)).map_err(Failure::BucketClient)?;
    match Bucket::new(client, place)?.get(Status::KEY, None, Status::MOST_BYTES).await? {
        Got::Object { body, .. } => Ok(Some(body)),
        Got::Absent | Got::Unchanged => Ok(None),
    }
}

/// One line for each feed, and one for what was made of them.
fn lines(status: &Status, now: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = status.feeds.iter().map(|health| line(health, now)).collect();
    lines.push(match &status.snapshot {
        None => "snapshot: none yet".to_owned(),
        Some(published) => format!(
            "snapshot: {} indicators, {} bytes, built {}",
            published.indicators,
            published.bytes,
            ago(published.built_at, now)
        ),
    });
    let lists = status.snapshot.iter().flat_map(|published| &published.lists);
    lines.extend(lists.map(|(name, entries)| format!("list {name}: {entries} lines")));
    lines
}

fn line(health: &Health, now: Timestamp) -> String {
    let fetched = match health.last_success {
        Some(at) => format!("fetched {}", ago(at, now)),
        None => "never fetched".to_owned(),
    };
    let pending = match health.pending {
        0 => String::new(),
        rows => format!(", {rows} of them on their way to the table"),
    };
    let unfinished = if health.unfinished { ", more to come" } else { "" };
    let trouble = match &health.state {
        Working::Fine => String::new(),
        Working::Off { parameter } => format!("; OFF: write a key to the SSM parameter {parameter}"),
        Working::Failing { since, attempts, reason, error, closed_until } => {
            let runs = Count(usize::try_from(*attempts).unwrap_or(usize::MAX), "run");
            let pause =
                closed_until.map(|until| format!("; not asked before {until:.0}")).unwrap_or_default();
            format!("; FAILING since {since:.0} ({runs}, {reason}): {error}{pause}")
        }
    };
    let Health { feed, rows, licence, .. } = health;
    format!("{feed:<18}{rows:>9} rows, {fetched}{pending}{unfinished}{trouble} [{licence}]")
}

/// In the largest unit of which there are two.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    let (number, unit) = match seconds {
        0..120 => (seconds, "s"),
        120..7_200 => (seconds / 60, "min"),
        7_200..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{number} {unit} ago")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_line_says_what_a_person_has_to_know() {
        let status: Status = serde_json::from_str(include_str!("feed_status/status.json")).unwrap();
        assert_snapshot!(lines(&status, "2026-10-03T14:00:00Z".parse().unwrap()).join("\n"), @r"
        abuseipdb             10000 rows, fetched 19 h ago; FAILING since 2026-10-03T01:00:00Z (3 runs, quota_exhausted): could not fetch the feed abuseipdb from api.abuseipdb.com/api/v2/blacklist: the requests of the plan are used up; not asked before 2026-10-04T00:00:00Z [AbuseIPDB terms of service]
        feodo                    12 rows, fetched 14 min ago [CC0 1.0, abuse.ch terms of use]
        misp                  31218 rows, fetched 2 days ago, 200 of them on their way to the table, more to come [the site's own; sharing by TLP of each event]
        otx                       0 rows, never fetched; OFF: write a key to the SSM parameter /wazuh-triage/otx-key [OTX terms of use]
        snapshot: 41230 indicators, 372188 bytes, built 14 min ago
        list wazuh-triage-feed-domain: 12 lines
        list wazuh-triage-feed-ip: 1200 lines
        ");
    }
}
