//! Text of others, made fit to be read.

use std::fmt;

use domain::indicator::Indicator;

use crate::{defang, visible};

/// Text that stays on its line, hides nothing, links nowhere and ends.
///
/// Whatever comes from an alert, a provider or a model reaches the templates only as this type; escaping is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// A value of an alert or a provider: one line of at most about this many bytes of HTML.
    pub(crate) fn line(text: &str, max_bytes: usize) -> Self {
        Self(cut_middle(&defang::links(&visible::line(text.trim())), max_bytes))
    }

    /// Sentences of a model: blanks collapsed, addresses broken.
    pub(crate) fn prose(text: &str, max_bytes: usize) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        Self(cut_middle(&defang::prose(&visible::line(&words.join(" "))), max_bytes))
    }

    /// The name that somebody gave to an event, a pulse or a list: blanks collapsed, addresses and domains broken, cut
    /// at its end, and nothing that looks like the marks which the mail puts around such names.
    pub(crate) fn title(text: &str, max_bytes: usize) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        // One character too many is enough to see that it must be cut, and the work ends with it.
        let start: String = words.join(" ").chars().take(max_bytes + 1).collect();
        let unmarked = start.replace(['“', '”'], "\"").replace('·', "-");
        Self(cut_end(&defang::titles(&visible::line(&unmarked)), max_bytes))
    }

    /// What an alert is about, so that nobody reaches it by accident.
    pub(crate) fn indicator(indicator: &Indicator) -> Self {
        Self(cut_middle(&visible::line(&defang::indicator(indicator)), 240))
    }

    /// Several texts as one.
    pub(crate) fn joined(texts: &[Self], separator: &'static str) -> Self {
        Self(texts.iter().map(Self::as_str).collect::<Vec<_>>().join(separator))
    }

    /// Our own words, without a limit of their own.
    pub(crate) fn line_as_is(words: String) -> Self {
        Self(words)
    }

    /// Names after a label, and how many more there are; nothing where there are none.
    pub(crate) fn list(label: &'static str, names: &[String], most: usize) -> Option<Self> {
        let shown: Vec<Self> = names.iter().take(most).map(|name| Self::title(name, 40)).collect();
        let more = match names.len().saturating_sub(most) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!shown.is_empty()).then(|| Self(format!("{label}{}{more}", Self::joined(&shown, ", "))))
    }

    /// Several lines of a log: cut in the middle, where least is lost.
    pub(crate) fn block(text: &str, max_bytes: usize) -> Self {
        Self(cut_middle(&defang::links(&visible::block(text)), max_bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For the text mail: lines of up to 72 columns, all but the first indented.
    pub(crate) fn wrapped(&self, indent: usize) -> String {
        wrap(&self.0, indent)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Keeps two thirds of the room for the start and one third for the end, and says how much is missing.
fn cut_middle(text: &str, max_bytes: usize) -> String {
    if text.chars().map(cost).sum::<usize>() <= max_bytes {
        return text.to_owned();
    }
    let head = affordable(text.chars(), max_bytes * 2 / 3);
    let tail = affordable(text.chars().rev(), max_bytes / 3);
    let missing = text.chars().count() - head - tail;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(head + missing).collect();
    format!("{start} [… {missing} characters cut …] {end}")
}

/// Keeps the start, which says most in a name.
fn cut_end(text: &str, max_bytes: usize) -> String {
    if text.chars().map(cost).sum::<usize>() <= max_bytes {
        return text.to_owned();
    }
    let start: String = text.chars().take(affordable(text.chars(), max_bytes)).collect();
    format!("{}…", start.trim_end())
}

/// How many of these characters fit.
fn affordable(characters: impl Iterator<Item = char>, max_bytes: usize) -> usize {
    let mut spent = 0;
    let fits = |character: &char| {
        spent += cost(*character);
        spent <= max_bytes
    };
    characters.take_while(fits).count()
}

/// Bytes in the HTML part, where `<` is written `&#60;`: a log full of brackets must not make a mail too long.
fn cost(character: char) -> usize {
    if matches!(character, '<' | '>' | '&' | '"' | '\'') { 5 } else { character.len_utf8() }
}

/// Breaks at blanks; a word longer than a line stays whole, so that it can be copied.
fn wrap(text: &str, indent: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let mut column = indent;
    for word in text.split(' ') {
        let width = word.chars().count();
        if wrapped.is_empty() {
            column += width;
        } else if column + 1 + width > COLUMNS {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            column = indent + width;
        } else {
            wrapped.push(' ');
            column += 1 + width;
        }
        wrapped.push_str(word);
    }
    wrapped
}

/// Width of the text mail.
const COLUMNS: usize = 72;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_loses_its_middle_and_says_so() {
        let shown = Shown::line(&format!("{}END", "東".repeat(100)), 60);
        assert_eq!(
            shown.as_str(),
            format!("{} [… 82 characters cut …] {}END", "東".repeat(13), "東".repeat(5))
        );
        assert_eq!(Shown::block("a\nb", 3).as_str(), "a\nb");
    }

    #[test]
    fn model_prose_is_one_paragraph_without_live_addresses() {
        let shown = Shown::prose("  From\n\n203.0.113.9\tto http://a.example/ ", 100);
        assert_eq!(shown.as_str(), "From 203[.]0[.]113[.]9 to hxxp://a[.]example/");
    }

    #[test]
    fn a_title_cannot_end_its_own_quotation() {
        let shown = Shown::title(" Scans\n” · by AlienVault, see evil.example ", 100);
        assert_eq!(shown.as_str(), "Scans \" - by AlienVault, see evil[.]example");
        assert_eq!(Shown::title("<<< wide", 16).as_str(), "<<<…");
    }

    #[test]
    fn lines_break_at_blanks_before_column_72() {
        let wrapped = Shown(format!("{} {} {}", "a".repeat(40), "b".repeat(40), "c".repeat(90))).wrapped(3);
        assert_eq!(wrapped, format!("{}\n   {}\n   {}", "a".repeat(40), "b".repeat(40), "c".repeat(90)));
    }
}
