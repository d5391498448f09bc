//! A flat document as a `DynamoDB` item: texts and numbers, each in an attribute of its own.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

pub type Item = HashMap<String, AttributeValue>;

/// The attributes of a flat document. What is neither text nor number is left out.
pub fn of<T: Serialize>(document: &T) -> Item {
    let Ok(Value::Object(members)) = serde_json::to_value(document) else { return Item::new() };
    let attribute = |(name, value)| match value {
        Value::String(text) => Some((name, AttributeValue::S(text))),
        Value::Number(number) => Some((name, AttributeValue::N(number.to_string()))),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    members.into_iter().filter_map(attribute).collect()
}

/// The document again; nothing where an attribute that it needs is missing or of another shape.
pub fn read<T: DeserializeOwned>(item: &Item) -> Option<T> {
    let member = |(name, value): (&String, &AttributeValue)| {
        let value = match value {
            AttributeValue::S(text) => Value::String(text.clone()),
            AttributeValue::N(digits) => Value::Number(digits.parse::<Number>().ok()?),
            _ => return None,
        };
        Some((name.clone(), value))
    };
    let members: Map<String, Value> = item.iter().filter_map(member).collect();
    serde_json::from_value(Value::Object(members)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Document {
        name: String,
        count: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    }

    #[test]
    fn a_document_reads_back_among_other_attributes() {
        let document = Document { name: "x".into(), count: 3, place: None };
        let mut item = of(&document);
        assert_eq!(item["count"], AttributeValue::N("3".into()));
        item.insert("expires_at".into(), AttributeValue::N("99".into()));
        item.insert("flag".into(), AttributeValue::Bool(true));
        assert_eq!(read::<Document>(&item), Some(document));
        item.remove("name");
        assert_eq!(read::<Document>(&item), None);
    }
}
