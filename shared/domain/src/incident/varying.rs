//! In which fields the alerts of an incident differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::distinct::hash;
use crate::alert::Alert;

/// The fields that are compared, by the path an analyst knows them by. What every alert has of its own (its id, its
/// time, its log line) would always differ and says nothing.
const COMPARED: [&[&str]; 22] = [
    &["agent", "name"],
    &["location"],
    &["rule", "id"],
    &["predecoder", "program_name"],
    &["data", "srcip"],
    &["data", "srcport"],
    &["data", "srcuser"],
    &["data", "dstip"],
    &["data", "dstport"],
    &["data", "dstuser"],
    &["data", "protocol"],
    &["data", "id"],
    &["data", "url"],
    &["data", "command"],
    &["data", "win", "eventdata", "targetUserName"],
    &["data", "win", "eventdata", "ipAddress"],
    &["data", "win", "eventdata", "image"],
    &["data", "win", "eventdata", "commandLine"],
    &["data", "win", "eventdata", "logonType"],
    &["syscheck", "path"],
    &["syscheck", "event"],
    &["syscheck", "sha256_after"],
];

/// Which of the compared fields have had more than one value. The order of the alerts does not matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Varying {
    /// Of each field that an alert had: the hash of its one value, or nothing where there were several. A field that
    /// some alerts have and others have not varies too.
    fields: BTreeMap<String, Option<u32>>,
}

impl Varying {
    /// With the incident's first alert nothing varies.
    pub fn of(alert: &Alert) -> Self {
        Self { fields: values(alert).collect() }
    }

    pub fn add(&mut self, alert: &Alert) {
        let values: BTreeMap<String, Option<u32>> = values(alert).collect();
        for (field, known) in &mut self.fields {
            if values.get(field) != Some(known) {
                *known = None;
            }
        }
        for (field, _) in values {
            self.fields.entry(field).or_insert(None);
        }
    }

    /// The fields that differ, dotted.
    pub fn names(&self) -> Vec<String> {
        self.fields.iter().filter(|(_, value)| value.is_none()).map(|(field, _)| field.clone()).collect()
    }
}

fn values(alert: &Alert) -> impl Iterator<Item = (String, Option<u32>)> {
    COMPARED.iter().filter_map(|path| {
        let value = alert.text_at(path)?;
        // Half of it is enough to tell two values apart, and halves the record.
        let short = u32::try_from(hash(&value) >> 32).ok()?;
        Some((path.join("."), Some(short)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rest: &str) -> Alert {
        Alert::parse(&format!(r#"{{"id":"1.1","rule":{{"id":"5","level":3}},{rest}}}"#)).unwrap()
    }

    #[test]
    fn what_differs_is_named_whatever_the_order() {
        let alerts = [
            alert(r#""data":{"srcip":"203.0.113.9","dstuser":"root","srcport":"1"}"#),
            alert(r#""data":{"srcip":"203.0.113.9","dstuser":"admin","srcport":"2"}"#),
            alert(r#""data":{"srcip":"203.0.113.9","dstuser":"root"},"location":"journald""#),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut varying = Varying::of(&alerts[order[0]]);
            assert!(varying.names().is_empty());
            for index in &order[1..] {
                varying.add(&alerts[*index]);
            }
            varying.add(&alerts[order[0]]);
            assert_eq!(varying.names(), ["data.dstuser", "data.srcport", "location"], "{order:?}");
        }
    }
}
