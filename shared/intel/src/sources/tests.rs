//! Sources against servers on the loopback that answer as the real ones do, and as whoever stands before them can.

mod hostile;
mod lists;
mod misp;
mod misp_feed;
mod otx;
mod resume;
mod stub;
mod warninglists;

use std::collections::BTreeMap;

use jiff::Timestamp;
use lambda::secrets::Secret;

use super::{FetchError, Fetcher, LeftOut, Places, Settings, Source, State, Step, Tally};
use crate::feed::{Entry, Row};

fn now() -> Timestamp {
    "2026-10-03T12:00:00Z".parse().unwrap()
}

fn key() -> Secret {
    Secret::new("k3y")
}

/// Everything is at this one place, and its rows are of documentation addresses.
fn settings(url: &str) -> Settings {
    Settings {
        places: Places {
            otx: url.into(),
            misp: Some(url.into()),
            abuseipdb: url.into(),
            spamhaus: url.into(),
            feodo: url.into(),
            urlhaus: url.into(),
            threatfox: url.into(),
            tor: url.into(),
            warninglists: url.into(),
        },
        documentation_is_public: true,
        ..Settings::default()
    }
}

fn fetcher(url: &str) -> Fetcher {
    Fetcher::new(settings(url)).unwrap()
}

/// What whoever calls the fetcher keeps of one source.
#[derive(Default)]
struct Kept {
    rows: BTreeMap<Entry, Row>,
    lists: BTreeMap<&'static str, usize>,
    tally: BTreeMap<LeftOut, usize>,
    state: State,
    unchanged: usize,
}

impl Kept {
    /// Does one step and keeps what it brings; says whether there is more.
    async fn step(&mut self, fetcher: &Fetcher, source: &Source, at: Timestamp) -> Result<bool, FetchError> {
        let step = fetcher.step(source, Some(&key()), &self.state, at).await?;
        let more = step.more();
        let state = serde_json::to_string(step.state()).unwrap();
        assert!(state.len() <= 64 * 1024, "{} bytes", state.len());
        match step {
            Step::Unchanged { .. } => self.unchanged += 1,
            Step::Whole { rows, tally, .. } => {
                self.rows.clear();
                self.keep(rows, tally, source);
            }
            Step::Part { rows, removed, tally, .. } => {
                for (entry, name) in removed {
                    assert_eq!(name, source.witness());
                    self.rows.remove(&entry);
                }
                self.keep(rows, tally, source);
            }
            Step::Warninglist { name, json, .. } => {
                self.lists.insert(name, json.len());
            }
        }
        self.state = serde_json::from_str(&state).unwrap();
        Ok(more)
    }

    fn keep(&mut self, rows: Vec<Row>, tally: Tally, source: &Source) {
        assert_eq!(tally.rows, rows.len());
        for row in rows {
            assert_eq!(row.source, source.witness());
            let row = match self.rows.remove(&row.entry) {
                Some(known) => known.renewed_by(row),
                None => row,
            };
            self.rows.insert(row.entry.clone(), row);
        }
        for (reason, entries) in tally.left_out {
            *self.tally.entry(reason).or_default() += entries;
        }
    }

    /// Steps until there is nothing more to do.
    async fn run(&mut self, fetcher: &Fetcher, source: &Source, at: Timestamp) -> Result<usize, FetchError> {
        let mut steps = 1;
        while self.step(fetcher, source, at).await? {
            steps += 1;
            assert!(steps < 1_000, "it never ends");
        }
        Ok(steps)
    }

    /// The rows as `entry confidence "title" until end`.
    fn shown(&self) -> Vec<String> {
        let rows = self.rows.values().map(|row| {
            let listing = &row.listing;
            let sure = listing.confidence.map_or_else(String::new, |percent| format!(" {percent}%"));
            let title = listing.title.as_deref().map_or_else(String::new, |title| format!(" \"{title}\""));
            let end =
                row.expires.map_or_else(String::new, |end| format!(" until {}", end.strftime("%m-%d %H:%M")));
            format!("{}{sure}{title}{end}", row.entry)
        });
        rows.collect()
    }

    fn entries(&self) -> Vec<String> {
        self.rows.keys().map(ToString::to_string).collect()
    }
}
