//! The model's own words on their way into a mail: no links, no unseen characters, no echo of the log, bounded.

use domain::trim::cut_middle;
use domain::unseen::is_unseen;

use super::echo::Echo;
use crate::prompt::Prompt;

pub(super) struct Prose<'answer> {
    pub prompt: &'answer Prompt,
    pub echo: &'answer Echo,
}

impl Prose<'_> {
    /// A text of the model as it may be shown.
    pub(super) fn of(&self, text: &str, max_bytes: usize) -> String {
        let seen: String =
            text.chars().map(|character| if is_unseen(character) { ' ' } else { character }).collect();
        let restored = self.prompt.restored(&self.echo.cut(&seen));
        // After the names are back: an attacker chooses some of them.
        let own = without_links(&restored);
        let words: Vec<&str> = own.split_whitespace().collect();
        cut_middle(&words.join(" "), max_bytes)
    }
}

/// The start of a text, word for word, so that what was verified stays true.
pub(super) fn start(text: &str, max_bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(max_bytes)).unwrap_or_default()
}

/// A model's name as the server gave it.
pub(super) fn name(text: &str) -> String {
    let seen: String = text.chars().filter(|character| !is_unseen(*character)).collect();
    cut_middle(seen.trim(), 80)
}

/// Links are made by code only: whatever a model writes as one is removed, with the Markdown around it.
fn without_links(text: &str) -> String {
    let is_link = |word: &str| {
        let word = word.to_ascii_lowercase();
        word.contains("://")
            || word.contains("www.")
            || word.contains("](")
            || word.contains("mailto:")
            || word.contains("javascript:")
    };
    let words = text.split_inclusive(char::is_whitespace);
    let kept = words.map(|word| if is_link(word) { "[link removed] " } else { word });
    kept.collect::<String>().replace('`', "'")
}
