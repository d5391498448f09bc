//! Everything about the indicators of an alert: what is known here first, then the providers, each protected from a
//! flood of alerts by the cache, by turns, by its gate and by its ledger.

mod asking;

use std::time::Duration;

use domain::RuleLevel;
use domain::indicator::Found;
use domain::verdict::{
    Answer, Class, Evidence, Examined, Provider, Report, Skipped, Standing, Unanswered, Witness,
};
use futures_util::future::{join, join_all};
use jiff::Timestamp;

use crate::door::Door;
use crate::keys::Keys;
use crate::latest::Latest;
use crate::policy::Policy;
use crate::providers::Client;
use crate::recent::Recent;
use crate::snapshot::{Current, Listed, Snapshot};
use crate::store::{IntelStore, Kept};
use crate::usage::Usage;
use crate::warninglists::Warninglists;
use asking::Outcome;

/// The providers with their keys, store and protection.
#[derive(Debug)]
pub struct Intelligence<S> {
    policy: Policy,
    clients: Vec<Client>,
    keys: Keys,
    door: Door,
    store: S,
    recent: Recent,
    snapshot: Current,
    warninglists: Latest<Warninglists>,
}

/// What is to be examined, and how much it is worth.
#[derive(Debug)]
pub struct Inquiry<'a> {
    pub found: &'a [Found],
    /// One for each: whether the same was asked for the same rule a moment ago. Those are looked at, never looked up.
    pub repeated: &'a [bool],
    /// Decides whether the last tenth of a day's requests may be used.
    pub level: RuleLevel,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Examination {
    pub examined: Vec<Examined>,
    pub usage: Vec<Usage>,
    /// Indicators for which the snapshot has spared a read of the store.
    pub reads_saved: u32,
}

/// One indicator with what is known about it here.
struct Subject<'a> {
    found: &'a Found,
    kept: Kept,
    exempt: Option<Skipped>,
    repeated: bool,
    read_saved: bool,
}

impl<S: IntelStore> Intelligence<S> {
    /// At most this many indicators of one alert are looked at.
    pub const MAX_EXAMINED: usize = 24;

    /// At most this many are looked up; more are rare and would hold up the batch.
    const MAX_ASKED: usize = 8;

    /// All providers together; who has not answered by then is unknown.
    const TIMEOUT: Duration = Duration::from_secs(4);

    /// How long one worker may keep others from asking: a little more than a client's time budget.
    const TURN: Duration = Duration::from_secs(3);

    pub fn new(policy: Policy, clients: Vec<Client>, keys: Keys, door: Door, store: S) -> Self {
        Self {
            policy,
            clients,
            keys,
            door,
            store,
            recent: Recent::default(),
            snapshot: Current::default(),
            warninglists: Latest::default(),
        }
    }

    /// Believes what this snapshot says is not listed, whatever snapshot that is at the time. Only with one are networks
    /// found in a store that cannot search for them.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Current) -> Self {
        self.snapshot = snapshot;
        self
    }

    /// Says of every indicator what these lists say of it, whatever lists they are at the time. They bound and label:
    /// providers are asked as without them.
    #[must_use]
    pub fn with_warninglists(mut self, warninglists: Latest<Warninglists>) -> Self {
        self.warninglists = warninglists;
        self
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Examines the indicators of one alert; those that are never reported are left out.
    pub async fn examine(&self, inquiry: &Inquiry<'_>, now: Timestamp) -> Examination {
        let subjects = self.subjects(inquiry, now).await;
        let consulted = join_all(self.clients.iter().map(|client| {
            let level = inquiry.level;
            self.consult(client, &subjects, level, now)
        }))
        .await;
        let (mut reports, mut usage): (Vec<Vec<Option<Report>>>, Vec<Usage>) = (Vec::new(), Vec::new());
        for (of_provider, used) in consulted {
            reports.push(of_provider);
            usage.push(used);
        }
        let warninglists = self.warninglists.get();
        let examined = subjects.iter().enumerate().map(|(index, subject)| {
            let of_providers = reports.iter_mut().filter_map(|reports| reports.get_mut(index)?.take());
            Examined {
                found: subject.found.clone(),
                reports: subject.listings(now).chain(of_providers).collect(),
                standings: self.standings(subject, warninglists.as_deref()),
            }
        });
        let examined = examined.collect();
        let saved = subjects.iter().filter(|subject| subject.read_saved).count();
        Examination { examined, usage, reads_saved: u32::try_from(saved).unwrap_or(u32::MAX) }
    }

    /// Opens the connections that the first look-up needs: to the keys' store and to the table.
    pub async fn warm_up(&self) {
        let provider = Provider::AbuseIpDb;
        let _ = join(self.keys.get(provider), self.store.gate(provider)).await;
    }

    /// Tells MISP that an indicator was seen, at most once a day: every sighting keeps its attribute alive, and tells
    /// the sharing community what meets us.
    pub async fn add_sighting(&self, found: &Found, now: Timestamp) {
        const DAY: Duration = Duration::from_hours(24);
        let misp = self.clients.iter().find_map(|client| match client {
            Client::Misp(misp) => Some(misp),
            Client::AbuseIpDb(_) | Client::Otx(_) => None,
        });
        let (Some(misp), Some(key)) = (misp, self.keys.get(Provider::Misp).await) else { return };
        let due = self.store.note(&found.indicator, "sighted", now, DAY).await.unwrap_or(false);
        if !due || self.door.admit(&self.store, &self.recent, Provider::Misp, now).await.is_err() {
            return;
        }
        match misp.add_sighting(&[found], &key, now).await {
            Ok(_) => {}
            Err(reason) => {
                tracing::warn!(provider = "misp", reason = reason.name(), "a sighting was not added");
            }
        }
    }

    async fn subjects<'a>(&self, inquiry: &Inquiry<'a>, now: Timestamp) -> Vec<Subject<'a>> {
        let repeated = inquiry.repeated.iter().copied().chain(std::iter::repeat(false));
        let reported = inquiry
            .found
            .iter()
            .zip(repeated)
            .filter(|(found, _)| !self.policy.never_reports(&found.indicator))
            .take(Self::MAX_EXAMINED);
        let snapshot = self.snapshot.believed(now);
        let with_key = match &snapshot {
            Some(_) => self.clients_with_key().await,
            None => Vec::new(),
        };
        let (snapshot, with_key) = (snapshot.as_deref(), &with_key[..]);
        join_all(reported.map(|(found, repeated)| async move {
            let exempt = self.policy.exempts(&found.indicator);
            let could_ask = exempt.is_none() && with_key.iter().any(|client| client.covers(found));
            let (kept, read_saved) = match listed_in(snapshot, found) {
                Some(listed) if listed.is_nowhere() && !could_ask => (Kept::default(), true),
                listed => (self.about(found, &listed.unwrap_or_default(), now).await, false),
            };
            let allowed = kept.standings.iter().any(|standing| standing.class == Class::Allowed);
            let by_row = allowed.then_some(Skipped::AllowList);
            Subject { found, kept, exempt: exempt.or(by_row), repeated, read_saved }
        }))
        .await
    }

    /// Those that may have answered before, or may be asked.
    async fn clients_with_key(&self) -> Vec<&Client> {
        let clients = self
            .clients
            .iter()
            .map(|client| async move { self.keys.may_have(client.provider()).await.then_some(client) });
        join_all(clients).await.into_iter().flatten().collect()
    }

    async fn about(&self, found: &Found, listed: &Listed, now: Timestamp) -> Kept {
        if let Some(kept) = self.recent.about(&found.indicator, now) {
            return kept;
        }
        // A store that fails is a store that is empty: the alert goes on, and the log says so.
        let kept = self.store.about(&found.indicator, &listed.networks, now).await.unwrap_or_else(|error| {
            tracing::warn!(
                error = lambda::logs::chain(&error),
                "what is known about an indicator could not be read"
            );
            Kept::default()
        });
        self.recent.remember(&found.indicator, kept.clone(), now);
        kept
    }

    fn standings(&self, subject: &Subject<'_>, warninglists: Option<&Warninglists>) -> Vec<Standing> {
        let mut standings = subject.kept.standings.clone();
        standings.extend(warninglists.into_iter().flat_map(|lists| lists.about(&subject.found.indicator)));
        standings.extend(self.policy.standings(&subject.found.indicator));
        standings
    }

    /// One provider's reports, one for each subject that it covers.
    async fn consult(
        &self,
        client: &Client,
        subjects: &[Subject<'_>],
        level: RuleLevel,
        now: Timestamp,
    ) -> (Vec<Option<Report>>, Usage) {
        let provider = client.provider();
        let mut usage = Usage::new(provider);
        let mut reports: Vec<Option<Report>> = Vec::new();
        let (mut to_ask, mut repeated) = (Vec::new(), Vec::new());
        for (index, subject) in subjects.iter().enumerate() {
            let skipped = |reason| Some(subject.report(provider, Answer::Skipped { reason }, now, false));
            let report = if !client.covers(subject.found) {
                None
            } else if let Some(reason) = subject.exempt {
                skipped(reason)
            } else if let Some(kept) = subject.kept.answer(provider) {
                usage.saved += 1;
                Some(subject.report(provider, kept.answer.clone(), kept.asked_at, true))
            } else if subject.repeated {
                repeated.push(index);
                skipped(Skipped::Repeat)
            } else if to_ask.len() >= Self::MAX_ASKED {
                skipped(Skipped::TooMany)
            } else {
                to_ask.push(index);
                Some(subject.report(provider, Answer::Unknown { reason: Unanswered::Timeout }, now, false))
            };
            reports.push(report);
        }
        let asked: Vec<&Found> =
            to_ask.iter().filter_map(|index| Some(subjects.get(*index)?.found)).collect();
        let overheard = repeated.iter().filter_map(|index| Some((*index, subjects.get(*index)?)));
        let overheard = join_all(overheard.map(|(index, subject)| async move {
            (index, self.overhear(subject.found, provider, now).await)
        }));
        let asking = tokio::time::timeout(Self::TIMEOUT, self.ask(client, &asked, level, now));
        let (answers, overheard) = join(asking, overheard).await;
        let mut settle = |index: usize, outcome: Outcome, usage: &mut Usage| {
            if let (Some(report), Some(subject)) = (reports.get_mut(index), subjects.get(index)) {
                usage.saved += u32::from(outcome.cached);
                *report = Some(subject.report(provider, outcome.answer, outcome.asked_at, outcome.cached));
            }
        };
        if let Ok((outcomes, requests)) = answers {
            usage.requests += requests;
            for (index, outcome) in to_ask.into_iter().zip(outcomes) {
                settle(index, outcome, &mut usage);
            }
        }
        for (index, outcome) in overheard {
            if let Some(outcome) = outcome {
                settle(index, outcome, &mut usage);
            }
        }
        for report in reports.iter().flatten() {
            usage.note(&report.answer);
        }
        (reports, usage)
    }
}

/// Nothing where there is no snapshot that is believed.
fn listed_in(snapshot: Option<&Snapshot>, found: &Found) -> Option<Listed> {
    Some(snapshot?.listed(&found.indicator))
}

impl Subject<'_> {
    fn report(&self, provider: Provider, answer: Answer, asked_at: Timestamp, cached: bool) -> Report {
        Report { witness: Witness::Provider(provider), found: self.found.clone(), answer, asked_at, cached }
    }

    /// The feeds that list it, private or not: their rows are here, nobody is asked.
    fn listings(&self, now: Timestamp) -> impl Iterator<Item = Report> {
        self.kept.listings.iter().map(move |(feed, listing)| Report {
            witness: Witness::Feed(feed.clone()),
            found: self.found.clone(),
            answer: Evidence::Listed(listing.clone()).into(),
            asked_at: now,
            cached: false,
        })
    }
}

#[cfg(test)]
mod tests;
