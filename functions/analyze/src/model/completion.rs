//! How a question ends: with an answer that was accepted, or with the reason why there is none.

use std::time::Duration;

use domain::analysis::NoAnalysis;

/// An answer that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The JSON object that the model wrote, without anything around it.
    pub text: String,
    /// The model that answered, as the server named it.
    pub model: String,
    /// The server's name for the exchange, to ask its operator about it.
    pub request_id: Option<String>,
    pub usage: Usage,
}

/// Why an answer is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unaccepted {
    /// The model may mend it: what is wrong, in words that go back to it.
    Repairable(String),
    /// It is not asked for again.
    Discarded,
}

/// Tokens of all tries that were answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// With those that came from the cache.
    pub input_tokens: u64,
    pub cached_tokens: u64,
    /// With those of the reasoning.
    pub output_tokens: u64,
    pub reasoning_tokens: u64,
}

impl Usage {
    pub(super) fn add(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
    }
}

/// Why there is no answer, and what was used up without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub reason: NoAnalysis,
    pub request_id: Option<String>,
    pub usage: Usage,
    /// The HTTP status of the last answer; nothing where none came.
    pub status: Option<u16>,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
}
