//! Strict structured output: what the real service demands of a schema, and an answer that fits it.

use serde_json::{Map, Value, json};

/// The schema of a named format, if strict mode would take it; else the real service's words. `place` is what the
/// dialect calls the format.
pub(super) fn strict<'a>(named: &'a Value, place: &str) -> Result<&'a Value, String> {
    let name = named.get("name").and_then(Value::as_str).unwrap_or_default();
    let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(letters) {
        return Err(format!("Invalid '{place}.name': string does not match pattern."));
    }
    let Some(schema) = named.get("schema") else {
        return Err(format!("Missing required parameter: '{place}.schema'."));
    };
    if named.get("strict") == Some(&json!(true)) {
        inspect(schema, "()").map_err(|problem| format!("Invalid schema for {place} '{name}': {problem}"))?;
    }
    Ok(schema)
}

/// Every object is closed, and every property of it required.
fn inspect(schema: &Value, context: &str) -> Result<(), String> {
    if let Some(items) = schema.get("items") {
        inspect(items, &format!("{context}.items"))?;
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    if schema.get("additionalProperties") != Some(&json!(false)) {
        return Err(format!(
            "In context={context}, 'additionalProperties' is required to be supplied and to be false."
        ));
    }
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (name, property) in properties {
        if !required.iter().any(|required| required == name) {
            return Err(format!(
                "In context={context}, 'required' is required to be supplied and to be an array including every \
                 key in properties. Missing '{name}'."
            ));
        }
        inspect(property, &format!("{context}.{name}"))?;
    }
    Ok(())
}

/// The answer cut and filled to the schema, its keys in the schema's order.
pub(super) fn fit(answer: &Value, schema: &Value) -> Value {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let fields = properties
            .iter()
            .map(|(name, property)| (name.clone(), fit(answer.get(name).unwrap_or(&Value::Null), property)));
        return Value::Object(fields.collect::<Map<_, _>>());
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
        return if allowed.contains(answer) {
            answer.clone()
        } else {
            allowed.last().cloned().unwrap_or_default()
        };
    }
    match (kind(schema), answer) {
        (_, Value::Null) if may_be_null(schema) => Value::Null,
        ("array", Value::Array(items)) => {
            let item = schema.get("items").unwrap_or(&Value::Null);
            items.iter().map(|value| fit(value, item)).collect()
        }
        ("array", _) => json!([]),
        ("string", Value::String(_))
        | ("number" | "integer", Value::Number(_))
        | ("boolean", Value::Bool(_)) => answer.clone(),
        ("string", Value::Null) => json!(""),
        ("string", other) => json!(other.to_string()),
        ("number" | "integer", _) => json!(0),
        ("boolean", _) => json!(false),
        _ => answer.clone(),
    }
}

fn may_be_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_array).is_some_and(|kinds| kinds.contains(&json!("null")))
}

/// The first type that is not null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default()
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(schema: &Value) -> Value {
        json!({"name": "analysis", "strict": true, "schema": schema})
    }

    #[test]
    fn strict_mode_wants_closed_objects_with_everything_required() {
        let inner = |required: Value, closed: bool| {
            json!({"type": "object", "additionalProperties": false, "required": ["list"], "properties": {
                "list": {"type": "array", "items": {"type": "object", "additionalProperties": !closed,
                         "required": required, "properties": {"a": {"type": "string"}}}}}})
        };
        for (schema, problem) in [
            (inner(json!(["a"]), true), None),
            (inner(json!(["a"]), false), Some("context=().list.items, 'additionalProperties'")),
            (inner(json!([]), true), Some("Missing 'a'")),
        ] {
            let named = named(&schema);
            match (strict(&named, "text.format"), problem) {
                (Ok(_), None) => {}
                (Err(said), Some(problem)) => assert!(said.contains(problem), "{said}"),
                (result, _) => panic!("{schema}: {result:?}"),
            }
        }
        for (named, problem) in [
            (json!({}), "Invalid 'text.format.name': string does not match pattern."),
            (
                json!({"name": "a b", "schema": {}}),
                "Invalid 'text.format.name': string does not match pattern.",
            ),
            (json!({"name": "a"}), "Missing required parameter: 'text.format.schema'."),
        ] {
            assert_eq!(strict(&named, "text.format"), Err(problem.to_owned()));
        }
    }

    #[test]
    fn an_answer_is_cut_and_filled_to_the_schema() {
        let schema = json!({"properties": {
            "n": {"type": "integer"}, "text": {"type": ["null", "string"]}, "hint": {"type": ["string", "null"]}, "more": {"type": "array"},
            "verdict": {"enum": ["yes", "no"]}, "list": {"type": "array", "items": {"properties": {"a": {"type": "string"}}}}}});
        let answer = json!({"text": "x", "hint": null, "verdict": "perhaps", "list": [{"a": 1, "b": 2}], "unknown": true});
        assert_eq!(
            fit(&answer, &schema).to_string(),
            r#"{"n":0,"text":"x","hint":null,"more":[],"verdict":"no","list":[{"a":"1"}]}"#
        );
    }
}
