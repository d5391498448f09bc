//! A text as its words sound: lower case, without accents, unseen characters and look-alikes.

use domain::unseen::is_unseen;

/// The words of a text, folded, and where each stands in it.
pub(super) struct Folded {
    words: String,
    /// Start in `words`, end in `words`, start in the text.
    places: Vec<(usize, usize, usize)>,
}

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        let mut folded = Self { words: String::with_capacity(text.len()), places: Vec::new() };
        let mut word: Option<(usize, usize)> = None;
        for (at, character) in text.char_indices() {
            let start = folded.words.len();
            if folded.push(character) {
                word.get_or_insert((start, at));
            } else if !is_unseen(character) || character.is_control() {
                folded.end(word.take());
            }
        }
        folded.end(word);
        folded
    }

    fn end(&mut self, word: Option<(usize, usize)>) {
        if let Some((start, at)) = word {
            self.places.push((start, self.words.len(), at));
        }
    }

    /// Whether the character belongs to a word.
    fn push(&mut self, character: char) -> bool {
        match plain(character) {
            'ß' => self.words.push_str("ss"),
            letter if letter.is_alphanumeric() => self.words.extend(letter.to_lowercase()),
            _ => return false,
        }
        true
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(start, end, _)| self.words.get(*start..*end).unwrap_or_default())
    }

    /// All words without the blanks between them: `i g n o r e` reads like `ignore`.
    pub(super) fn squeezed(&self) -> &str {
        &self.words
    }

    /// Where in the text the word with this number begins.
    pub(super) fn place(&self, word: usize) -> usize {
        self.places.get(word).map_or(0, |(_, _, at)| *at)
    }

    /// Where in the text the word stands that covers this place of the squeezed text.
    pub(super) fn place_of_squeezed(&self, at: usize) -> usize {
        let word = self.places.partition_point(|(start, _, _)| *start <= at);
        self.place(word.saturating_sub(1))
    }
}

/// The letter that a reader takes a character for.
fn plain(character: char) -> char {
    let shifted =
        |base: u32, from: u32| char::from_u32(u32::from(character) - from + base).unwrap_or(character);
    match character {
        // Full width, tags, mathematical letters.
        '\u{ff01}'..='\u{ff5e}' => shifted(0x21, 0xff01),
        '\u{e0020}'..='\u{e007e}' => shifted(0x20, 0xe0020),
        '\u{1d400}'..='\u{1d6a3}' => {
            let letter = (u32::from(character) - 0x1d400) % 52;
            char::from_u32(if letter < 26 { 0x41 + letter } else { 0x47 + letter }).unwrap_or(character)
        }
        'à'..='å' | 'À'..='Å' | 'ā' | 'ă' | 'ą' | 'а' | 'А' | 'α' => 'a',
        'ç' | 'Ç' | 'ć' | 'č' | 'с' | 'С' => 'c',
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'ę' | 'ě' | 'е' | 'Е' | 'ё' => 'e',
        'ì'..='ï' | 'Ì'..='Ï' | 'ı' | 'і' | 'І' | 'ι' => 'i',
        'ñ' | 'Ñ' | 'ń' => 'n',
        'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'о' | 'О' | 'ο' => 'o',
        'ù'..='ü' | 'Ù'..='Ü' | 'ů' => 'u',
        'ý' | 'ÿ' | 'у' | 'У' => 'y',
        'р' | 'Р' | 'ρ' => 'p',
        'х' | 'Х' => 'x',
        'ѕ' | 'ś' | 'š' => 's',
        'к' | 'К' => 'k',
        'м' | 'М' => 'm',
        'т' | 'Т' => 't',
        'н' | 'Н' => 'h',
        'в' | 'В' => 'b',
        'ԁ' => 'd',
        'ɡ' => 'g',
        'ⅼ' => 'l',
        other => other,
    }
}
