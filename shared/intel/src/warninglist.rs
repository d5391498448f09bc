//! MISP warninglists: what an indicator is before anybody accuses it. <https://github.com/MISP/misp-warninglists>

use domain::indicator::{DomainName, Indicator};
use domain::verdict::{Class, Standing};
use serde::Deserialize;

use crate::Pattern;
use crate::providers::visible;

/// A warninglist whose kind of matching we have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warninglist {
    pub name: String,
    /// What it says of its entries; nothing for lists that only say "popular" or "reserved".
    pub class: Option<Class>,
    pub patterns: Vec<Pattern>,
    /// Entries that are no address, network, domain, URL or file hash.
    pub unusable: usize,
}

impl Warninglist {
    pub fn read(json: &[u8]) -> Result<Self, WarninglistError> {
        let file: File = serde_json::from_slice(json)?;
        let matching = match file.kind.as_str() {
            "cidr" | "string" => exactly,
            "hostname" => and_below,
            _ => return Err(WarninglistError::Type(visible(&file.kind, 20))),
        };
        let patterns: Vec<Pattern> = file.list.iter().filter_map(|entry| matching(entry)).collect();
        Ok(Self {
            class: Class::of_warninglist(&file.name),
            name: visible(&file.name, 100),
            unusable: file.list.len() - patterns.len(),
            patterns,
        })
    }

    /// What each of its entries is.
    pub fn standing(&self) -> Option<Standing> {
        Some(Standing::new(self.class?, self.name.clone()))
    }
}

#[derive(Deserialize)]
struct File {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    list: Vec<String>,
}

fn exactly(entry: &str) -> Option<Pattern> {
    match entry.trim().parse::<Pattern>().ok()? {
        // A name that is not public is no indicator: nothing can match it.
        Pattern::Domain(domain) => {
            DomainName::parse(&domain).map(|name| Pattern::Exactly(Indicator::Domain(name)))
        }
        pattern => Some(pattern),
    }
}

/// A host and all names below it.
fn and_below(entry: &str) -> Option<Pattern> {
    let entry = entry.trim().trim_start_matches("*.").trim_start_matches('.');
    match exactly(entry)? {
        Pattern::Exactly(Indicator::Domain(domain)) => Some(Pattern::Domain(domain.to_string())),
        pattern => Some(pattern),
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WarninglistError {
    #[error("it is not a warninglist of MISP")]
    Json(#[from] serde_json::Error),
    #[error("its type is {0}; cidr, hostname and string are supported")]
    Type(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_matches_by_its_type() {
        let read = |kind: &str, list: &str| {
            let name = "List of known Cloudflare IP ranges";
            let json = format!(r#"{{"name":"{name}","version":1,"type":"{kind}","list":{list}}}"#);
            Warninglist::read(json.as_bytes())
        };
        for (kind, list, indicator, expected) in [
            ("cidr", r#"["104.16.0.0/13"]"#, "104.16.0.1", true),
            ("cidr", r#"["104.16.0.1"]"#, "104.16.0.1", true),
            ("cidr", r#"["104.16.0.0/13"]"#, "104.32.0.1", false),
            ("string", r#"["example.com"]"#, "example.com", true),
            ("string", r#"["example.com"]"#, "www.example.com", false),
            ("hostname", r#"[".example.com"]"#, "www.example.com", true),
            ("hostname", r#"["example.com"]"#, "example.com.evil.net", false),
        ] {
            let list = read(kind, list).unwrap();
            let indicator: Indicator = indicator.parse().unwrap();
            let matches = list.patterns.iter().any(|pattern| pattern.matches(&indicator));
            assert_eq!(matches, expected, "{kind} {indicator}");
            assert_eq!(list.standing().unwrap().class, Class::SharedInfrastructure);
        }
        assert_eq!(read("cidr", r#"["104.16.0.0/13","?"]"#).unwrap().unusable, 1);
        let error = read("regex", r#"[".*"]"#).unwrap_err();
        assert_eq!(error.to_string(), "its type is regex; cidr, hostname and string are supported");
        assert!(Warninglist::read(b"{}").is_err());
    }
}
