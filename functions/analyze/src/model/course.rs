//! The course of one question: what is asked next, decided from what went wrong. No clock, no network.
//!
//! One retry in all, of whatever kind. Doing without something that the server does not know is no retry, and is
//! bounded by the number of things that there are.

use std::time::Duration;

use domain::trim::cut_middle;

use super::Request;
use super::decoding::Decoding;
use super::dialect::Question;
use super::manners::Manners;
use super::settings::Settings;
use super::trouble::{Mishap, Trouble};

/// What to do after a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask again, as the course now says.
    Again {
        after: Duration,
    },
    /// Ask again, if there is another key than the one that was turned away.
    WithAnotherKey,
    Stop,
}

/// The next try, and what has been used up.
#[derive(Debug)]
pub(super) struct Course<'a> {
    request: &'a Request<'a>,
    document: &'a str,
    /// The smaller document, until it is sent.
    reduced: Option<&'a str>,
    max_output_tokens: u32,
    complaint: Option<String>,
    retried: bool,
    pub manners: Manners,
}

impl<'a> Course<'a> {
    /// Waited before a retry when the server names no time.
    const PAUSE: Duration = Duration::from_millis(800);
    /// A wait that a server asks for is granted up to this: the mail waits as well.
    const MAX_WAIT: Duration = Duration::from_secs(5);
    /// Less time than this is not worth a try that may be billed.
    const MIN_TRY: Duration = Duration::from_millis(500);
    const MAX_COMPLAINT_BYTES: usize = 400;

    pub(super) fn new(request: &'a Request<'a>, reduced: Option<&'a str>, manners: Manners) -> Self {
        Self {
            request,
            document: request.document,
            reduced,
            max_output_tokens: request.max_output_tokens,
            complaint: None,
            retried: false,
            manners,
        }
    }

    pub(super) fn question<'b>(&'b self, model: &'b str, settings: &'b Settings) -> Question<'b> {
        let Request { instructions, schema, cache_key, .. } = *self.request;
        let decoding = self.manners.decoding;
        let reminder = (decoding != Decoding::JsonSchema).then(|| Decoding::REMINDER.to_owned());
        Question {
            model,
            instructions: decoding.instruct(instructions, schema),
            document: self.document,
            notes: reminder.into_iter().chain(self.complaint.clone()).collect(),
            schema,
            max_output_tokens: self.max_output_tokens,
            cache_key,
            temperature: settings.temperature,
            effort: settings.effort.as_deref(),
            manners: &self.manners,
        }
    }

    /// Decides, and sets up the next try. `left` is the time until the end.
    pub(super) fn after(&mut self, mishap: &Mishap, left: Duration) -> Next {
        match &mishap.trouble {
            Trouble::Unknown(parameter) => {
                if self.manners.without(*parameter) {
                    Next::Again { after: Duration::ZERO }
                } else {
                    Next::Stop
                }
            }
            Trouble::Policy | Trouble::TooLong => match self.reduced.take() {
                Some(reduced) => {
                    self.document = reduced;
                    self.retry(Duration::ZERO, left)
                }
                None => Next::Stop,
            },
            Trouble::Cut => {
                self.max_output_tokens = self.max_output_tokens.saturating_mul(2);
                self.retry(Duration::ZERO, left)
            }
            Trouble::Unaccepted(problem) => {
                let problem = cut_middle(problem, Self::MAX_COMPLAINT_BYTES);
                self.complaint = Some(format!(
                    "Your last answer was not accepted: {problem}. Answer again, with one JSON object only."
                ));
                self.retry(Duration::ZERO, left)
            }
            Trouble::Key if !self.retried => {
                self.retried = true;
                Next::WithAnotherKey
            }
            Trouble::Rate | Trouble::Busy | Trouble::Unreachable if mishap.advice.again != Some(false) => {
                let wait = mishap.advice.wait.unwrap_or(Self::PAUSE);
                if wait <= Self::MAX_WAIT { self.retry(wait, left) } else { Next::Stop }
            }
            Trouble::Key
            | Trouble::Rate
            | Trouble::Busy
            | Trouble::Unreachable
            | Trouble::Refused
            | Trouble::Configuration
            | Trouble::Quota
            | Trouble::Timeout
            | Trouble::Invalid => Next::Stop,
        }
    }

    fn retry(&mut self, after: Duration, left: Duration) -> Next {
        if self.retried || after + Self::MIN_TRY > left {
            return Next::Stop;
        }
        self.retried = true;
        Next::Again { after }
    }
}
