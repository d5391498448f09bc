//! Configuration from the environment: read once, every problem reported at once, each with an example.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The variables a program was started with.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The process's own environment. Called once, by `main`.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Every variable as it was set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The same with these values, whatever stood there.
    #[must_use]
    pub fn with<'a>(&self, values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut variables = self.0.clone();
        variables.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Self(variables)
    }

    /// The same with values for variables that are not set.
    #[must_use]
    pub fn or<'a>(&self, defaults: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.with(defaults.into_iter().filter(|(name, _)| self.get(name).is_none()))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Reads typed values and collects what is wrong with them.
#[derive(Debug)]
pub struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub fn new(environment: &'a Environment) -> Self {
        Self { environment, problems: Vec::new() }
    }

    /// A value that must be there.
    pub fn required<T: FromStr>(&mut self, name: &str, example: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        let Some(text) = self.environment.get(name) else {
            self.problems.push(format!("{name} is not set, for example {name}={example}"));
            return None;
        };
        self.parse(name, text, example)
    }

    /// A value that has a default.
    pub fn or_default<T: FromStr>(&mut self, name: &str, default: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        self.parse(name, self.environment.get(name).unwrap_or(default), default)
    }

    /// A comma-separated list; each item is read on its own.
    pub fn list<T: FromStr>(&mut self, name: &str, default: &str) -> Option<Vec<T>>
    where
        T::Err: fmt::Display,
    {
        let text = self.environment.get(name).unwrap_or(default);
        let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
        let read: Vec<Option<T>> = items.into_iter().map(|item| self.parse(name, item, default)).collect();
        read.into_iter().collect()
    }

    /// A value that may be absent.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.environment.get(name).map(str::to_owned)
    }

    /// Values that are fine alone and wrong together; the text names them and says what to do.
    pub fn reject(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// The configuration, or everything that was wrong with it.
    pub fn finish<T>(self, config: Option<T>) -> Result<T, ConfigError> {
        match config {
            Some(config) if self.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(self.problems)),
        }
    }

    fn parse<T: FromStr>(&mut self, name: &str, text: &str, example: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(format!("{name} is {text:?}: {error}; an example is {name}={example}"));
                None
            }
        }
    }
}

#[derive(PartialEq, Eq, thiserror::Error)]
#[error("the configuration is not usable: {}", .0.join("; "))]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// Everything that is wrong, each with an example.
    pub fn problems(&self) -> &[String] {
        &self.0
    }
}

/// What a `main` that ends with this error prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_reported_at_once_with_an_example() {
        let environment = Environment::from_iter([("LEVEL", "high"), ("IDS", "1,x"), ("EMPTY", " ")]);
        let mut reader = Reader::new(&environment);
        let level: Option<u8> = reader.or_default("LEVEL", "6");
        let table: Option<String> = reader.required("EMPTY", "claims");
        let ids: Option<Vec<u8>> = reader.list("IDS", "1,2");
        let error = reader.finish((|| Some((level?, table?, ids?)))()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the configuration is not usable: \
             LEVEL is \"high\": invalid digit found in string; an example is LEVEL=6; \
             EMPTY is not set, for example EMPTY=claims; \
             IDS is \"x\": invalid digit found in string; an example is IDS=1,2"
        );
    }

    #[test]
    fn defaults_and_lists_are_read() {
        let environment = Environment::from_iter([("IDS", " 3 ,, 4")]);
        let mut reader = Reader::new(&environment);
        let level: Option<u8> = reader.or_default("LEVEL", "6");
        let ids: Option<Vec<u8>> = reader.list("IDS", "");
        assert_eq!(reader.finish((|| Some((level?, ids?)))()).unwrap(), (6, vec![3, 4]));
    }
}
