//! Keeps the list of confirmed indicators, and has Wazuh load it.

use std::time::Instant;

use jiff::civil::Date;

use super::loading::Loader;
use super::settings::ApiSettings;
use crate::cdb::{Change, List, Updated};
use crate::journal::Journal;

#[derive(Debug)]
pub struct Keeper {
    list: List,
    loader: Loader,
}

impl Keeper {
    pub fn new(list: List, api: Option<ApiSettings>) -> Self {
        let loader = Loader::new(list.path().display().to_string(), api);
        Self { list, loader }
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
        self.loader.tend(now, journal).await;
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
                self.loader.changed();
            }
            Err(error) => journal.failure(&format!("could not write {path}: {error}")),
        }
    }
}
