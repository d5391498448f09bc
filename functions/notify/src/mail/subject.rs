//! The subject line: an operator's template, filled by code alone.

use std::str::FromStr;

use domain::Notice;

use crate::{defang, visible};

/// Fits a phone: how bad, what, where; the rule for filters at the end.
pub const DEFAULT_SUBJECT: &str = "[{priority}] {title} on {agent} (Wazuh {rule_id}/L{level})";

/// A checked template. It knows nothing that changes within an incident, or mail programs would split the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectTemplate(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Value(Placeholder),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Priority,
    Title,
    Agent,
    RuleId,
    Level,
}

impl SubjectTemplate {
    /// One line of at most 160 characters; a long title gives way before agent and rule do.
    pub(crate) fn fill(&self, notice: &Notice) -> String {
        let subject: String = self
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Words(words) => words.clone(),
                Piece::Value(placeholder) => placeholder.of(notice),
            })
            .collect();
        cut(&visible::header(&subject), MAX_CHARS)
    }
}

const MAX_CHARS: usize = 160;
const MAX_TITLE_CHARS: usize = 90;
const MAX_VALUE_CHARS: usize = 32;

impl Placeholder {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "priority" => Self::Priority,
            "title" => Self::Title,
            "agent" => Self::Agent,
            "rule_id" => Self::RuleId,
            "level" => Self::Level,
            _ => return None,
        })
    }

    fn of(self, notice: &Notice) -> String {
        let rule = notice.alert.rule();
        match self {
            Self::Priority => notice.priority().to_string(),
            Self::Title if rule.description.trim().is_empty() => "Wazuh alert".to_owned(),
            Self::Title => value(&rule.description, MAX_TITLE_CHARS),
            Self::Agent => value(&notice.alert.agent().name, MAX_VALUE_CHARS),
            Self::RuleId => value(&rule.id, MAX_VALUE_CHARS),
            Self::Level => rule.level.to_string(),
        }
    }
}

impl FromStr for SubjectTemplate {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().is_empty() {
            return Err(SubjectError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(SubjectError::ControlCharacter);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(SubjectError::Unclosed)?;
            let unknown = || SubjectError::UnknownPlaceholder(name.to_owned());
            pieces.push(Piece::Words(words.to_owned()));
            pieces.push(Piece::Value(Placeholder::read(name).ok_or_else(unknown)?));
            rest = after;
        }
        pieces.push(Piece::Words(rest.to_owned()));
        Ok(Self(pieces))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    #[error("the subject template is empty")]
    Empty,
    #[error("the subject template holds a control character")]
    ControlCharacter,
    #[error("the subject template has a {{ without a }}")]
    Unclosed,
    #[error(
        "the subject template does not know {{{0}}}, only {{priority}}, {{title}}, {{agent}}, {{rule_id}} and {{level}}"
    )]
    UnknownPlaceholder(String),
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

    #[test]
    fn each_kind_of_notice_has_its_subject() {
        let template: SubjectTemplate = DEFAULT_SUBJECT.parse().unwrap();
        let subjects: Vec<String> = goldens::all().iter().map(|(_, notice)| template.fill(notice)).collect();
        insta::assert_snapshot!(subjects.join("\n"));
    }

    #[test]
    fn a_template_may_use_each_placeholder_in_any_order() {
        let template: SubjectTemplate = "L{level} {rule_id}: {agent}{priority} {title}".parse().unwrap();
        assert_eq!(template.fill(&goldens::fim()), "L7 550: db-primaryLOW Integrity checksum changed");
    }

    #[test]
    fn a_subject_is_one_line_of_bounded_length() {
        let template: SubjectTemplate = format!("{DEFAULT_SUBJECT} {DEFAULT_SUBJECT}").parse().unwrap();
        for (name, notice) in goldens::all() {
            let subject = template.fill(&notice);
            assert!(subject.chars().count() <= 160, "{name}: {subject}");
            assert!(!subject.chars().any(char::is_control), "{name}: {subject}");
        }
    }

    #[test]
    fn a_wrong_template_is_refused_with_its_reason() {
        for (text, expected) in [
            (" ", "the subject template is empty"),
            ("a\r\nBcc: x", "the subject template holds a control character"),
            ("{priority", "the subject template has a { without a }"),
            (
                "{hostname}",
                "the subject template does not know {hostname}, only {priority}, {title}, {agent}, {rule_id} and {level}",
            ),
        ] {
            assert_eq!(text.parse::<SubjectTemplate>().unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
