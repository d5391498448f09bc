//! The subject line: an operator's template, filled by code alone.

use std::str::FromStr;

use domain::incident::IncidentId;

use crate::opening::Opening;
use crate::template::{Placeholder, Template, TemplateError};
use crate::{defang, visible};

/// The first 45 characters decide on a phone: how bad, where, who, and how the title begins; the rule, for filters, last.
pub const DEFAULT_SUBJECT: &str = "[{priority}] {where}: {title} (Wazuh {rule_id}/L{level})";

/// What may leave the house when nothing else may.
const PRIVATE_SUBJECT: &str = "[{priority}] Wazuh incident {incident} (rule {rule_id}/L{level})";

/// A checked template. It knows nothing that changes within an incident, or mail programs would split the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectTemplate(Template<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Priority,
    Title,
    Where,
    Agent,
    RuleId,
    Level,
    Incident,
}

impl Placeholder for Part {
    const ALL: &'static [(&'static str, Self)] = &[
        ("priority", Self::Priority),
        ("title", Self::Title),
        ("where", Self::Where),
        ("agent", Self::Agent),
        ("rule_id", Self::RuleId),
        ("level", Self::Level),
        ("incident", Self::Incident),
    ];
}

impl SubjectTemplate {
    /// Without a host, a user, an address or a word of the log.
    pub(crate) fn private() -> Result<Self, TemplateError> {
        PRIVATE_SUBJECT.parse()
    }

    /// One line of at most 160 characters; a long title gives way before agent and rule do.
    pub(crate) fn fill(&self, opening: &Opening, incident: &IncidentId) -> String {
        let subject = self.0.fill(str::to_owned, |part| match part {
            Part::Priority => opening.priority.to_string(),
            Part::Title => value(opening.title(), MAX_TITLE_CHARS),
            Part::Where => place(opening),
            Part::Agent => value(&opening.agent, MAX_VALUE_CHARS),
            Part::RuleId => value(&opening.rule_id, MAX_VALUE_CHARS),
            Part::Level => opening.level.to_string(),
            Part::Incident => incident.to_string(),
        });
        line(&subject)
    }
}

/// One line that fits every list of mails.
pub(super) fn line(subject: &str) -> String {
    cut(&visible::header(subject), MAX_CHARS)
}

const MAX_CHARS: usize = 160;
const MAX_TITLE_CHARS: usize = 90;
const MAX_VALUE_CHARS: usize = 32;

/// `web-01 <- 203.0.113.9`, in ASCII where the name is.
fn place(opening: &Opening) -> String {
    let agent = value(&opening.agent, MAX_VALUE_CHARS);
    match opening.source {
        Some(source) => format!("{agent} <- {source}"),
        None => agent,
    }
}

impl FromStr for SubjectTemplate {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Template::read(text).map(Self)
    }
}

/// Text of an alert within a sentence: one line, no link, no full stop.
fn value(text: &str, max_chars: usize) -> String {
    let line = visible::header(&defang::links(text));
    cut(line.trim_end_matches('.'), max_chars)
}

fn cut(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max_chars - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;

    fn filled(template: &str, notice: &domain::Notice) -> String {
        let template: SubjectTemplate = template.parse().unwrap();
        template.fill(&Opening::of(notice), &notice.incident)
    }

    #[test]
    fn each_kind_of_notice_has_its_subject() {
        let subjects: Vec<String> = goldens::all()
            .iter()
            .flat_map(|(_, notice)| [filled(DEFAULT_SUBJECT, notice), filled(PRIVATE_SUBJECT, notice)])
            .collect();
        insta::assert_snapshot!(subjects.join("\n"));
    }

    #[test]
    fn every_mail_of_an_incident_has_the_subject_of_its_first() {
        let first = filled(DEFAULT_SUBJECT, &goldens::sshd());
        for later in [goldens::later::update(), goldens::later::escalation()] {
            assert_eq!(filled(DEFAULT_SUBJECT, &later), first);
        }
    }

    #[test]
    fn a_template_may_use_each_placeholder_in_any_order() {
        assert_eq!(
            filled("L{level} {rule_id}: {agent}{priority} {title} {where} {incident}", &goldens::fim()),
            format!(
                "L7 550: db-primaryLOW Integrity checksum changed db-primary {}",
                goldens::fim().incident
            )
        );
    }

    #[test]
    fn a_phone_shows_how_bad_where_and_who() {
        let subject = filled(DEFAULT_SUBJECT, &goldens::sshd());
        let seen: String = subject.chars().take(45).collect();
        assert_eq!(seen, "[HIGH] web-01 <- 203.0.113.24: sshd: brute fo");
    }

    #[test]
    fn a_subject_is_one_line_of_bounded_length() {
        for (name, notice) in goldens::all() {
            let subject = filled(&format!("{DEFAULT_SUBJECT} {DEFAULT_SUBJECT}"), &notice);
            assert!(subject.chars().count() <= 160, "{name}: {subject}");
            assert!(!subject.chars().any(char::is_control), "{name}: {subject}");
        }
    }

    #[test]
    fn a_wrong_template_is_refused_with_its_reason() {
        for (text, expected) in [
            (" ", "the template is empty"),
            ("a\r\nBcc: x", "the template holds a control character"),
            ("{priority", "the template has a { without a }"),
            (
                "{count}",
                "the template does not know {count}, only {priority}, {title}, {where}, {agent}, {rule_id}, \
                 {level} and {incident}",
            ),
        ] {
            assert_eq!(text.parse::<SubjectTemplate>().unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
