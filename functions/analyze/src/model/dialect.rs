//! Two ways to ask the same: OpenAI's Responses, and Chat Completions, which nearly every server speaks.
//!
//! Answers are read leniently: an unknown member or state never costs the answer, a missing one never the process.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::manners::{Manners, Parameter};
use super::trouble::Trouble;
use super::{Usage, chat, responses};

/// The name that the schema goes by; the servers allow letters, digits, `_` and `-`.
pub(super) const SCHEMA_NAME: &str = "alert_analysis";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// <https://platform.openai.com/docs/api-reference/responses>
    Responses,
    /// <https://platform.openai.com/docs/api-reference/chat>
    Chat,
}

/// What is asked in one try, before it is put into a dialect.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub model: &'a str,
    pub instructions: String,
    pub document: &'a str,
    /// Said after the document.
    pub notes: Vec<String>,
    pub schema: &'a Value,
    pub max_output_tokens: u32,
    pub cache_key: &'a str,
    pub temperature: Option<f64>,
    pub effort: Option<&'a str>,
    pub manners: &'a Manners,
}

impl Question<'_> {
    /// The document and the notes, in the order in which they are sent.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        [self.document].into_iter().chain(self.notes.iter().map(String::as_str))
    }

    pub(super) fn temperature(&self) -> Option<f64> {
        self.temperature.filter(|_| self.manners.knows(Parameter::Temperature))
    }

    pub(super) fn effort(&self) -> Option<&str> {
        self.effort.filter(|_| self.manners.knows(Parameter::Effort))
    }

    pub(super) fn cache_key(&self) -> Option<&str> {
        self.manners.knows(Parameter::CacheKey).then_some(self.cache_key)
    }
}

/// What a server sent back with a good status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub model: String,
    pub usage: Usage,
    /// The model's text, if it ended as it should.
    pub said: Result<String, Trouble>,
}

impl Dialect {
    pub(super) fn path(self) -> &'static [&'static str] {
        match self {
            Self::Responses => &["responses"],
            Self::Chat => &["chat", "completions"],
        }
    }

    pub(super) fn body(self, question: &Question<'_>) -> Value {
        match self {
            Self::Responses => responses::body(question),
            Self::Chat => chat::body(question),
        }
    }

    pub(super) fn read(self, document: &Value) -> Reply {
        match self {
            Self::Responses => responses::read(document),
            Self::Chat => chat::read(document),
        }
    }
}

impl FromStr for Dialect {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "responses" => Ok(Self::Responses),
            "chat" => Ok(Self::Chat),
            _ => Err("not one of auto, responses, chat"),
        }
    }
}

/// A JSON object whose members may be absent.
pub(super) struct Members(pub(super) Map<String, Value>);

impl Members {
    pub(super) fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }
}

pub(super) fn text<'a>(document: &'a Value, pointer: &str) -> Option<&'a str> {
    document.pointer(pointer).and_then(Value::as_str)
}

pub(super) fn count(document: &Value, pointer: &str) -> u64 {
    document.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

pub(super) fn items<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
