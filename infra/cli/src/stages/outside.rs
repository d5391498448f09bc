//! The way out of the analyze stage: into this process's own hand.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use analyze::explain::Explainer;
use analyze::prompt::Subject;
use analyze::story::{AnalyzeError, Outside};
use domain::analysis::{Analysis, NoAnalysis};
use domain::message::NoticeId;
use domain::{Alert, Notice};
use jiff::Timestamp;

use super::sightings::Sightings;

/// Keeps what the stage sends. Clones share it.
#[derive(Clone)]
pub(super) struct Hand {
    notices: Rc<RefCell<Vec<Notice>>>,
    sightings: Rc<RefCell<Sightings>>,
    explainer: Option<Rc<Explainer>>,
}

impl Hand {
    pub fn new(explainer: Option<Explainer>) -> Self {
        Self { notices: Rc::default(), sightings: Rc::default(), explainer: explainer.map(Rc::new) }
    }

    pub fn record(&self, alert: &Alert, now: Timestamp) {
        self.sightings.borrow_mut().record(alert, now);
    }

    /// What was sent since it was last asked for.
    pub fn take(&self) -> Vec<Notice> {
        self.notices.take()
    }
}

impl Outside for Hand {
    async fn observed_failures(&self, alert: &Alert, now: Timestamp) -> u32 {
        self.sightings.borrow().failures(alert, now)
    }

    async fn explain(&self, subject: &Subject<'_>, notice: &NoticeId, available: Duration) -> Analysis {
        match &self.explainer {
            Some(explainer) => explainer.explain(subject, notice, Timestamp::now(), available).await,
            None => Analysis::Unavailable { reason: NoAnalysis::Disabled },
        }
    }

    async fn send(&self, notice: &Notice) -> Result<(), AnalyzeError> {
        self.notices.borrow_mut().push(notice.clone());
        Ok(())
    }
}
