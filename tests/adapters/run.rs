//! One run over an endpoint: which tests passed, and what was seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use futures_util::FutureExt;

use crate::endpoint::Endpoint;
use crate::rows::Rows;
use crate::service::{Offers, Service, names};

/// Longer than a schedule and what comes of it take.
const LONGEST: Duration = Duration::from_mins(3);

/// What the endpoint answered, by the rows of rows.toml.
#[derive(Debug, Default)]
pub(crate) struct Seen(RefCell<BTreeMap<&'static str, String>>);

impl Seen {
    /// Notes an answer that need not be the same everywhere.
    pub(crate) fn note(&self, row: &'static str, answer: impl Into<String>) {
        self.0.borrow_mut().insert(row, answer.into());
    }
}

/// A run that goes on.
#[derive(Debug)]
pub(crate) struct Run {
    endpoint: Endpoint,
    offers: Offers,
    seen: Seen,
    tests: Vec<Test>,
    passed_over: BTreeMap<Service, usize>,
}

/// A test that was run.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) service: Service,
    pub(crate) name: &'static str,
    has_passed: bool,
}

/// A run of which nothing is left on the endpoint.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) offers: Offers,
    pub(crate) seen: BTreeMap<&'static str, String>,
    pub(crate) tests: Vec<Test>,
    passed_over: BTreeMap<Service, usize>,
    problems: Vec<String>,
}

impl Run {
    pub(crate) fn new(endpoint: Endpoint, offers: Offers) -> Self {
        let (seen, tests, passed_over) = (Seen::default(), Vec::new(), BTreeMap::new());
        Self { endpoint, offers, seen, tests, passed_over }
    }

    /// Runs a test of code that talks to this service, unless the endpoint has said that it does not offer it.
    pub(crate) async fn test(
        &mut self,
        service: Service,
        name: &'static str,
        test: impl AsyncFnOnce(&Endpoint, &Seen) -> Result<()>,
    ) {
        if !self.offers.has(service) {
            *self.passed_over.entry(service).or_default() += 1;
            return;
        }
        let began = Instant::now();
        // Contracts of stores assert; their panic is told by the hook, above.
        let test = AssertUnwindSafe(test(&self.endpoint, &self.seen)).catch_unwind();
        let ended = tokio::time::timeout(LONGEST, test).await;
        let ended = ended.with_context(|| format!("no end after {LONGEST:?}"));
        let ended = ended.and_then(|ended| ended.unwrap_or_else(|_| Err(anyhow!("a panic, see above"))));
        let took = began.elapsed().as_secs_f64();
        match &ended {
            Ok(()) => println!("pass {took:5.1} s  {service}: {name}"),
            Err(error) => println!("FAIL {took:5.1} s  {service}: {name}\n       {error:#}"),
        }
        self.tests.push(Test { service, name, has_passed: ended.is_ok() });
    }

    /// Takes away what was made, and compares what was seen with what there is to see.
    pub(crate) async fn end(self, rows: &Rows) -> Finished {
        let mut problems = self.endpoint.remove().await;
        let seen = self.seen.0.into_inner();
        problems.extend(rows.problems(&seen, &self.offers));
        let Self { offers, tests, passed_over, .. } = self;
        Finished { offers, seen, tests, passed_over, problems }
    }
}

impl Finished {
    pub(crate) fn is_well(&self) -> bool {
        self.problems.is_empty() && self.tests.iter().all(|test| test.has_passed)
    }

    /// What became of it, with everything that was not tried.
    pub(crate) fn summary(&self) -> String {
        let mut lines = self.problems.clone();
        let passed = self.tests.iter().filter(|test| test.has_passed).count();
        lines.push(format!(
            "{passed} of {} tests passed, {} answers noted",
            self.tests.len(),
            self.seen.len()
        ));
        if !self.passed_over.is_empty() {
            let tests: usize = self.passed_over.values().sum();
            let services: Vec<Service> = self.passed_over.keys().copied().collect();
            lines.push(format!("{tests} tests not run, not offered by this endpoint: {}", names(&services)));
        }
        lines.join("\n")
    }
}
