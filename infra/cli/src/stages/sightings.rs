//! Logins below triage level, as the sightings table keeps them.

use std::collections::BTreeMap;

use analyze::sightings::{Sightings as Table, subject};
use domain::{Alert, Sighting};
use jiff::Timestamp;

/// Failed logins by whom they are about.
#[derive(Debug, Default)]
pub(super) struct Sightings(BTreeMap<String, Vec<Timestamp>>);

impl Sightings {
    pub fn record(&mut self, alert: &Alert, now: Timestamp) {
        let Some(sighting) = Sighting::of(alert, now).filter(|sighting| !sighting.is_success()) else {
            return;
        };
        for subject in sighting.subjects() {
            self.0.entry(subject).or_default().push(sighting.at);
        }
    }

    /// By whoever the alert is about, in the hour before `now`.
    pub fn failures(&self, alert: &Alert, now: Timestamp) -> u32 {
        let seen = subject(alert).and_then(|subject| self.0.get(&subject));
        let recent =
            |seen: &Vec<Timestamp>| seen.iter().filter(|at| (now - Table::HOUR..=now).contains(at)).count();
        u32::try_from(seen.map_or(0, recent)).unwrap_or(u32::MAX)
    }
}
