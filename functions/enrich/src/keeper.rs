//! What `ingest` publishes of feeds, a snapshot and warninglists: loaded at start, then looked for anew beside the alerts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use intel::snapshot::{Current, Snapshot, SnapshotError};
use intel::{Latest, Warninglists, WarninglistsError};
use jiff::Timestamp;
use lambda::http::ClientError;
use lambda::metrics::{Metrics, Unit};
use signed::{Bucket, BucketError, BucketName, ETag, Got, Place};

/// Where it is, and how often it is looked for.
#[derive(Clone, Debug)]
pub struct KeeperSettings {
    pub bucket: BucketName,
    pub snapshot_key: String,
    pub refresh: Duration,
}

/// Keeps what is in use as new as the bucket's. Clones share it.
#[derive(Clone, Debug)]
pub struct Keeper(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bucket: Bucket,
    refresh: Duration,
    snapshot: Object,
    warninglists: Object,
    /// What look-ups are to believe.
    current: Current,
    /// What look-ups are to say of an indicator.
    said: Latest<Warninglists>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    looked_at: Option<Timestamp>,
    is_looking: bool,
    said_stale: bool,
}

/// An object of the bucket, and which version of it is in use.
#[derive(Debug)]
struct Object {
    key: String,
    most_bytes: usize,
    in_use: Mutex<Option<ETag>>,
}

impl Keeper {
    /// Of the function's own region and credentials.
    pub fn new(settings: KeeperSettings, aws: &aws_types::SdkConfig) -> Result<Self, KeeperError> {
        const CONNECT: Duration = Duration::from_secs(2);
        let credentials: SharedCredentialsProvider =
            aws.credentials_provider().ok_or(KeeperError::NoCredentials)?;
        let place = Place {
            bucket: settings.bucket,
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: aws.endpoint_url().map(str::to_owned),
            credentials,
        };
        let http = lambda::http::client(CONNECT)?.build().map_err(ClientError::Build)?;
        Ok(Self(Arc::new(Inner {
            bucket: Bucket::new(http, place)?,
            refresh: settings.refresh,
            snapshot: Object::new(settings.snapshot_key, Snapshot::MOST_BYTES),
            warninglists: Object::new(Warninglists::KEY.to_owned(), Warninglists::MOST_BYTES),
            current: Current::default(),
            said: Latest::default(),
            state: Mutex::default(),
        })))
    }

    /// The snapshot in use.
    pub fn snapshot(&self) -> Current {
        self.0.current.clone()
    }

    /// The warninglists in use.
    pub fn warninglists(&self) -> Latest<Warninglists> {
        self.0.said.clone()
    }

    /// Takes what the bucket has if it is another version. On any failure what is in use stays, and the log says why.
    pub async fn load(&self, now: Timestamp) {
        self.state().looked_at = Some(now);
        tokio::join!(Box::pin(self.load_snapshot()), Box::pin(self.load_warninglists()));
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

    async fn load_snapshot(&self) {
        let Inner { bucket, snapshot, current, .. } = &*self.0;
        let taken = snapshot.take(bucket, Snapshot::read, |snapshot| current.swap(snapshot));
        if let Err(error) = taken.await {
            tracing::warn!(
                error = lambda::logs::chain(&error),
                "the snapshot of what feeds list could not be loaded; the one in use stays"
            );
        }
    }

    async fn load_warninglists(&self) {
        let Inner { bucket, warninglists, said, .. } = &*self.0;
        let taken = warninglists.take(bucket, |body| Warninglists::read(&body), |lists| said.swap(lists));
        match taken.await {
            // An `ingest` of an earlier release publishes none.
            Ok(()) | Err(LoadError::Absent) => {}
            Err(error) => tracing::warn!(
                error = lambda::logs::chain(&error),
                "the warninglists could not be loaded; those in use stay"
            ),
        }
    }

    /// Whether it is time, and nobody else is at it.
    fn begins(&self, now: Timestamp) -> bool {
        let mut state = self.state();
        let due = state.looked_at.is_none_or(|last| last + self.0.refresh <= now);
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

impl Object {
    fn new(key: String, most_bytes: usize) -> Self {
        Self { key, most_bytes, in_use: Mutex::default() }
    }

    /// Hands over what is read of it if it is another version than the one in use.
    async fn take<T, E>(
        &self,
        bucket: &Bucket,
        read: impl FnOnce(Vec<u8>) -> Result<T, E>,
        use_it: impl FnOnce(T),
    ) -> Result<(), LoadError>
    where
        LoadError: From<E>,
    {
        let in_use = self.in_use().clone();
        match bucket.get(&self.key, in_use.as_ref(), self.most_bytes).await? {
            Got::Unchanged => {}
            Got::Absent => return Err(LoadError::Absent),
            Got::Object { etag, body } => {
                use_it(read(body)?);
                *self.in_use() = Some(etag);
            }
        }
        Ok(())
    }

    fn in_use(&self) -> MutexGuard<'_, Option<ETag>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why nothing can be looked for at all.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    #[error("there are no credentials to read what ingest publishes with")]
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
    #[error("the object holds no warninglists that can be used")]
    Warninglists(#[from] WarninglistsError),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_credential_types::Credentials;
    use axum::Router;
    use axum::body::Body;
    use axum::http::{HeaderMap, Response, Uri};
    use intel::Warninglist;
    use intel::feed::Entry;
    use intel::snapshot::Builder;

    use super::*;

    /// A bucket whose objects may change, by the end of their key.
    #[derive(Clone, Default)]
    struct Objects(Arc<Mutex<BTreeMap<&'static str, Stored>>>);

    /// `ETag` and contents.
    type Stored = (String, Vec<u8>);

    impl Objects {
        fn put(&self, name: &'static str, etag: &str, body: Vec<u8>) {
            self.0.lock().unwrap().insert(name, (etag.to_owned(), body));
        }

        async fn serve(&self) -> Keeper {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let endpoint = format!("http://{}", listener.local_addr().unwrap());
            let objects = self.clone();
            let app = Router::new()
                .fallback(move |uri: Uri, headers: HeaderMap| async move { objects.answer(&uri, &headers) });
            tokio::spawn(async move { axum::serve(listener, app).await });
            let credentials = Credentials::new("key", "secret", None, None, "test");
            let aws = aws_types::SdkConfig::builder()
                .region(aws_types::region::Region::new("eu-central-1"))
                .endpoint_url(endpoint)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build();
            let settings = KeeperSettings {
                bucket: "feeds".parse().unwrap(),
                snapshot_key: "snapshot/current".to_owned(),
                refresh: Duration::from_mins(5),
            };
            Keeper::new(settings, &aws).unwrap()
        }

        fn answer(&self, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
            let builder = Response::builder();
            let name = uri.path().rsplit('/').next().unwrap();
            match self.0.lock().unwrap().get(name) {
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

    fn lists(keeper: &Keeper, indicator: &str) -> bool {
        let snapshot = keeper.snapshot().believed(now());
        snapshot.is_some_and(|snapshot| snapshot.listed(&indicator.parse().unwrap()).itself)
    }

    fn warninglists(entry: &str) -> Vec<u8> {
        let list = format!(r#"{{"name":"Known scanners","type":"cidr","list":["{entry}"]}}"#);
        Warninglists::of(&[Warninglist::read(list.as_bytes()).unwrap()]).to_file().unwrap()
    }

    fn knows(keeper: &Keeper, indicator: &str) -> bool {
        keeper.warninglists().get().is_some_and(|lists| !lists.about(&indicator.parse().unwrap()).is_empty())
    }

    #[tokio::test]
    async fn a_new_version_takes_the_place_of_the_old_and_a_bad_one_does_not() {
        let objects = Objects::default();
        let keeper = objects.serve().await;
        keeper.load(now()).await;
        assert!(keeper.snapshot().believed(now()).is_none(), "there is none yet");
        assert!(keeper.warninglists().get().is_none(), "there are none yet");
        for (etag, listed, known, expected) in [
            ("\"1\"", snapshot("203.0.113.1"), warninglists("203.0.113.1"), "203.0.113.1"),
            ("\"1\"", snapshot("203.0.113.9"), warninglists("203.0.113.9"), "203.0.113.1"),
            ("\"2\"", snapshot("203.0.113.2"), warninglists("203.0.113.2"), "203.0.113.2"),
            (
                "\"3\"",
                snapshot("203.0.113.3")[..70].to_vec(),
                warninglists("203.0.113.3")[..70].to_vec(),
                "203.0.113.2",
            ),
            ("\"4\"", b"<html>".to_vec(), b"<html>".to_vec(), "203.0.113.2"),
            ("\"5\"", snapshot("203.0.113.5"), warninglists("203.0.113.5"), "203.0.113.5"),
        ] {
            objects.put("current", etag, listed);
            objects.put("warninglists", etag, known);
            keeper.load(now()).await;
            assert!(lists(&keeper, expected), "{etag} {expected}");
            assert!(knows(&keeper, expected), "{etag} {expected}");
        }
    }

    #[tokio::test]
    async fn neither_of_both_needs_the_other() {
        let objects = Objects::default();
        let keeper = objects.serve().await;
        objects.put("warninglists", "\"1\"", warninglists("203.0.113.1"));
        objects.put("current", "\"1\"", b"<html>".to_vec());
        keeper.load(now()).await;
        assert!(knows(&keeper, "203.0.113.1") && !lists(&keeper, "203.0.113.1"));
        objects.put("warninglists", "\"2\"", b"<html>".to_vec());
        objects.put("current", "\"2\"", snapshot("203.0.113.1"));
        keeper.load(now()).await;
        assert!(knows(&keeper, "203.0.113.1") && lists(&keeper, "203.0.113.1"));
    }

    #[tokio::test]
    async fn it_is_looked_for_when_it_is_time_and_by_one_at_a_time() {
        let keeper = Objects::default().serve().await;
        let at = |seconds: u64| now() + Duration::from_secs(seconds);
        keeper.load(now()).await;
        assert!(!keeper.begins(at(299)));
        assert!(keeper.begins(at(300)));
        assert!(!keeper.begins(at(900)), "somebody is at it");
    }

    #[tokio::test]
    async fn a_refresh_goes_on_beside_the_alerts() {
        let objects = Objects::default();
        let keeper = objects.serve().await;
        objects.put("current", "\"1\"", snapshot("203.0.113.1"));
        keeper.refresh_if_due(&Metrics::unwritten("enrich"), now());
        assert!(!lists(&keeper, "203.0.113.1"), "nobody waited for it");
        while !lists(&keeper, "203.0.113.1") || keeper.state().is_looking {
            tokio::task::yield_now().await;
        }
        assert!(!keeper.begins(now()));
    }
}
