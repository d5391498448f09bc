//! What the function is called for.

use serde::Deserialize;

/// `{"ingest": "otx"}` by a schedule; `{"ingest": "due"}` and `{"publish": true}` by hand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Fields")]
pub enum Order {
    /// Fetches one source, by name, however short a time ago it was fetched.
    Source(String),
    /// Fetches every source whose time has come.
    Due,
    /// Makes snapshot and lists anew, whether or not anything has changed.
    Publish,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    ingest: Option<String>,
    #[serde(default)]
    publish: bool,
}

impl TryFrom<Fields> for Order {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        match (fields.ingest, fields.publish) {
            (Some(name), false) if name == "due" => Ok(Self::Due),
            (Some(name), false) if !name.is_empty() => Ok(Self::Source(name)),
            (None, true) => Ok(Self::Publish),
            (Some(_), _) | (None, false) => {
                Err("an order is {\"ingest\": \"NAME\"}, {\"ingest\": \"due\"} or {\"publish\": true}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_of_three() {
        for (text, expected) in [
            (r#"{"ingest": "otx"}"#, Some(Order::Source("otx".to_owned()))),
            (r#"{"ingest": "due"}"#, Some(Order::Due)),
            (r#"{"publish": true}"#, Some(Order::Publish)),
            ("{}", None),
            (r#"{"ingest": ""}"#, None),
            (r#"{"publish": false}"#, None),
            (r#"{"ingest": "otx", "publish": true}"#, None),
            (r#"{"Records": []}"#, None),
        ] {
            assert_eq!(serde_json::from_str(text).ok(), expected, "{text}");
        }
    }
}
