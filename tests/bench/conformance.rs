//! What extraction finds in the test cases of other extractors: a folder with those of iocextract and msticpy, by
//! `TRIAGE_IOC_CORPUS`. docs/indicators.md explains each difference.

#![expect(clippy::indexing_slicing, reason = "a member that is missing in JSON is null")]

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use domain::indicator::{Indicator, scan};
use serde_json::Value;

use crate::table::{Quantity, Row};
use crate::tell;

/// A text, and what its writer expects to be found in it.
struct Case {
    text: String,
    expected: Expected,
}

enum Expected {
    Nothing,
    Something,
    /// This one, as `kind value` or as somebody writes it.
    This(String),
    /// So many of a kind.
    Count(String, u64),
}

pub(crate) fn measure(folder: &Path) -> Result<Vec<Row>> {
    Ok(vec![
        row("iocextract", &iocextract(&folder.join("iocextract"))?),
        row("msticpy", &msticpy(&folder.join("msticpy"))?),
    ])
}

fn row(name: &str, cases: &[Case]) -> Row {
    let met = cases.iter().filter(|case| case.is_met()).count();
    Row::new(format!("extraction: cases of {name}"), Quantity::Share { met, of: cases.len() })
}

impl Case {
    fn is_met(&self) -> bool {
        let mut found = Vec::new();
        scan(&self.text, &mut |indicator| found.push(indicator));
        let met = match &self.expected {
            Expected::Nothing => found.is_empty(),
            Expected::Something => !found.is_empty(),
            Expected::This(text) => text.parse::<Indicator>().is_ok_and(|expected| found.contains(&expected)),
            Expected::Count(kind, count) => {
                found.iter().filter(|found| is_of(found, kind)).count() as u64 == *count
            }
        };
        if !met {
            let found: Vec<String> = found.iter().map(Indicator::to_string).collect();
            tell(&format!("differs: {:?}: {}", self.text, found.join(", ")));
        }
        met
    }
}

/// msticpy's names of kinds.
fn is_of(indicator: &Indicator, kind: &str) -> bool {
    match indicator {
        Indicator::Ip(address) => kind == if address.is_ipv4() { "ipv4" } else { "ipv6" },
        Indicator::Domain(_) => kind == "dns",
        Indicator::Url(_) => kind == "url",
        Indicator::Hash(hash) => kind == format!("{}_hash", hash.kind().name()),
    }
}

fn iocextract(folder: &Path) -> Result<Vec<Case>> {
    let cases: Value = serde_json::from_slice(&fs::read(folder.join("cases.json"))?)?;
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let mut all = Vec::new();
    // The wrapper `words{c}words` is left out: an address inside of a word is none for us.
    for kind in ["ipv4_extract", "ipv6_extract"] {
        for text in texts(&cases[kind]) {
            for (before, after) in [("  ", "  "), ("\t\t", "\t\t"), ("\r\n", "\r\n"), (".!@..", "!@#-")] {
                all.push(Case { text: format!("{before}{text}{after}"), expected: Expected::Something });
            }
        }
    }
    for kind in ["ipv4_invalid", "ipv6_invalid"] {
        all.extend(texts(&cases[kind]).into_iter().map(|text| Case { text, expected: Expected::Nothing }));
    }
    for kind in ["ipv4_refang", "ipv4_refang_brackets", "url_refang"] {
        let expected = cases[kind]["expected"].as_str().context("a case without expectation")?;
        let case = |text| Case { text, expected: Expected::This(expected.to_owned()) };
        all.extend(texts(&cases[kind]["inputs"]).into_iter().map(case));
    }
    for kind in ["url_punctuation", "url_encoded"] {
        for pair in cases[kind].as_array().into_iter().flatten().map(texts) {
            if let [text, expected] = pair.as_slice() {
                all.push(Case { text: text.clone(), expected: Expected::This(expected.clone()) });
            }
        }
    }
    for (file, valid) in [("valid.txt", true), ("invalid.txt", false)] {
        let text = fs::read_to_string(folder.join(file))?;
        all.extend(text.lines().filter(|line| !line.trim().is_empty()).map(|line| Case {
            text: line.to_owned(),
            expected: if valid { Expected::Something } else { Expected::Nothing },
        }));
    }
    Ok(all)
}

fn msticpy(folder: &Path) -> Result<Vec<Case>> {
    let cases: Value = serde_json::from_slice(&fs::read(folder.join("cases.json"))?)?;
    let text = |case: &Value| case["input"].as_str().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for case in cases["counts"].as_array().into_iter().flatten() {
        for (kind, count) in
            case["expect"].as_object().into_iter().flatten().filter(|(kind, _)| *kind != "email")
        {
            let expected = Expected::Count(kind.clone(), count.as_u64().unwrap_or_default());
            all.push(Case { text: text(case), expected });
        }
    }
    for case in cases["defanged"].as_array().into_iter().flatten() {
        let kind = case["type"].as_str().unwrap_or_default();
        if kind != "email" {
            let expected = Expected::Count(kind.to_owned(), u64::from(case["found"] == true));
            all.push(Case { text: text(case), expected });
        }
    }
    Ok(all)
}
