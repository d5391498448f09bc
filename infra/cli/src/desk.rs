//! One alert's story: what is found in it is looked up and judged.

use domain::RuleLevel;
use domain::indicator::Found;
use domain::verdict::{Examined, Formula, Judged, Verdict};
use intel::{Door, Inquiry, Intelligence, Latest, MemoryStore, Policy, Warninglists};
use jiff::Timestamp;
use lambda::config::Environment;

use crate::cli::{CheckOptions, DocumentationAddresses};
use crate::failure::Failure;
use crate::feeds;
use crate::providers::Providers;
use crate::subject::Subject;
use crate::terminal::tell;

/// Everything that is needed to judge alerts.
pub(crate) struct Desk {
    intelligence: Intelligence<MemoryStore>,
    formula: Formula,
    /// Who is off; said when somebody would have been asked.
    off: Vec<String>,
}

/// Feeds, providers and lists of a call, besides what the site's own `policy` says; who is off is said at once.
pub(crate) fn intelligence(
    options: &CheckOptions,
    mut policy: Policy,
    environment: &Environment,
    now: Timestamp,
) -> Result<Intelligence<MemoryStore>, Failure> {
    policy.documentation_is_public |= options.documentation_addresses == DocumentationAddresses::Public;
    let (intelligence, off) = open(options, policy, environment, now)?;
    if !off.is_empty() {
        tell(&off.join("; "));
    }
    Ok(intelligence)
}

/// Neither feed nor provider.
pub(crate) fn knowing_nobody(policy: Policy) -> Intelligence<MemoryStore> {
    let Providers { clients, keys, .. } = Providers::none();
    Intelligence::new(policy, clients, keys, Door::default(), MemoryStore::default())
}

fn open(
    options: &CheckOptions,
    mut policy: Policy,
    environment: &Environment,
    now: Timestamp,
) -> Result<(Intelligence<MemoryStore>, Vec<String>), Failure> {
    let providers = if options.offline { Providers::none() } else { Providers::read(environment)? };
    let store = MemoryStore::default();
    for feed in &options.feeds {
        feeds::load(feed, &store, now)?;
    }
    let warninglists = options.warninglists.iter().map(|path| feeds::read_warninglist(path));
    let warninglists = Warninglists::of(&warninglists.collect::<Result<Vec<_>, _>>()?);
    policy.never_report.extend(options.never_report.iter().cloned());
    policy.allow.extend(options.allow.iter().cloned());
    policy.deny.extend(options.deny.iter().cloned());
    let Providers { clients, keys, off } = providers;
    let intelligence = Intelligence::new(policy, clients, keys, Door::default(), store);
    Ok((intelligence.with_warninglists(Latest::of(warninglists)), off))
}

/// What came out for one alert.
#[derive(Debug)]
pub(crate) struct Findings {
    pub verdict: Verdict,
    examined: Vec<Examined>,
    /// Indicators that are never reported.
    pub never_reported: usize,
    /// Indicators beyond the number that is looked at.
    pub too_many: usize,
}

impl Desk {
    pub fn new(options: &CheckOptions, environment: &Environment, now: Timestamp) -> Result<Self, Failure> {
        let documentation_is_public = options.documentation_addresses == DocumentationAddresses::Public;
        let policy = Policy { documentation_is_public, ..Policy::default() };
        let (intelligence, off) = open(options, policy, environment, now)?;
        Ok(Self { intelligence, formula: Formula::default(), off })
    }

    pub fn policy(&self) -> &Policy {
        self.intelligence.policy()
    }

    pub async fn judge(&mut self, subject: &Subject, now: Timestamp) -> Findings {
        self.tell_who_is_off(subject);
        let inquiry = Inquiry {
            found: &subject.found,
            repeated: &[],
            // It decides who may use the last of a day's requests, and they are not limited here.
            level: subject.rule_level.unwrap_or(RuleLevel::HIGHEST),
        };
        let examined = self.intelligence.examine(&inquiry, now).await.examined;
        let policy = self.intelligence.policy();
        let never_reported =
            subject.found.iter().filter(|found| policy.never_reports(&found.indicator)).count();
        Findings {
            verdict: Verdict::over(&examined, &self.formula, now),
            too_many: subject.found.len() - never_reported - examined.len(),
            never_reported,
            examined,
        }
    }

    /// A public indicator is about to be looked up by fewer than could do so.
    fn tell_who_is_off(&mut self, subject: &Subject) {
        let policy = self.intelligence.policy();
        let askable = |found: &Found| {
            policy.exempts(&found.indicator).is_none() && !policy.never_reports(&found.indicator)
        };
        if !self.off.is_empty() && subject.found.iter().any(askable) {
            tell(&std::mem::take(&mut self.off).join("; "));
        }
    }
}

impl Findings {
    /// Each judgement with what was known, worst first.
    pub fn judged(&self) -> impl Iterator<Item = (&Judged, &Examined)> {
        self.verdict.indicators.iter().filter_map(|judged| {
            let examined = self.examined.iter().find(|examined| examined.found == judged.found)?;
            Some((judged, examined))
        })
    }
}
