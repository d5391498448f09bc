//! An operator's template: words with placeholders in braces.

use std::fmt;

/// Checked: every placeholder is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template<P>(Vec<Piece<P>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<P> {
    Words(String),
    Value(P),
}

/// A closed set of placeholders.
pub(crate) trait Placeholder: Copy + 'static {
    /// Each with the name that stands in the braces.
    const ALL: &'static [(&'static str, Self)];
}

impl<P: Placeholder> Template<P> {
    pub(crate) fn read(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.chars().any(char::is_control) {
            return Err(TemplateError::ControlCharacter);
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
            let known = P::ALL.iter().find(|(known, _)| *known == name);
            let (_, placeholder) = known.ok_or_else(|| TemplateError::unknown::<P>(name))?;
            pieces.push(Piece::Words(words.to_owned()));
            pieces.push(Piece::Value(*placeholder));
            rest = after;
        }
        pieces.push(Piece::Words(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The text with each kind of piece made fit by its own function.
    pub(crate) fn fill(&self, words: impl Fn(&str) -> String, value: impl Fn(P) -> String) -> String {
        let piece = |piece: &Piece<P>| match piece {
            Piece::Words(text) => words(text),
            Piece::Value(placeholder) => value(*placeholder),
        };
        self.0.iter().map(piece).collect()
    }

    pub(crate) fn holds(&self, which: impl Fn(P) -> bool) -> bool {
        self.0.iter().any(|piece| match piece {
            Piece::Words(_) => false,
            Piece::Value(placeholder) => which(*placeholder),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the template is empty")]
    Empty,
    #[error("the template holds a control character")]
    ControlCharacter,
    #[error("the template has a {{ without a }}")]
    Unclosed,
    #[error("the template does not know {{{name}}}, only {known}")]
    Unknown { name: String, known: Known },
}

impl TemplateError {
    fn unknown<P: Placeholder>(name: &str) -> Self {
        Self::Unknown { name: name.to_owned(), known: Known(P::ALL.iter().map(|(name, _)| *name).collect()) }
    }
}

/// The names that a template may use, as an operator reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known(Vec<&'static str>);

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        for (index, name) in self.0.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index == last => " and ",
                _ => ", ",
            };
            write!(formatter, "{separator}{{{name}}}")?;
        }
        Ok(())
    }
}
