//! What is usual for an account: since when it is known, and from where and at which hours it logs in.
//!
//! Habits are counted in days, not in logins, so that a login that is seen again changes nothing, and a program that
//! logs in a thousand times a day has no more habits than a person.

use std::collections::BTreeMap;

use domain::Sighting;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::source::Source;

/// The habits of one account. Its size is bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// All logins that got in.
    pub logins: Habit,
    pub countries: BTreeMap<String, Habit>,
    /// By the names of their owners.
    pub networks: BTreeMap<String, Habit>,
    /// By their addresses.
    pub sources: BTreeMap<String, Habit>,
    /// By the hour of the day, in UTC.
    pub hours: BTreeMap<u8, Habit>,
}

/// Since when, until when, and on how many days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habit {
    pub first: Timestamp,
    pub last: Timestamp,
    pub days: u16,
}

const DAY_SECONDS: i64 = 86_400;

impl Habit {
    /// From so many days on something is usual.
    pub const USUAL_DAYS: u16 = 3;

    pub fn is_usual(&self) -> bool {
        self.days >= Self::USUAL_DAYS
    }

    fn see(&mut self, at: Timestamp) {
        if self.days == 0 {
            *self = Self { first: at, last: at, days: 1 };
            return;
        }
        if day(at) > day(self.last) {
            self.days = self.days.saturating_add(1);
        }
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }
}

impl Profile {
    const MOST_COUNTRIES: usize = 32;
    const MOST_PLACES: usize = 64;

    /// Adds a login that got in. The same login again changes nothing.
    pub fn learn(&mut self, sighting: &Sighting) {
        let at = sighting.at;
        self.logins.see(at);
        if let Some(country) = sighting.country {
            see(&mut self.countries, country.code(), at, Self::MOST_COUNTRIES);
        }
        if let Some(network) = &sighting.network {
            see(&mut self.networks, network, at, Self::MOST_PLACES);
        }
        see(&mut self.sources, &Source::of(sighting).to_string(), at, Self::MOST_PLACES);
        self.hours.entry(hour(at)).or_default().see(at);
    }

    /// Whether so much is known of the account that something new means something.
    pub fn is_learnt(&self, at: Timestamp, learning_days: u16) -> bool {
        const FEWEST_DAYS: u16 = 5;
        self.logins.days >= FEWEST_DAYS && days_between(self.logins.first, at) >= i64::from(learning_days)
    }

    /// Whether the place is new, among places that have been told apart for as long as learning takes.
    pub fn is_new(known: &BTreeMap<String, Habit>, place: &str, at: Timestamp, learning_days: u16) -> bool {
        let since = known.values().map(|habit| habit.first).min();
        let learnt = since.is_some_and(|since| days_between(since, at) >= i64::from(learning_days));
        learnt && !known.contains_key(place)
    }

    pub fn uses(known: &BTreeMap<String, Habit>, place: &str) -> bool {
        known.get(place).is_some_and(Habit::is_usual)
    }

    /// Whether the account has ever logged in within so many hours of this time of the day.
    pub fn knows_hour(&self, at: Timestamp, tolerance: u8) -> bool {
        let hour = i16::from(hour(at));
        self.hours.keys().any(|known| {
            let apart = (i16::from(*known) - hour).rem_euclid(24);
            apart.min(24 - apart) <= i16::from(tolerance)
        })
    }
}

/// Makes room by forgetting what has not been used for the longest time.
fn see(known: &mut BTreeMap<String, Habit>, place: &str, at: Timestamp, most: usize) {
    // Nearly every login comes from where others came from.
    if let Some(habit) = known.get_mut(place) {
        return habit.see(at);
    }
    known.entry(place.to_owned()).or_default().see(at);
    while known.len() > most {
        let oldest = known.iter().min_by_key(|(_, habit)| habit.last).map(|(place, _)| place.clone());
        let Some(oldest) = oldest else { return };
        known.remove(&oldest);
    }
}

fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY_SECONDS)
}

fn hour(at: Timestamp) -> u8 {
    u8::try_from(at.as_second().rem_euclid(DAY_SECONDS) / 3_600).unwrap_or(0)
}

pub(crate) fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second()).div_euclid(DAY_SECONDS)
}
