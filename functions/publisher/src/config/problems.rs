//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// Everything that is wrong with a configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

/// One error: which setting, what is wrong, and how a right one looks. Never the value: it may be a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub name: String,
    pub wrong: String,
    pub example: String,
}

impl Problems {
    /// Each error by itself.
    pub fn each(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, wrong, example } = self;
        write!(formatter, "{name}: {wrong} (example: {example})")
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.each().collect::<Vec<_>>().join("; "))
    }
}

impl std::error::Error for Problems {}
