//! Text in Slack's own markup, in which nothing from outside is markup.
//!
//! <https://docs.slack.dev/messaging/formatting-message-text>: `<`, `>` and `&` begin everything that links, mentions or
//! refers. Others that take Slack's messages know more: Mattermost reads `@here` and `[text](address)`, too.

/// Escaped text of a bounded length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mrkdwn(String);

impl Mrkdwn {
    /// Text of others, on one line, at most so many characters as it is sent.
    pub(super) fn text(text: &str, max_characters: usize) -> Self {
        let mut escaped = String::with_capacity(text.len());
        let (mut length, mut before) = (0, ' ');
        for character in text.chars() {
            let piece = piece(before, character);
            // Room for the mark of the cut is kept.
            length += piece.chars().count();
            if length >= max_characters {
                escaped.push('…');
                break;
            }
            escaped.push_str(&piece);
            // Of `@(address)` what stands before the bracket is the end of `[@]`.
            before = piece.chars().last().unwrap_or(before);
        }
        Self(escaped)
    }

    pub(super) fn bold(text: &str, max_characters: usize) -> Self {
        Self(format!("*{}*", Self::text(text, max_characters.saturating_sub(2)).0))
    }

    /// A link that this program has made, with words of its own.
    pub(super) fn link(address: &str, words: &'static str) -> Self {
        let address =
            address.replace('&', "&amp;").replace('<', "%3C").replace('>', "%3E").replace('|', "%7C");
        Self(format!("<{address}|{words}>"))
    }

    pub(super) fn then(self, other: &Self) -> Self {
        Self(self.0 + &other.0)
    }

    /// Lines as one text of at most so many characters: whole lines, and a mark where some are missing.
    pub(super) fn lines(lines: &[Self], max_characters: usize) -> Self {
        let mut text = String::new();
        let mut length = 0;
        for line in lines {
            length += line.0.chars().count() + 1;
            if length + 1 > max_characters {
                text.push('…');
                break;
            }
            text.push_str(&line.0);
            text.push('\n');
        }
        Self(text.trim_end().to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn length(&self) -> usize {
        self.0.chars().count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn piece(before: char, character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        // As addresses are broken: it can be read, and calls nobody.
        '@' => "[@]".to_owned(),
        // A link's two halves: `[text](address)`.
        '(' if before == ']' => " (".to_owned(),
        '\n' | '\r' => " ".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nobody_is_called_and_nothing_is_linked() {
        for (text, expected) in [
            ("<!channel> & <!here>", "&lt;!channel&gt; &amp; &lt;!here&gt;"),
            ("<@U0001> @here a@b", "&lt;[@]U0001&gt; [@]here a[@]b"),
            ("<https://evil.example|All clear>", "&lt;https://evil.example|All clear&gt;"),
            ("[All clear](https://evil.example)", "[All clear] (https://evil.example)"),
            ("![x](a) a(b)", "![x] (a) a(b)"),
            ("@(https://evil.example)", "[@] (https://evil.example)"),
            ("one\r\n*two*", "one  *two*"),
            ("&lt;", "&amp;lt;"),
        ] {
            assert_eq!(Mrkdwn::text(text, 200).as_str(), expected);
        }
    }

    #[test]
    fn a_cut_says_so_and_halves_nothing() {
        assert_eq!(Mrkdwn::text("a<b", 3).as_str(), "a…");
        assert_eq!(Mrkdwn::text("abc", 4).as_str(), "abc");
        let lines: Vec<Mrkdwn> = ["one", "two", "three"].map(|line| Mrkdwn::text(line, 10)).into();
        assert_eq!(Mrkdwn::lines(&lines, 100).as_str(), "one\ntwo\nthree");
        assert_eq!(Mrkdwn::lines(&lines, 10).as_str(), "one\ntwo\n…");
    }

    #[test]
    fn a_link_ends_where_it_should() {
        let link = Mrkdwn::link("https://w.example/a?b=1&c=<x>|y", "Open");
        assert_eq!(link.as_str(), "<https://w.example/a?b=1&amp;c=%3Cx%3E%7Cy|Open>");
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_or_is_too_long(text in "[<>&@!|a-c\\n\\]()\\[]{0,80}", max in 1_usize..60) {
            let escaped = Mrkdwn::text(&text, max);
            prop_assert!(escaped.length() <= max);
            let harmless = ["&amp;", "&lt;", "&gt;", "[@]"];
            let left = harmless.iter().fold(escaped.as_str().to_owned(), |left, piece| left.replace(piece, "x"));
            prop_assert!(!left.contains(['<', '>', '&', '@', '\n']), "{}", escaped.as_str());
            prop_assert!(!escaped.as_str().contains("]("), "{}", escaped.as_str());
        }
    }
}
