//! What a mail tells, read from its text as a reader would.

use std::fmt;

use serde::Serialize;

use crate::digests::HeldMail;
use crate::mails::Letter;

/// The lines of a mail that the report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Told {
    /// Why there is a mail: `New incident`, `Escalation: another host`, `Update (mail 3)`, `Digest`.
    pub why: String,
    /// Alerts of the incident so far, as the mail writes the number; nothing where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerts: Option<String>,
    pub analysis: Analysis,
    /// What a digest or a storm notice is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldMail>,
}

/// What stands for the model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Analysis {
    Written {
        /// `true positive, high confidence`.
        verdict: String,
        verified: usize,
        cited: usize,
        /// What the model said and code did not accept.
        overrides: Vec<String>,
        /// Whether there is a banner about text that speaks to its reader.
        claim: bool,
    },
    /// What it wrote about an earlier alert is repeated.
    Repeated {
        verdict: String,
    },
    Unavailable {
        reason: String,
    },
    /// The mail has no place for it.
    #[default]
    None,
}

impl Told {
    pub(crate) fn by(letter: &Letter) -> Self {
        let text = letter.text.as_deref().unwrap_or_default();
        let why = text.lines().next().and_then(|line| line.rsplit(" · ").next()).unwrap_or_default();
        let alerts =
            after(text, "Alerts ").and_then(|line| Some(line.split_once(" since ")?.0.trim().to_owned()));
        Self { why: why.trim().to_owned(), alerts, analysis: analysis(text), held: HeldMail::read(text) }
    }

    /// What stands for its content in a list: what was held back, or what the model said.
    pub(crate) fn content(&self) -> String {
        match &self.held {
            Some(held) => format!("{} held back", held.count),
            None => self.analysis.to_string(),
        }
    }
}

impl Analysis {
    /// What the model said and code did not accept.
    pub(crate) fn overrides(&self) -> &[String] {
        match self {
            Self::Written { overrides, .. } => overrides,
            Self::Repeated { .. } | Self::Unavailable { .. } | Self::None => &[],
        }
    }
}

impl fmt::Display for Analysis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written { verdict, verified, cited, claim, .. } => {
                write!(formatter, "{verdict}; {verified} of {cited} citations verified")?;
                formatter.write_str(if *claim { "; the alert speaks to its reader" } else { "" })
            }
            Self::Repeated { verdict } => formatter.write_str(verdict),
            Self::Unavailable { reason } => write!(formatter, "none: {reason}"),
            Self::None => formatter.write_str("-"),
        }
    }
}

fn analysis(text: &str) -> Analysis {
    if let Some(reason) = after(text, "No model analysis: ") {
        return Analysis::Unavailable { reason: reason.trim_end_matches('.').to_owned() };
    }
    if let Some(verdict) = after(text, "Verdict: ") {
        let (verified, cited) = after(text, "Verified ").and_then(citations).unwrap_or_default();
        return Analysis::Written {
            verdict: verdict.trim_end_matches('.').to_owned(),
            verified,
            cited,
            overrides: paragraphs(text, "! The model said "),
            claim: text
                .lines()
                .any(|line| line.starts_with("! The alert holds text that speaks to its reader")),
        };
    }
    match after(text, "Model: ") {
        Some(verdict) => Analysis::Repeated { verdict: verdict.to_owned() },
        None => Analysis::None,
    }
}

/// The rest of the first line that begins like this.
fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(start)).map(str::trim)
}

/// `4 of 4 citations.`
fn citations(line: &str) -> Option<(usize, usize)> {
    let (verified, rest) = line.split_once(" of ")?;
    let (cited, _) = rest.split_once(' ')?;
    Some((verified.parse().ok()?, cited.parse().ok()?))
}

/// Every sentence that begins like this, with its indented lines, without the mark.
fn paragraphs(text: &str, start: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with(start) {
            found.push(line.trim_start_matches("! ").to_owned());
            inside = true;
        } else if inside && line.starts_with("  ") && !line.trim().is_empty() {
            if let Some(last) = found.last_mut() {
                *last = format!("{last} {}", line.trim());
            }
        } else {
            inside = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Told {
        Told::by(&Letter { text: Some(text.to_owned()), ..Letter::default() })
    }

    #[test]
    fn a_mail_tells_why_it_is_there_and_what_stands_for_the_model() {
        let written = "HIGH · Wazuh rule 31152, level 10 · New incident\r\n\r\nANALYSIS\r\n\
            ! The alert holds text that speaks to its reader. Somebody\r\n  may have put it there.\r\n\r\n\
            Verdict: undetermined, low confidence.\r\nVerified 3 of 4 citations.\r\n\
            ! The model said false positive; kept undetermined because the alert holds\r\n  text.\r\n\r\n  data.srcip\r\n";
        let analysis = Analysis::Written {
            verdict: "undetermined, low confidence".to_owned(),
            verified: 3,
            cited: 4,
            overrides: vec![
                "The model said false positive; kept undetermined because the alert holds text.".to_owned(),
            ],
            claim: true,
        };
        assert_eq!(told(written), Told { why: "New incident".to_owned(), analysis, ..Told::default() });

        let away = told("LOW · Wazuh rule 1, level 8 · New incident\n\nNo model analysis: it was away.\n");
        assert_eq!(away.analysis, Analysis::Unavailable { reason: "it was away".to_owned() });

        let update = told(
            "HIGH · x · Update (mail 3)\nModel: true positive, high confidence (about an earlier alert)\nAlerts       4 since 9:00, the last at 9:30\n",
        );
        assert_eq!((update.why.as_str(), update.alerts.as_deref()), ("Update (mail 3)", Some("4")));
        let verdict = "true positive, high confidence (about an earlier alert)".to_owned();
        assert_eq!(update.analysis, Analysis::Repeated { verdict });
        assert_eq!(told(""), Told::default());

        let digest = told(crate::digests::tests::DIGEST);
        assert_eq!(digest.why, "Digest");
        assert_eq!(digest.content(), "4 alerts in 2 incidents held back");
    }
}
