//! Text in an alert that speaks to whoever reads it: instructions, and claims that the event is harmless.
//!
//! A polite sentence in a user agent makes models call an attack normal (AIT, "Just Testing, Move Along", 2026). What is
//! found here forbids benign verdicts; a claim is also shown in the mail. Nothing that is found lowers anything.

mod folded;
mod phrases;
mod traces;
mod wishes;

use domain::Alert;
use serde_json::Value;

use folded::Folded;

/// Something that was found, with where it stands and the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// JSON pointer into the alert.
    pub path: String,
    pub quote: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A phrase that speaks to a model or an analyst, as in "ignore the above".
    Phrase,
    /// Test, permission or a verb of judging, near benign or ignore: a wish about the verdict.
    Wish,
    /// A wish for an over-reaction.
    Alarm,
    /// The marks that separate the turns of a conversation, or our own sections.
    Role,
    /// A state in brackets where a rule's or host's name belongs.
    Status,
    /// Links, tags and templates, which some program further on might follow.
    Markup,
    /// Characters that cannot be seen.
    Hidden,
    /// More text than a model is shown.
    Flood,
}

impl Kind {
    /// Whether it is worth a banner; the others are common in plain attacks and only forbid a benign verdict.
    pub fn is_claim(self) -> bool {
        match self {
            Self::Phrase | Self::Wish | Self::Alarm | Self::Role | Self::Status => true,
            Self::Markup | Self::Hidden | Self::Flood => false,
        }
    }
}

/// Members of an alert that an attacker may have written. A rule's description is filled with fields of the log, and a
/// host that enrols chooses its own name.
pub const TAINTED: [&str; 11] = [
    "/rule/description",
    "/agent/name",
    "/full_log",
    "/data",
    "/syscheck",
    "/predecoder",
    "/location",
    "/previous_output",
    "/previous_log",
    "/title",
    "/output",
];

/// Longest part of one text that is looked at, from its start and from its end: a model is shown less.
const MAX_BYTES: usize = 8 * 1024;

/// A text longer than this was made to be cut.
const FLOOD_BYTES: usize = 16 * 1024;

const MAX_FINDINGS: usize = 12;

/// Everything that is found in an alert, claims first.
pub fn find(alert: &Alert) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in TAINTED {
        if let Some(member) = alert.document().pointer(path) {
            look_at(member, &mut path.to_owned(), &mut findings);
        }
    }
    findings.sort_by_key(|finding| !finding.kind.is_claim());
    findings.truncate(MAX_FINDINGS);
    findings
}

/// Whether a text of ours, which may name a user or a file, speaks to its reader by that name.
pub fn is_plain(text: &str) -> bool {
    claim(text).is_none()
}

fn look_at(value: &Value, path: &mut String, findings: &mut Vec<Finding>) {
    let length = path.len();
    match value {
        Value::String(text) => findings.extend(in_text(text, path)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push('/');
                path.push_str(&index.to_string());
                look_at(item, path, findings);
                path.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                path.push('/');
                path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                // Where logs are JSON, their keys are chosen by whoever wrote them.
                if key.len() > 24 {
                    findings.extend(in_text(key, path));
                }
                look_at(member, path, findings);
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The worst that is found in one text.
fn in_text(text: &str, path: &str) -> Option<Finding> {
    let found = |kind, quote: &str| Some(Finding { path: path.to_owned(), quote: quote.to_owned(), kind });
    if text.len() > FLOOD_BYTES {
        return claim(&ends_of(text))
            .map_or_else(|| found(Kind::Flood, ""), |(kind, quote)| found(kind, &quote));
    }
    let is_name = matches!(path, "/rule/description" | "/agent/name");
    if is_name && let Some(status) = traces::status(text) {
        return found(Kind::Status, status);
    }
    let whole = if text.len() > MAX_BYTES { ends_of(text) } else { text.to_owned() };
    if let Some((kind, quote)) = claim(&whole) {
        return found(kind, &quote);
    }
    let decoded = traces::percent_decoded(&whole).or_else(|| traces::base64_decoded(&whole));
    if let Some((kind, quote)) = decoded.as_deref().and_then(claim) {
        return found(kind, &quote);
    }
    let line_breaks = path == "/agent/name" && text.contains(['\r', '\n']);
    if line_breaks || traces::is_hidden(&whole) {
        return found(Kind::Hidden, "");
    }
    traces::is_markup(decoded.as_deref().unwrap_or(&whole)).then(|| Finding {
        path: path.to_owned(),
        quote: String::new(),
        kind: Kind::Markup,
    })
}

/// Start and end: what stands between them is shown to no model.
fn ends_of(text: &str) -> String {
    let head = text.get(..text.floor_char_boundary(MAX_BYTES / 2)).unwrap_or_default();
    let tail =
        text.get(text.ceil_char_boundary(text.len().saturating_sub(MAX_BYTES / 2))..).unwrap_or_default();
    format!("{head}\n{tail}")
}

fn claim(text: &str) -> Option<(Kind, String)> {
    if let Some(at) = traces::role(text) {
        return Some((Kind::Role, excerpt(text, at)));
    }
    let folded = Folded::of(text);
    let (kind, at) = phrases::find(&folded)
        .map(|at| (Kind::Phrase, at))
        .or_else(|| wishes::benign(&folded).map(|at| (Kind::Wish, at)))
        .or_else(|| wishes::alarm(&folded).map(|at| (Kind::Alarm, at)))?;
    Some((kind, excerpt(text, at)))
}

/// The words around a finding, from the start of one.
fn excerpt(text: &str, at: usize) -> String {
    let mut start = text.floor_char_boundary(at.saturating_sub(40));
    if start > 0
        && let Some(space) = text.get(start..at).and_then(|cut| cut.find(char::is_whitespace))
    {
        start += space;
    }
    let end = text.floor_char_boundary(at.saturating_add(160).min(text.len()));
    text.get(start..end).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests;
