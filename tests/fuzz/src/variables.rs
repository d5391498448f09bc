//! The variables that Terraform sets: a function starts with them, or says of each variable what is wrong with it.

use domain::verdict::Verdict;
use intel::Policy;
use lambda::config::{ConfigError, Environment, Reader};

use crate::Kept;

/// What none of the functions starts without.
const GIVEN: [(&str, &str); 11] = [
    ("ANALYSES_TABLE", "analyses"),
    ("CLAIMS_TABLE", "claims"),
    ("DEAD_LETTER_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/111122223333/dlq"),
    ("DELIVERIES_TABLE", "deliveries"),
    ("INCIDENTS_TABLE", "incidents"),
    ("LEASE_SECONDS", "60"),
    ("MAIL_FROM", "triage@example.com"),
    ("MAIL_TO", "soc@example.com"),
    ("MODEL_KEY_PARAMETER", "/key"),
    ("NOTICES_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/111122223333/notices"),
    ("SIGHTINGS_TABLE", "sightings"),
];

/// The bytes are lines `NAME=value` over what is always given.
pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let set: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let environment = Environment::from_iter(GIVEN).with(set.iter().copied());
    let analyze = analyze::Config::read(&environment);
    if let Ok(config) = &analyze {
        assert!(!config.notices_queue_url.is_empty() && !config.incidents_table.is_empty());
        assert!(config.prompt.environment == config.site_notes.environment());
    }
    let notify = notify::Config::read(&environment);
    if let Ok(config) = &notify {
        assert_eq!(config.routes.group("no group is called so").name, "default");
    }
    let belief = belief(&environment);
    let outcomes = [analyze.map(drop), notify.map(drop), belief];
    for outcome in &outcomes {
        if let Err(error) = outcome {
            check_problems(error);
        }
    }
    if outcomes.iter().all(Result::is_ok) { Kept::Read } else { Kept::Refused }
}

/// What enrich and hunt believe, in a verdict of its own.
fn belief(environment: &Environment) -> Result<(), ConfigError> {
    let mut reader = Reader::new(environment);
    let (policy, formula) = (Policy::read(&mut reader), intel::read_formula(&mut reader));
    let belief = policy.zip(formula);
    if let Some((policy, formula)) = &belief {
        for indicator in ["203.0.113.9", "evil.example.com", "http://evil.example.com/a"] {
            let indicator = indicator.parse().expect("an indicator");
            assert!(policy.exempts(&indicator).is_some() || !policy.never_reports(&indicator));
            assert!(policy.standings(&indicator).len() <= 3);
        }
        let verdict = Verdict::over(&[], formula, super::now());
        assert!(serde_json::to_string(&verdict).is_ok());
    }
    reader.finish(belief.map(drop))
}

/// Each names its variable first.
fn check_problems(error: &ConfigError) {
    assert!(!error.problems().is_empty());
    for problem in error.problems() {
        let name = problem.split([' ', ':']).next().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(!name.is_empty() && name.bytes().all(is_name), "{problem}");
    }
}
