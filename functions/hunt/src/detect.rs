//! From logins to signs, in the order of time. Nothing in here asks anybody, and the time is that of the logins.

mod account;
mod failures;
mod place;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::Sighting;
use jiff::Timestamp;

use crate::finding::{Finding, Gatherer};
use crate::profile::Profile;
use crate::sign::Sign;
use crate::source::Source;
use crate::thresholds::Thresholds;
use account::Person;
use failures::Knocking;

/// What came out of a hunt.
#[derive(Debug)]
pub struct Hunted {
    /// By time; only those that reach the site's score.
    pub findings: Vec<Finding>,
    /// The habits of every account that got in, as they are now.
    pub profiles: BTreeMap<String, Profile>,
}

/// Hunts in logins in any order, each any number of times; the result is the same. `profiles` are the habits before.
/// Logins of a clock that is far ahead of `now` are left out: they would be the newest for ever.
pub fn detect(
    sightings: &[Sighting],
    profiles: BTreeMap<String, Profile>,
    thresholds: &Thresholds,
    now: Timestamp,
) -> Hunted {
    let mut ordered: Vec<&Sighting> =
        sightings.iter().filter(|sighting| sighting.at <= now + Hunter::CLOCKS).collect();
    ordered.sort_by(|one, other| order(one).cmp(&order(other)));
    ordered.dedup_by(|one, other| one.alert_key == other.alert_key && one.at == other.at);
    let mut hunter = Hunter::new(thresholds.clone());
    for (whose, profile) in profiles {
        hunter.know(whose, profile);
    }
    let (mut gatherer, mut findings) = (Gatherer::default(), Vec::new());
    for sighting in ordered {
        for sign in hunter.see(&Arc::new(sighting.clone())) {
            findings.extend(gatherer.add(sign));
        }
    }
    findings.extend(gatherer.finish());
    findings.retain(|finding| finding.score() >= thresholds.min_score);
    findings.sort_by(|one, other| (one.at(), &one.subject).cmp(&(other.at(), &other.subject)));
    Hunted { findings, profiles: hunter.into_profiles() }
}

/// By time; those of one instant by their alerts.
pub fn order(sighting: &Sighting) -> (Timestamp, &str) {
    (sighting.at, sighting.alert_key.as_str())
}

/// What is remembered while logins go by. Its size is bounded, whatever comes.
#[derive(Debug)]
pub struct Hunter {
    thresholds: Thresholds,
    people: HashMap<String, Person>,
    sources: HashMap<Source, Knocking>,
}

impl Hunter {
    /// How far clocks may be apart.
    pub const CLOCKS: Duration = Duration::from_mins(90);

    /// Accounts that are remembered, and sources that knock; whoever was away for the longest time is forgotten first.
    const MOST_PEOPLE: usize = 20_000;
    const MOST_SOURCES: usize = 20_000;

    pub fn new(thresholds: Thresholds) -> Self {
        Self { thresholds, people: HashMap::new(), sources: HashMap::new() }
    }

    /// The habits of an account, from an earlier hunt.
    pub fn know(&mut self, whose: String, profile: Profile) {
        self.people.insert(whose, Person::with(profile));
    }

    /// The signs that this login completes. Logins come in the order of [`order`].
    pub fn see(&mut self, sighting: &Arc<Sighting>) -> Vec<Sign> {
        let whose = self.thresholds.whose(sighting);
        if sighting.is_success() { self.success(sighting, whose) } else { self.failure(sighting, whose) }
    }

    pub fn into_profiles(self) -> BTreeMap<String, Profile> {
        let known = self.people.into_iter().map(|(whose, person)| (whose, person.profile));
        known.filter(|(_, profile)| profile.logins.days > 0).collect()
    }

    fn failure(&mut self, sighting: &Arc<Sighting>, whose: Option<String>) -> Vec<Sign> {
        let Some(whose) = whose else { return Vec::new() };
        make_room(&mut self.sources, Self::MOST_SOURCES, |knocking| knocking.latest);
        let source = Source::of(sighting);
        let trusted = sighting.address.is_some_and(|address| self.thresholds.trusts(address));
        let knocking = self.sources.entry(source.clone()).or_insert_with(|| Knocking::since(sighting.at));
        let tried_another = knocking.fail(&whose, sighting, self.thresholds.window);
        if !tried_another || trusted || sighting.address.is_none() {
            return Vec::new();
        }
        knocking.spraying(&source, sighting.at, &self.thresholds).into_iter().collect()
    }

    fn success(&mut self, sighting: &Arc<Sighting>, whose: Option<String>) -> Vec<Sign> {
        let Some(whose) = whose.filter(|_| sighting.method.is_entry()) else { return Vec::new() };
        make_room(&mut self.people, Self::MOST_PEOPLE, |person| person.profile.logins.last);
        let source = Source::of(sighting);
        let mut signs = Vec::new();
        let person = self.people.entry(whose.clone()).or_default();
        if let Some(knocking) = self.sources.get_mut(&source) {
            let usual = Profile::uses(&person.profile.sources, &source.to_string());
            signs.extend(knocking.success_after_failures(&whose, sighting, usual, &self.thresholds));
            knocking.succeed(&whose, sighting);
        }
        signs.extend(person.log_in(&whose, sighting, &self.thresholds));
        signs
    }
}

/// Forgets the older half when there are too many: seldom, so that it costs little.
fn make_room<K: Clone + Eq + std::hash::Hash, V>(
    entries: &mut HashMap<K, V>,
    most: usize,
    latest: impl Fn(&V) -> Timestamp,
) {
    if entries.len() < most {
        return;
    }
    let mut times: Vec<Timestamp> = entries.values().map(&latest).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    entries.retain(|_, entry| latest(entry) > median);
}
