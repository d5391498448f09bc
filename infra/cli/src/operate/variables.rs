//! A function's variables, as AWS shows them or as lines.

use std::fs;
use std::path::PathBuf;

use lambda::config::Environment;
use serde_json::Value;

use crate::failure::Failure;

/// What several functions are told, together.
pub(super) fn of_files(paths: &[PathBuf]) -> Result<Environment, Failure> {
    let mut known = Environment::default();
    for path in paths {
        let text = fs::read_to_string(path);
        let text = text.map_err(|source| Failure::Unreadable { path: path.clone(), source })?;
        let variables = read(&text);
        let variables = variables.map_err(|problem| Failure::Variables { path: path.clone(), problem })?;
        known = known.with(variables.iter());
    }
    Ok(known)
}

/// Reads JSON (the variables, or the answer that holds them) or lines of `NAME=VALUE`; says what is wrong with it.
pub(super) fn read(text: &str) -> Result<Environment, String> {
    if text.trim_start().starts_with(['{', '[', '"']) || text.trim() == "null" {
        of_json(text)
    } else {
        of_lines(text)
    }
}

fn of_json(text: &str) -> Result<Environment, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| format!("it is not JSON ({error})"))?;
    let inner = document.pointer("/Environment/Variables").or_else(|| document.get("Variables"));
    let variables = inner.unwrap_or(&document);
    let Value::Object(variables) = variables else {
        return Err("it is no object of variables; --query Environment.Variables prints one".to_owned());
    };
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("the value of {name} is no text"))
        }
    };
    variables.iter().map(text).collect()
}

fn of_lines(text: &str) -> Result<Environment, String> {
    let lines = text.lines().enumerate();
    let said = lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    said.map(|(number, line)| match line.split_once('=') {
        Some((name, value)) if is_name(name.trim()) => Ok((name.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err(format!("line {} is not NAME=VALUE", number + 1)),
    })
    .collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let read = read(text);
        let read = read.as_ref().map(|read| read.get("A").unwrap_or_default()).map_err(String::as_str);
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn variables_are_read_as_aws_shows_them_and_as_lines() {
        check(r#"{"A": "1", "B": ""}"#, Ok("1"));
        check(r#"{"FunctionName": "f", "Environment": {"Variables": {"A": "1"}}}"#, Ok("1"));
        check(r#"{"Variables": {"A": "1"}}"#, Ok("1"));
        check("# of enrich\nA=1=2\n\nB=\n", Ok("1=2"));
        check("", Ok(""));
        check(r#"{"A": 1}"#, Err("the value of A is no text"));
        check("null", Err("it is no object of variables; --query Environment.Variables prints one"));
        check("A=1\nwhat is this", Err("line 2 is not NAME=VALUE"));
    }
}
