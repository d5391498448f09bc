//! The snapshot of what feeds list: loaded at start, then looked for anew beside the alerts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use intel::snapshot::{Current, Snapshot, SnapshotError};
use jiff::Timestamp;
use lambda::http::ClientError;
use lambda::metrics::{Metrics, Unit};
use signed::{Bucket, BucketError, BucketName, ETag, Got, Place};

/// Which object it is, and how often it is looked for.
#[derive(Clone, Debug)]
pub struct SnapshotSettings {
    pub bucket: BucketName,
    pub key: String,
    pub refresh: Duration,
}

/// Keeps the snapshot in use as new as the bucket's. Clones share it.
#[derive(Clone, Debug)]
pub struct SnapshotKeeper(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bucket: Bucket,
    settings: SnapshotSettings,
    current: Current,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    etag: Option<ETag>,
    looked_at: Option<Timestamp>,
    is_looking: bool,
    said_stale: bool,
}

impl SnapshotKeeper {
    /// Of the function's own region and credentials.
    pub fn new(settings: SnapshotSettings, aws: &aws_types::SdkConfig) -> Result<Self, SnapshotKeeperError> {
        const CONNECT: Duration = Duration::from_secs(2);
        let credentials: SharedCredentialsProvider =
            aws.credentials_provider().ok_or(SnapshotKeeperError::NoCredentials)?;
        let place = Place {
            bucket: settings.bucket.clone(),
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: aws.endpoint_url().map(str::to_owned),
            credentials,
        };
        let http = lambda::http::client(CONNECT)?.build().map_err(ClientError::Build)?;
        Ok(Self(Arc::new(Inner {
            bucket: Bucket::new(http, place)?,
            settings,
            current: Current::default(),
            state: Mutex::default(),
        })))
    }

    /// What look-ups are to believe.
    pub fn current(&self) -> Current {
        self.0.current.clone()
    }

    /// Takes the bucket's snapshot if it is another one. On any failure the one in use stays, and the log says why.
    pub async fn load(&self, now: Timestamp) {
        self.state().looked_at = Some(now);
        if let Err(error) = self.take().await {
            tracing::warn!(
                error = lambda::logs::chain(&error),
                "the snapshot of what feeds list could not be loaded; the one in use stays"
            );
        }
    }

    /// Has it loaded while alerts are worked on, if it is time for that. Holds nobody up.
    pub fn refresh_if_due(&self, metrics: &Metrics, now: Timestamp) {
        if !self.begins(now) {
            return;
        }
        self.tell_age(metrics, now);
        let keeper = self.clone();
        tokio::spawn(async move {
            keeper.load(now).await;
            keeper.state().is_looking = false;
        });
    }

    async fn take(&self) -> Result<(), LoadError> {
        let Inner { bucket, settings, current, .. } = &*self.0;
        let known = self.state().etag.clone();
        match bucket.get(&settings.key, known.as_ref(), Snapshot::MOST_BYTES).await? {
            Got::Unchanged => Ok(()),
            Got::Absent => Err(LoadError::Absent),
            Got::Object { etag, body } => {
                current.swap(Snapshot::read(body)?);
                self.state().etag = Some(etag);
                Ok(())
            }
        }
    }

    /// Whether it is time, and nobody else is at it.
    fn begins(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        let due = state.looked_at.is_none_or(|last| last + self.0.settings.refresh <= now);
        let begins = due && !state.is_looking;
        state.is_looking |= begins;
        begins
    }

    fn tell_age(&self, metrics: &Metrics, now: Timestamp) {
        let Some(age) = self.0.current.age(now) else { return };
        metrics.measure("SnapshotAgeSeconds", age.as_secs(), Unit::Seconds, &[], now);
        let is_stale = age >= Current::MOST_AGE;
        let mut state = self.state();
        if is_stale && !state.said_stale {
            tracing::warn!(
                age_s = age.as_secs(),
                "the snapshot of what feeds list is too old to be believed; the intel table is asked about everything"
            );
        }
        state.said_stale = is_stale;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the snapshot cannot be looked for at all.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotKeeperError {
    #[error("there are no credentials to read the snapshot with")]
    NoCredentials,
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("could not read the object")]
    Read(#[from] BucketError),
    #[error("there is none yet; the function ingest writes it")]
    Absent,
    #[error("the object is no snapshot that can be used")]
    Snapshot(#[from] SnapshotError),
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use axum::Router;
    use axum::body::Body;
    use axum::http::{HeaderMap, Response};
    use intel::feed::Entry;
    use intel::snapshot::Builder;

    use super::*;

    /// A bucket with one object, which may change.
    #[derive(Clone, Default)]
    struct Object(Arc<Mutex<Option<Stored>>>);

    /// `ETag` and contents.
    type Stored = (String, Vec<u8>);

    impl Object {
        fn put(&self, etag: &str, body: Vec<u8>) {
            *self.0.lock().unwrap() = Some((etag.to_owned(), body));
        }

        async fn serve(&self) -> SnapshotKeeper {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            let object = self.clone();
            let app =
                Router::new().fallback(move |headers: HeaderMap| async move { object.answer(&headers) });
            tokio::spawn(async move { axum::serve(listener, app).await });
            let credentials = Credentials::new("key", "secret", None, None, "test");
            let aws = aws_types::SdkConfig::builder()
                .region(aws_types::region::Region::new("eu-central-1"))
                .endpoint_url(endpoint)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build();
            let settings = SnapshotSettings {
                bucket: "feeds".parse().unwrap(),
                key: "snapshot/current".to_owned(),
                refresh: Duration::from_mins(5),
            };
            SnapshotKeeper::new(settings, &aws).unwrap()
        }

        fn answer(&self, headers: &HeaderMap) -> Response<Body> {
            let builder = Response::builder();
            match &*self.0.lock().unwrap() {
                None => {
                    let error = Body::from("<Error><Code>NoSuchKey</Code></Error>");
                    builder.status(404).body(error).unwrap()
                }
                Some((etag, _)) if headers.get("if-none-match").is_some_and(|known| known == etag) => {
                    builder.status(304).body(Body::empty()).unwrap()
                }
                Some((etag, body)) => builder.header("etag", etag).body(Body::from(body.clone())).unwrap(),
            }
        }
    }

    fn now() -> Timestamp {
        "2026-10-03T12:00:00Z".parse().unwrap()
    }

    fn snapshot(indicator: &str) -> Vec<u8> {
        let mut builder = Builder::new(now());
        builder.add(&Entry::Indicator(indicator.parse().unwrap()));
        builder.build()
    }

    fn lists(keeper: &SnapshotKeeper, indicator: &str) -> bool {
        let snapshot = keeper.current().believed(now());
        snapshot.is_some_and(|snapshot| snapshot.listed(&indicator.parse().unwrap()).itself)
    }

    #[tokio::test]
    async fn a_new_snapshot_takes_the_place_of_the_old_and_a_bad_one_does_not() {
        let object = Object::default();
        let keeper = object.serve().await;
        keeper.load(now()).await;
        assert!(keeper.current().believed(now()).is_none(), "there is none yet");
        for (etag, body, expected) in [
            ("\"1\"", snapshot("203.0.113.1"), "203.0.113.1"),
            ("\"1\"", snapshot("203.0.113.9"), "203.0.113.1"),
            ("\"2\"", snapshot("203.0.113.2"), "203.0.113.2"),
            ("\"3\"", snapshot("203.0.113.3")[..70].to_vec(), "203.0.113.2"),
            ("\"4\"", b"<html>".to_vec(), "203.0.113.2"),
            ("\"5\"", snapshot("203.0.113.5"), "203.0.113.5"),
        ] {
            object.put(etag, body);
            keeper.load(now()).await;
            assert!(lists(&keeper, expected), "{etag} {expected}");
        }
    }

    #[tokio::test]
    async fn it_is_looked_for_when_it_is_time_and_by_one_at_a_time() {
        let keeper = Object::default().serve().await;
        let at = |seconds: u64| now() + Duration::from_secs(seconds);
        keeper.load(now()).await;
        assert!(!keeper.begins(at(299)));
        assert!(keeper.begins(at(300)));
        assert!(!keeper.begins(at(900)), "somebody is at it");
    }

    #[tokio::test]
    async fn a_refresh_goes_on_beside_the_alerts() {
        let object = Object::default();
        let keeper = object.serve().await;
        object.put("\"1\"", snapshot("203.0.113.1"));
        keeper.refresh_if_due(&Metrics::unwritten("enrich"), now());
        assert!(!lists(&keeper, "203.0.113.1"), "nobody waited for it");
        while !lists(&keeper, "203.0.113.1") {
            tokio::task::yield_now().await;
        }
        assert!(!keeper.begins(now()));
    }
}
