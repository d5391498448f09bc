//! One account that gets in: what is unusual for it.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::Sighting;
use domain::sighting::Country;
use domain::verdict::Judgement;

use super::place::{self, Way};
use crate::kind::Kind;
use crate::profile::{Habit, Profile, days_between};
use crate::sign::Sign;
use crate::source::{Source, is_outside};
use crate::thresholds::Thresholds;

/// What is remembered of one account.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub profile: Profile,
    /// The last login from each country, a few.
    places: Vec<(Country, Arc<Sighting>)>,
    /// Logins of the last minutes, from outside, one for each network.
    recent: VecDeque<Arc<Sighting>>,
}

impl Person {
    const MOST_PLACES: usize = 8;
    const MOST_RECENT: usize = 32;

    pub fn with(profile: Profile) -> Self {
        Self { profile, ..Self::default() }
    }

    /// The signs in this login, which then belongs to the habits.
    pub fn log_in(&mut self, whose: &str, login: &Arc<Sighting>, thresholds: &Thresholds) -> Vec<Sign> {
        let trusted = login.address.is_some_and(|address| thresholds.trusts(address));
        let mut signs: Vec<Found> = Vec::new();
        signs.extend(self.dormant(login, thresholds));
        signs.extend(self.off_hours(login, thresholds));
        if login.address.is_some_and(is_outside) && !trusted {
            signs.extend(malicious(login));
            signs.extend(self.new_place(login, thresholds));
            signs.extend(self.travel(login, thresholds));
            signs.extend(self.at_once(login, thresholds));
        }
        self.profile.learn(login);
        let sign = |Found { kind, score, mark, sentence, before }: Found| Sign {
            kind,
            score,
            subject: whose.to_owned(),
            at: login.at,
            mark,
            sentence: format!("{whose} {sentence}"),
            evidence: before.into_iter().chain([Arc::clone(login)]).collect(),
        };
        signs.into_iter().map(sign).collect()
    }

    fn dormant(&self, login: &Sighting, thresholds: &Thresholds) -> Option<Found> {
        let logins = &self.profile.logins;
        let slept = days_between(logins.last, login.at);
        (logins.is_usual() && slept >= i64::from(thresholds.dormant_days)).then(|| {
            let limit = thresholds.dormant_days;
            let sentence = format!("got in after {slept} days without a login (limit: {limit} days).");
            Found::new(Kind::DormantAccount, 45, String::new(), sentence)
        })
    }

    /// Programs log in at all hours; who has a habit has hours at which he is never there.
    fn off_hours(&self, login: &Sighting, thresholds: &Thresholds) -> Option<Found> {
        const FEWEST_DAYS: u16 = 10;
        const MOST_HOURS: usize = 14;
        let profile = &self.profile;
        let has_habit = profile.is_learnt(login.at, thresholds.learning_days)
            && profile.logins.days >= FEWEST_DAYS
            && profile.hours.len() <= MOST_HOURS;
        (has_habit && !profile.knows_hour(login.at, Thresholds::HOURS_AROUND)).then(|| {
            let time = login.at.strftime("%H:%M");
            let days = profile.logins.days;
            let sentence = format!("got in at {time} UTC, and on {days} days never within two hours of it.");
            Found::new(Kind::OffHours, 25, String::new(), sentence)
        })
    }

    /// A new network is a weak sign: people have telephones. It is none beside a new country.
    fn new_place(&self, login: &Sighting, thresholds: &Thresholds) -> Option<Found> {
        let (at, days) = (login.at, thresholds.learning_days);
        if !self.profile.is_learnt(at, days) {
            return None;
        }
        let watched = days_between(self.profile.logins.first, at);
        if let Some(country) = login.country
            && Profile::is_new(&self.profile.countries, country.code(), at, days)
        {
            let sentence = format!("got in from {}, for the first time in {watched} days.", country.name());
            return Some(Found::new(Kind::NewCountry, 50, country.code().to_owned(), sentence));
        }
        let network = login.network.as_ref()?;
        Profile::is_new(&self.profile.networks, network, at, days).then(|| {
            let sentence =
                format!("got in from the network {network}, for the first time in {watched} days.");
            Found::new(Kind::NewNetwork, 15, network.clone(), sentence)
        })
    }

    fn travel(&mut self, login: &Arc<Sighting>, thresholds: &Thresholds) -> Option<Found> {
        let country = login.country?;
        let countries = &self.profile.countries;
        let usual = |country: Country| Profile::uses(countries, country.code());
        let earlier = self.places.iter().filter(|(known, _)| *known != country);
        // Whoever is usually in both places has a way of being so: a VPN, or an office there.
        let unusual = earlier.filter(|(known, _)| !(usual(*known) && usual(country)));
        let ways = unusual.filter_map(|(_, before)| place::way(before, login, thresholds.travel_kmh));
        let farthest = ways.max_by(|one, other| one.km.total_cmp(&other.km));
        let found = farthest.map(|way| {
            let Way { before, km, minutes } = way;
            let from = before.country.map(Country::name).unwrap_or_default();
            let mut pair = [before.country.unwrap_or(country), country];
            pair.sort_unstable();
            let sentence = format!(
                "got in from {from} and {minutes} minutes later from {}, at least {km:.0} km away (limit: {} km/h, and \
                 an hour's head start).",
                country.name(),
                thresholds.travel_kmh,
            );
            let mark = format!("{}-{}", pair[0], pair[1]);
            Found { before: vec![before], ..Found::new(Kind::ImpossibleTravel, 75, mark, sentence) }
        });
        self.places.retain(|(known, _)| *known != country);
        self.places.push((country, Arc::clone(login)));
        if self.places.len() > Self::MOST_PLACES {
            self.places.remove(0);
        }
        found
    }

    fn at_once(&mut self, login: &Arc<Sighting>, thresholds: &Thresholds) -> Option<Found> {
        let since = login.at - Thresholds::AT_ONCE;
        let source = Source::of(login);
        self.recent.retain(|earlier| earlier.at >= since && Source::of(earlier) != source);
        self.recent.push_back(Arc::clone(login));
        if self.recent.len() > Self::MOST_RECENT {
            self.recent.pop_front();
        }
        let sources = &self.profile.sources;
        let usual = |login: &Arc<Sighting>| Profile::uses(sources, &Source::of(login).to_string());
        let unusual: Vec<&Arc<Sighting>> = self.recent.iter().filter(|login| !usual(login)).collect();
        let networks = u32::try_from(unusual.len()).unwrap_or(u32::MAX);
        (networks >= thresholds.networks_at_once).then(|| {
            let (minutes, limit) = (Thresholds::AT_ONCE.as_secs() / 60, thresholds.networks_at_once);
            let sentence =
                format!("got in from {networks} unusual networks within {minutes} minutes (limit: {limit}).");
            let before = unusual.into_iter().filter(|earlier| earlier.alert_key != login.alert_key);
            let before: Vec<Arc<Sighting>> = before.rev().take(Sign::MOST_EVIDENCE - 1).cloned().collect();
            Found { before, ..Found::new(Kind::ConcurrentSessions, 45, String::new(), sentence) }
        })
    }
}

/// A sign without whom it is about.
struct Found {
    kind: Kind,
    score: u8,
    mark: String,
    /// What the account did.
    sentence: String,
    /// Logins before this one that belong to it.
    before: Vec<Arc<Sighting>>,
}

impl Found {
    fn new(kind: Kind, score: u8, mark: String, sentence: String) -> Self {
        Self { kind, score, mark, sentence, before: Vec::new() }
    }
}

fn malicious(login: &Sighting) -> Option<Found> {
    let address = login.address?;
    let score = match login.judgement? {
        Judgement::Malicious => 90,
        Judgement::Suspicious => 55,
        Judgement::Observed
        | Judgement::Unknown
        | Judgement::BenignInfrastructure
        | Judgement::NoEvidence => return None,
    };
    let judgement = login.judgement.map(Judgement::name).unwrap_or_default();
    let sentence = format!("got in from {address}, which intelligence called {judgement}.");
    Some(Found::new(Kind::MaliciousSource, score, address.to_string(), sentence))
}

const _: () = assert!(Habit::USUAL_DAYS >= 2, "one login must not make its own place usual");
