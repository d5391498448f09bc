//! The error that a server names, in the several forms that it has.

use domain::trim::cut_middle;
use serde_json::Value;

use super::dialect::text;
use super::manners::Parameter;
use super::trouble::Trouble;

/// OpenAI's error object, or what other servers fill of it. Its words are only looked at, never shown or logged.
#[derive(Debug, Default)]
pub(super) struct ErrorBody {
    codes: Vec<String>,
    param: String,
    message: String,
}

impl ErrorBody {
    const MAX_MESSAGE_BYTES: usize = 1_000;

    const POLICY: [&str; 6] = [
        "content_filter",
        "cyber_policy",
        "bio_policy",
        "invalid_prompt",
        "content_policy_violation",
        "ResponsibleAIPolicyViolation",
    ];
    const QUOTA: [&str; 6] = [
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
    ];
    const TOO_LONG: [&str; 3] =
        ["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"];
    const CONFIGURATION: [&str; 3] = ["model_not_found", "DeploymentNotFound", "data_residency_mismatch"];
    /// What servers without codes say when the input is too long.
    const TOO_LONG_WORDS: [&str; 3] = ["maximum context length", "context window", "prompt is too long"];

    /// From the whole answer: `{"error":{…}}`, `{"error":"…"}`, `{"detail":…}` or `{"message":"…"}`.
    pub(super) fn read(document: &Value) -> Self {
        let places = ["/error/code", "/error/type", "/error/innererror/code"];
        let mut codes: Vec<String> =
            places.iter().filter_map(|place| text(document, place)).map(str::to_owned).collect();
        let jailbreak = "/error/innererror/content_filter_result/jailbreak/detected";
        if document.pointer(jailbreak).and_then(Value::as_bool) == Some(true) {
            codes.push("content_filter".to_owned());
        }
        let words = ["/error/message", "/error", "/message", "/detail"];
        let message = words.iter().find_map(|place| match document.pointer(place)? {
            Value::String(message) => Some(message.clone()),
            Value::Array(details) => Some(Value::Array(details.clone()).to_string()),
            _ => None,
        });
        Self {
            codes,
            param: text(document, "/error/param").unwrap_or_default().to_owned(),
            message: cut_middle(&message.unwrap_or_default(), Self::MAX_MESSAGE_BYTES),
        }
    }

    /// What the codes mean, whatever the status; nothing when there is none that is known.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if self.says(&Self::POLICY) {
            Some(Trouble::Policy)
        } else if self.says(&Self::QUOTA) {
            Some(Trouble::Quota)
        } else if self.says(&Self::TOO_LONG) {
            Some(Trouble::TooLong)
        } else if self.says(&Self::CONFIGURATION) {
            Some(Trouble::Configuration)
        } else if self.says(&["rate_limit_exceeded"]) {
            Some(Trouble::Rate)
        } else if self.says(&["server_error"]) {
            Some(Trouble::Busy)
        } else {
            None
        }
    }

    /// A request that the server could not read: something in it is unknown, or too long, or wrong for ever.
    pub(super) fn of_bad_request(&self) -> Trouble {
        if Self::TOO_LONG_WORDS.iter().any(|words| self.message.contains(words)) {
            return Trouble::TooLong;
        }
        Parameter::of_error(&self.param, &self.message).map_or(Trouble::Invalid, Trouble::Unknown)
    }

    /// A code that may be logged: lower-case words, so that no key can be one.
    pub(super) fn code(&self) -> Option<&str> {
        let is_word = |code: &&String| {
            code.len() <= 48 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        self.codes.iter().find(is_word).map(String::as_str)
    }

    fn says(&self, known: &[&str]) -> bool {
        self.codes.iter().any(|code| known.contains(&code.as_str()))
    }
}
