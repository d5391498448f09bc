//! One lane for each destination: one that is down holds up no other.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use std::time::SystemTime;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::backoff::pause;
use crate::destination::Destination;
use crate::failure::{Failure, chain};
use crate::follow::FollowOptions;
use crate::queue::SendError;
use crate::service::sources::{Following, Landed, Source, round};
use crate::ship::{Route, Shipper, Stop, destination};
use crate::spool::{Folder, SpoolError};
use crate::status::{self, seconds};

pub(crate) struct Lanes<'a> {
    shipper: &'a Shipper<'a>,
    by_folder: HashMap<String, Lane>,
    rounds: FuturesUnordered<Pin<Box<dyn Future<Output = Landed> + 'a>>>,
    forgiven_at: Instant,
    /// How far the reading of `alerts.json` is, also while a round is under way.
    alerts_json: Option<status::Follow>,
}

struct Lane {
    folder: Folder,
    /// In the lane of `alerts.json`, while no round has it.
    following: Option<Box<Following>>,
    state: State,
    failures: u32,
    problem: Option<(SystemTime, String)>,
}

enum State {
    /// With the way to the queue, if it is known.
    Idle(Option<Route>),
    Sending,
    /// Not before then.
    Waiting(Instant, Option<Route>),
}

/// The name of the lane of `alerts.json`; no folder of the spool has it.
const FOLLOW: &str = "follow";

/// How long an alert that failed alone is left alone.
const FORGIVEN_AFTER: std::time::Duration = std::time::Duration::from_secs(30);

impl<'a> Lanes<'a> {
    pub(crate) fn new(shipper: &'a Shipper<'a>) -> Self {
        let (by_folder, rounds) = (HashMap::new(), FuturesUnordered::new());
        Self { shipper, by_folder, rounds, forgiven_at: Instant::now(), alerts_json: None }
    }

    /// Starts a round for each destination that has alerts, has none under way and is not to be left alone.
    pub(crate) fn start_what_is_due(&mut self) -> Result<(), SpoolError> {
        for folder in self.shipper.spool.folders()? {
            let lane = self.by_folder.entry(folder.id()).or_insert_with(|| Lane::new(folder.clone()));
            if !lane.is_due() {
                continue;
            }
            let news = self.shipper.news(&folder)?;
            if news.is_empty() {
                continue;
            }
            let (id, route) = (folder.id(), lane.start());
            self.rounds.push(Box::pin(round(self.shipper, id, folder, Source::Spool(news), route)));
        }
        if let Some(lane) = self.by_folder.get_mut(FOLLOW)
            && lane.is_due()
            && let Some(following) = lane.following.take()
        {
            let (folder, route) = (lane.folder.clone(), lane.start());
            let source = Source::Follow(following);
            self.rounds.push(Box::pin(round(self.shipper, FOLLOW.to_owned(), folder, source, route)));
        }
        Ok(())
    }

    /// Another lane, whose alerts are read from `alerts.json`. Whether it can be read is its rounds' matter.
    pub(crate) fn follow_also(
        &mut self,
        destination: &Destination,
        options: &FollowOptions,
    ) -> Result<(), Failure> {
        let folder = self.shipper.spool.folder_for(destination)?;
        let following = Following::new(options.clone());
        self.alerts_json = Some(status::Follow { path: following.alerts().to_owned(), ..Default::default() });
        let lane = Lane { following: Some(Box::new(following)), ..Lane::new(folder) };
        self.by_folder.insert(FOLLOW.to_owned(), lane);
        Ok(())
    }

    /// Says so; what integratord hands over names its queue itself, and goes on.
    pub(crate) fn cannot_follow(&mut self, problem: &Failure, options: &FollowOptions) {
        let path = options.alerts.clone();
        self.shipper.journal.failure(&format!("{} is not followed: {problem}", path.display()));
        let last_error = Some(problem.to_string());
        self.alerts_json = Some(status::Follow { path, failures: 1, last_error, ..Default::default() });
    }

    /// Nothing when `alerts.json` is left to integratord.
    pub(crate) fn follow(&self) -> Option<status::Follow> {
        let follow = self.alerts_json.clone()?;
        let Some(lane) = self.by_folder.get(FOLLOW) else { return Some(follow) };
        let status::Destination { failures, last_error, last_error_at, .. } = lane.status();
        Some(status::Follow { failures, last_error, last_error_at, ..follow })
    }

    pub(crate) fn are_idle(&self) -> bool {
        self.rounds.is_empty()
    }

    /// Returns when a round has ended, or when a destination may be tried again.
    pub(crate) async fn landed(&mut self) {
        let next_try = self.by_folder.values().filter_map(|lane| match lane.state {
            State::Waiting(until, _) if until > Instant::now() => Some(until),
            State::Waiting(..) | State::Idle(_) | State::Sending => None,
        });
        let next_try = next_try.min();
        let shipper = self.shipper;
        tokio::select! {
            landed = next(&mut self.rounds) => {
                if let (Some(following), Some(seen)) = (&landed.following, &mut self.alerts_json) {
                    seen.read(&following.seen);
                }
                if let Some(lane) = self.by_folder.get_mut(&landed.lane) {
                    lane.settle(shipper, landed);
                }
            }
            () = until(next_try) => {}
        }
    }

    /// What failed alone is tried again now and then.
    pub(crate) fn forgive(&mut self) {
        if self.forgiven_at.elapsed() > FORGIVEN_AFTER {
            self.shipper.report.borrow_mut().kept.clear();
            self.forgiven_at = Instant::now();
        }
    }

    /// One line for `systemctl status`.
    pub(crate) fn summary(&self, waiting: u64) -> String {
        let of_lanes = || self.by_folder.values().find_map(|lane| lane.problem.clone()).map(|(_, text)| text);
        let problem = self.follow().and_then(|follow| follow.last_error).or_else(of_lanes);
        format!("{waiting} alerts wait; {}", problem.as_deref().unwrap_or("all is well"))
    }

    pub(crate) fn status(&self) -> Vec<status::Destination> {
        let of_spool = self.by_folder.iter().filter(|(name, _)| *name != FOLLOW);
        let mut destinations: Vec<_> = of_spool.map(|(_, lane)| lane.status()).collect();
        destinations.sort_by(|one, other| one.queue_url.cmp(&other.queue_url));
        destinations
    }
}

impl Lane {
    fn new(folder: Folder) -> Self {
        Self { folder, following: None, state: State::Idle(None), failures: 0, problem: None }
    }

    fn is_due(&self) -> bool {
        match &self.state {
            State::Idle(_) => true,
            State::Sending => false,
            State::Waiting(until, _) => *until <= Instant::now(),
        }
    }

    /// The way that an earlier round found.
    fn start(&mut self) -> Option<Route> {
        match std::mem::replace(&mut self.state, State::Sending) {
            State::Idle(route) | State::Waiting(_, route) => route,
            State::Sending => None,
        }
    }

    fn settle(&mut self, shipper: &Shipper, landed: Landed) {
        self.following = landed.following;
        let stop = match landed.done {
            Ok(()) => {
                if self.failures > 0 {
                    shipper.journal.success(&format!("{} again", self.goes_well()));
                }
                (self.failures, self.problem) = (0, None);
                self.state = State::Idle(landed.route);
                return;
            }
            Err(stop) => stop,
        };
        let problem = match &self.following {
            Some(following) => self.say_once(shipper, following.alerts(), &stop),
            None => self.say(shipper, &stop),
        };
        self.failures += 1;
        self.problem = Some((SystemTime::now(), problem));
        let again_at = Instant::now() + pause(self.failures, fastrand::f64());
        self.state = State::Waiting(again_at, landed.route);
    }

    fn goes_well(&self) -> String {
        match &self.following {
            Some(following) => format!("{} is followed", following.alerts().display()),
            None => format!("{} takes alerts", self.queue_url()),
        }
    }

    /// The alerts wait in Wazuh's own file, so one line is enough for all of them.
    fn say_once(&self, shipper: &Shipper, alerts: &Path, stop: &Stop) -> String {
        let problem = match stop {
            Stop::Send(problem) => format!("{} takes nothing: {problem}", self.queue_url()),
            Stop::Spool(error) => chain(error),
            Stop::Follow(error) => chain(error),
        };
        if self.problem.as_ref().is_none_or(|(_, known)| *known != problem) {
            shipper.journal.failure(&format!("{} waits: {problem}", alerts.display()));
        }
        problem
    }

    fn say(&self, shipper: &Shipper, stop: &Stop) -> String {
        match stop {
            Stop::Send(problem) => {
                self.say_kept(shipper, problem);
                problem.to_string()
            }
            Stop::Spool(error) => {
                shipper.journal.failure(&chain(error));
                error.to_string()
            }
            // The spool follows nothing.
            Stop::Follow(error) => chain(error),
        }
    }

    /// One line for each alert that is new to the trouble.
    fn say_kept(&self, shipper: &Shipper, problem: &SendError) {
        let reported = self.folder.reported();
        let new = shipper.news(&self.folder).unwrap_or_default();
        let new: Vec<_> = new.into_iter().filter(|entry| entry.name() > reported).collect();
        shipper.say_kept(&self.folder, &new, problem);
    }

    fn queue_url(&self) -> String {
        destination(&self.folder).map_or_else(|_| self.folder.id(), |to| String::from(to.queue_url))
    }

    fn status(&self) -> status::Destination {
        status::Destination {
            id: self.folder.id(),
            queue_url: self.queue_url(),
            failures: self.failures,
            last_error: self.problem.as_ref().map(|(_, text)| text.clone()),
            last_error_at: self.problem.as_ref().map(|(at, _)| seconds(*at)),
        }
    }
}

/// Never, while there is no round.
async fn next(rounds: &mut FuturesUnordered<Pin<Box<dyn Future<Output = Landed> + '_>>>) -> Landed {
    poll_fn(|context| match rounds.poll_next_unpin(context) {
        Poll::Ready(Some(landed)) => Poll::Ready(landed),
        Poll::Ready(None) | Poll::Pending => Poll::Pending,
    })
    .await
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
