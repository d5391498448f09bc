//! The alert as a file: what a tool reads, where the mail shows what a person reads.

use domain::{Alert, trim};

use super::atom;

/// The alert as Wazuh wrote it, or shortened by field where it would make the mail too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AlertFile {
    pub name: String,
    pub json: String,
    /// Which fields were shortened.
    pub shortened: Vec<String>,
}

impl AlertFile {
    /// Most bytes; in the mail they take a third more.
    pub(super) const MAX_BYTES: usize = 100 * 1024;
}

/// Nothing where the alert cannot be made to fit: it is all structure, and the mail shows its begin and end.
pub(super) fn alert_file(alert: &Alert, max_bytes: usize) -> Option<AlertFile> {
    let name = format!("alert-{}.json", atom(&alert.text_at(&["id"]).unwrap_or_default()));
    if alert.raw().len() <= max_bytes {
        return Some(AlertFile { name, json: alert.raw().to_owned(), shortened: Vec::new() });
    }
    let trimmed = trim::to_fit(alert.document(), max_bytes)?;
    Some(AlertFile { name, json: trimmed.text, shortened: trimmed.fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(fields: &str) -> Option<AlertFile> {
        let text = format!(r#"{{"id":"1791030127.4711","rule":{{"id":"5","level":3}}{fields}}}"#);
        alert_file(&Alert::parse(&text).unwrap(), AlertFile::MAX_BYTES)
    }

    #[test]
    fn an_alert_is_attached_byte_for_byte() {
        let file = file(r#","n":1.10,  "full_log":"a\u202eb""#).unwrap();
        assert_eq!(file.name, "alert-1791030127.4711.json");
        assert!(file.json.ends_with(r#","n":1.10,  "full_log":"a\u202eb"}"#) && file.shortened.is_empty());
    }

    #[test]
    fn a_huge_alert_is_shortened_by_field_and_stays_json() {
        let file = file(&format!(r#","full_log":"{}""#, "x".repeat(200_000))).unwrap();
        assert!(file.json.len() <= AlertFile::MAX_BYTES);
        assert_eq!(file.shortened, ["full_log"]);
        assert!(serde_json::from_str::<serde_json::Value>(&file.json).is_ok());
    }

    #[test]
    fn an_alert_of_structure_alone_is_not_attached() {
        assert_eq!(file(&format!(r#","data":[{}1]"#, "1,".repeat(100_000))), None);
    }
}
