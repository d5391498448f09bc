//! Phrases that speak to a model or an analyst, in five languages, folded.

use super::folded::Folded;

/// Found as words; those of twelve letters and more also where blanks stand between or are missing.
const PHRASES: &[&str] = &[
    "ignore all previous",
    "ignore previous instructions",
    "ignore all instructions",
    "ignore any previous",
    "ignore the above",
    "ignore everything above",
    "ignore the rest of",
    "ignore your instructions",
    "ignore this alert",
    "ignore this event",
    "ignore this log",
    "disregard previous",
    "disregard all",
    "disregard the above",
    "disregard this alert",
    "forget your instructions",
    "forget all previous",
    "forget everything",
    "override your instructions",
    "new instructions",
    "new task write",
    "new task print",
    "new task say",
    "new task output",
    "your new task",
    "system prompt",
    "you are now a",
    "you are an ai",
    "you are a helpful",
    "as an ai",
    "language model",
    "repeat everything above",
    "repeat the above",
    "print your instructions",
    "reveal your instructions",
    "end of data",
    "end of alert data",
    "end of log data",
    "recommended action run",
    "recommended action open",
    "recommended action execute",
    "recommended action download",
    "note to the analyst",
    "note to analyst",
    "note for the analyst",
    "dear analyst",
    "to the ai",
    "dear ai",
    "your verdict",
    "set the verdict",
    "set verdict",
    "verdict false positive",
    "verdict benign",
    "verdict is false positive",
    "ignoriere alle",
    "ignoriere die",
    "ignorieren sie alle",
    "vergiss alle",
    "vergiss deine",
    "neue anweisung",
    "ignorez les",
    "ignorez toutes",
    "oubliez les",
    "nouvelle consigne",
    "nouvelles instructions",
    "ignora las",
    "ignora todas",
    "ignore las",
    "olvida las",
    "nuevas instrucciones",
    "ignore as instrucoes",
    "ignore todas as",
    "esqueca as",
    "novas instrucoes",
];

const SQUEEZABLE_LETTERS: usize = 14;

/// Where the first one stands in the text.
pub(super) fn find(folded: &Folded) -> Option<usize> {
    let words: Vec<&str> = folded.words().collect();
    let begins = |at: usize| PHRASES.iter().any(|phrase| begins_with(words.get(at..), phrase));
    if let Some(at) = (0..words.len()).find(|at| begins(*at)) {
        return Some(folded.place(at));
    }
    // Letter by letter: worth a look only where many words are a letter long.
    let single = words.iter().filter(|word| word.len() == 1).count();
    if single * 3 < words.len() || single < SQUEEZABLE_LETTERS {
        return None;
    }
    let squeezed = folded.squeezed();
    let found = PHRASES.iter().find_map(|phrase| {
        let letters: String = phrase.split(' ').collect();
        (letters.len() >= SQUEEZABLE_LETTERS).then(|| squeezed.find(&letters)).flatten()
    });
    found.map(|at| folded.place_of_squeezed(at))
}

fn begins_with(words: Option<&[&str]>, phrase: &str) -> bool {
    let Some(words) = words else { return false };
    let mut words = words.iter();
    phrase.split(' ').all(|wanted| words.next().is_some_and(|word| *word == wanted))
}
