//! The questions about the indicators of one alert, page after page, and what came of them.

use domain::indicator::Found;
use domain::verdict::{Answer, Unanswered};
use jiff::Timestamp;
use reqwest::StatusCode;

use super::{Misp, closed_until, response};
use crate::providers::Asked;
use crate::providers::transport::Received;

/// An answer that was given stays, whatever comes after it.
#[derive(Debug)]
pub(crate) struct Survey<'a> {
    indicators: Vec<(&'a Found, Option<Answer>)>,
    rounds_left: usize,
    closed_until: Option<Timestamp>,
}

impl<'a> Survey<'a> {
    /// A full page may hide the matches of indicators that it does not show: they are asked about once more.
    const ROUNDS: usize = 2;

    pub(crate) fn of(asked: &[&'a Found]) -> Self {
        let unreadable = || Answer::Unknown { reason: Unanswered::InvalidResponse };
        let indicator = |found: &&'a Found| (*found, (!Misp::covers(&found.indicator)).then(unreadable));
        Self {
            indicators: asked.iter().map(indicator).collect(),
            rounds_left: Self::ROUNDS,
            closed_until: None,
        }
    }

    /// What the next request is about; nothing when there is to be none, as after the last of a window.
    pub(crate) fn next_question(&self) -> Option<Vec<&'a Found>> {
        let open: Vec<&Found> = self.open().collect();
        (!open.is_empty() && self.rounds_left > 0 && self.closed_until.is_none()).then_some(open)
    }

    /// What became of that request.
    pub(crate) fn hear(&mut self, received: Result<&Received, Unanswered>, now: Timestamp) {
        self.rounds_left = self.rounds_left.saturating_sub(1);
        self.closed_until = received.ok().and_then(|received| closed_until(received, now));
        let open: Vec<&Found> = self.open().collect();
        let page = received.and_then(|received| match received.status {
            StatusCode::OK => response::answers(received, &open, now),
            _ => Err(received.refusal()),
        });
        let page = page.unwrap_or_else(|reason| vec![Some(Answer::Unknown { reason }); open.len()]);
        let unanswered = self.indicators.iter_mut().filter(|(_, answer)| answer.is_none());
        for ((_, answer), heard) in unanswered.zip(page) {
            *answer = heard;
        }
    }

    /// One answer for each indicator, in their order.
    pub(crate) fn end(self, requests: u32) -> Asked {
        // What is still hidden is not known, and not "nothing".
        let reason =
            if self.closed_until.is_some() { Unanswered::RateLimited } else { Unanswered::InvalidResponse };
        let answers = self.indicators.into_iter();
        let answers = answers.map(|(_, answer)| answer.unwrap_or(Answer::Unknown { reason })).collect();
        Asked { answers, closed_until: self.closed_until, quota: None, requests }
    }

    fn open(&self) -> impl Iterator<Item = &'a Found> {
        self.indicators.iter().filter(|(_, answer)| answer.is_none()).map(|(found, _)| *found)
    }
}
