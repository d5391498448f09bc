//! What a server has been found not to know: remembered, so that a warm process does not ask in vain again.

use std::collections::BTreeSet;

use super::decoding::{Decoding, Ladder};

/// A part of a request that servers are known to refuse, and that can be said otherwise or left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parameter {
    Format,
    /// Older servers know only `max_tokens`.
    MaxCompletionTokens,
    Store,
    CacheKey,
    Temperature,
    Effort,
}

impl Parameter {
    /// The first that an error is about: by its `param`, else by its words.
    pub(super) fn of_error(param: &str, message: &str) -> Option<Self> {
        const NAMES: [(Parameter, &[&str]); 6] = [
            (Parameter::Format, &["response_format", "text.format", "json_schema", "json_object"]),
            (Parameter::MaxCompletionTokens, &["max_completion_tokens"]),
            (Parameter::CacheKey, &["prompt_cache_key"]),
            (Parameter::Effort, &["reasoning_effort", "reasoning.effort"]),
            (Parameter::Temperature, &["temperature"]),
            (Parameter::Store, &["store"]),
        ];
        let find = |about: &dyn Fn(&str) -> bool| {
            let known = NAMES.iter().find(|(_, names)| names.iter().any(|name| about(name)));
            known.map(|(parameter, _)| *parameter)
        };
        let is_param = |name: &str| {
            param.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        find(&is_param).or_else(|| find(&|name| quotes(message, name)))
    }
}

/// Whether the message names the parameter, and does not just use a word that is also one.
fn quotes(message: &str, name: &str) -> bool {
    if name.contains(['_', '.']) {
        return message.contains(name);
    }
    ['\'', '"', '`'].iter().any(|quote| message.contains(&format!("{quote}{name}{quote}")))
}

/// How one server wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manners {
    ladder: Ladder,
    pub decoding: Decoding,
    left_out: BTreeSet<Parameter>,
}

impl Manners {
    pub(super) fn new(ladder: Ladder) -> Self {
        Self { ladder, decoding: ladder.top(), left_out: BTreeSet::new() }
    }

    pub(super) fn knows(&self, parameter: Parameter) -> bool {
        !self.left_out.contains(&parameter)
    }

    /// Does without from now on. False when it already did, or when there is no other way.
    pub(super) fn without(&mut self, parameter: Parameter) -> bool {
        match parameter {
            Parameter::Format => {
                let below = self.ladder.below(self.decoding);
                self.decoding = below.unwrap_or(self.decoding);
                below.is_some()
            }
            Parameter::MaxCompletionTokens
            | Parameter::Store
            | Parameter::CacheKey
            | Parameter::Temperature
            | Parameter::Effort => self.left_out.insert(parameter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_about_the_parameter_that_it_names() {
        for (param, message, expected) in [
            ("response_format", "", Some(Parameter::Format)),
            ("text.format.schema", "", Some(Parameter::Format)),
            ("", "'response_format' of type 'json_schema' is not supported", Some(Parameter::Format)),
            ("max_completion_tokens", "", Some(Parameter::MaxCompletionTokens)),
            (
                "",
                "Unrecognized request argument supplied: max_completion_tokens",
                Some(Parameter::MaxCompletionTokens),
            ),
            (
                "",
                r#"{"loc":["body","store"],"msg":"Extra inputs are not permitted"}"#,
                Some(Parameter::Store),
            ),
            ("temperature", "Unsupported value", Some(Parameter::Temperature)),
            ("reasoning.effort", "Unsupported parameter", Some(Parameter::Effort)),
            ("", "the store is closed", None),
            ("messages", "too many", None),
            ("storefront", "", None),
        ] {
            assert_eq!(Parameter::of_error(param, message), expected, "{param} {message}");
        }
    }

    #[test]
    fn the_ladder_goes_down_to_the_floor_and_no_further() {
        let mut manners = Manners::new(Ladder::Down);
        assert_eq!(manners.decoding, Decoding::JsonSchema);
        assert!(manners.without(Parameter::Format) && manners.without(Parameter::Format));
        assert_eq!(manners.decoding, Decoding::Text);
        assert!(!manners.without(Parameter::Format));
        assert!(!Manners::new(Ladder::Only(Decoding::JsonSchema)).without(Parameter::Format));
    }

    #[test]
    fn a_parameter_is_left_out_once() {
        let mut manners = Manners::new(Ladder::Down);
        assert!(manners.knows(Parameter::Store) && manners.without(Parameter::Store));
        assert!(!manners.knows(Parameter::Store) && !manners.without(Parameter::Store));
    }
}
