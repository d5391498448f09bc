//! Keeps the list of confirmed indicators, and has Wazuh load it.

use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::reload::reload;
use super::settings::ApiSettings;
use crate::cdb::{Change, List, Updated};
use crate::failure::chain;
use crate::journal::Journal;

/// A reload reads all rules again.
const BETWEEN_RELOADS: Duration = Duration::from_mins(5);

#[derive(Debug)]
pub struct Keeper {
    list: List,
    api: Option<ApiSettings>,
    loading: Loading,
    asked_at: Option<Instant>,
}

/// Whether analysisd has the list as it is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loading {
    Loaded,
    Due,
    /// Nothing but a restart helps, and the log says so.
    LeftToRestart,
}

impl Keeper {
    pub fn new(list: List, api: Option<ApiSettings>) -> Self {
        Self { list, api, loading: Loading::Loaded, asked_at: None }
    }

    /// An error only costs the list this change; the event itself is Wazuh's already.
    pub fn note(&mut self, change: &Change, today: Date, journal: &Journal) {
        if let Err(error) = self.list.note(change, today) {
            let path = self.list.path().display();
            journal.failure(&format!("could not remember an indicator for {path}: {error}"));
        }
    }

    /// Rewrites and loads what is due.
    pub async fn tend(&mut self, now: Instant, today: Date, journal: &Journal) {
        let updated = self.list.update(now, today);
        self.took(&updated, journal);
        let waited = self.asked_at.is_none_or(|last| now.saturating_duration_since(last) >= BETWEEN_RELOADS);
        if self.loading == Loading::Due && waited {
            self.asked_at = Some(now);
            self.load(journal).await;
        }
    }

    /// For the end of the program.
    pub fn finish(&mut self, today: Date, journal: &Journal) {
        let updated = self.list.update_now(today);
        self.took(&updated, journal);
    }

    fn took(&mut self, updated: &std::io::Result<Updated>, journal: &Journal) {
        let path = self.list.path().display();
        match updated {
            Ok(Updated::NotDue | Updated::Unchanged) => {}
            Ok(Updated::Rewritten { lines }) => {
                journal.success(&format!("wrote {lines} confirmed indicators to {path}"));
                if self.loading == Loading::Loaded {
                    self.loading = Loading::Due;
                }
            }
            Err(error) => journal.failure(&format!("could not write {path}: {error}")),
        }
    }

    async fn load(&mut self, journal: &Journal) {
        let path = self.list.path().display();
        let Some(api) = &self.api else {
            self.loading = Loading::LeftToRestart;
            return journal.success(&format!(
                "{path} is loaded with the next restart of wazuh-manager; wazuh_api_user and wazuh_api_password_file \
                 would have it loaded at once"
            ));
        };
        match reload(api).await {
            Ok(()) => {
                self.loading = Loading::Loaded;
                journal.success(&format!("Wazuh loads {path}"));
            }
            // It stays due: the next try is in some minutes.
            Err(error) => journal.failure(&format!("could not have Wazuh load {path}: {}", chain(&error))),
        }
    }
}
