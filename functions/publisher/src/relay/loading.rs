//! Has Wazuh load lists that have changed on disk.

use std::time::{Duration, Instant};

use super::reload::reload;
use super::settings::ApiSettings;
use crate::failure::chain;
use crate::journal::Journal;

/// A reload reads all rules again.
const BETWEEN_RELOADS: Duration = Duration::from_mins(5);

#[derive(Debug)]
pub struct Loader {
    /// What the log calls the lists.
    lists: String,
    api: Option<ApiSettings>,
    loading: Loading,
    asked_at: Option<Instant>,
}

/// Whether analysisd has the lists as they are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loading {
    Loaded,
    Due,
    /// Nothing but a restart helps, and the log says so.
    LeftToRestart,
}

impl Loader {
    pub fn new(lists: String, api: Option<ApiSettings>) -> Self {
        Self { lists, api, loading: Loading::Loaded, asked_at: None }
    }

    /// Wazuh does not know what is on disk now.
    pub fn changed(&mut self) {
        if self.loading == Loading::Loaded {
            self.loading = Loading::Due;
        }
    }

    /// Asks for what is due, at most once in some minutes.
    pub async fn tend(&mut self, now: Instant, journal: &Journal) {
        let waited = self.asked_at.is_none_or(|last| now.saturating_duration_since(last) >= BETWEEN_RELOADS);
        if self.loading == Loading::Due && waited {
            self.asked_at = Some(now);
            self.load(journal).await;
        }
    }

    async fn load(&mut self, journal: &Journal) {
        let lists = &self.lists;
        let Some(api) = &self.api else {
            self.loading = Loading::LeftToRestart;
            return journal.success(&format!(
                "{lists} is loaded with the next restart of wazuh-manager; wazuh_api_user and wazuh_api_password_file \
                 would have it loaded at once"
            ));
        };
        match reload(api).await {
            Ok(()) => {
                self.loading = Loading::Loaded;
                journal.success(&format!("Wazuh loads {lists}"));
            }
            // It stays due: the next try is in some minutes.
            Err(error) => journal.failure(&format!("could not have Wazuh load {lists}: {}", chain(&error))),
        }
    }
}
