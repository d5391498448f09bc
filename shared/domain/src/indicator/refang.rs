//! Separators that somebody broke so that nobody clicks: `203[.]0[.]113[.]9`, `evil(dot)example`, `hxxp[:]//`.

use super::bytes::{is_word, word};

/// A broken separator: what it stands for, and how many bytes it takes.
pub(super) struct Separator {
    pub(super) stands_for: &'static str,
    pub(super) length: usize,
}

/// Nobody writes more brackets in a row, and a bound keeps the scan linear.
const MAX_BRACKETS: usize = 8;

impl Separator {
    /// The separator at the beginning of what follows a word.
    pub(super) fn read(rest: &[u8]) -> Option<Self> {
        match rest.first()? {
            b'[' | b'(' | b'{' | b'\\' => Self::opened(rest),
            b']' | b')' | b'}' => Self::closed(rest),
            b' ' => Self::spaced(rest),
            _ => None,
        }
    }

    /// `[.]`, `[.`, `\.`, `(dot)`, `[:]`, `[://]`.
    fn opened(rest: &[u8]) -> Option<Self> {
        let open = brackets(rest, |byte| matches!(byte, b'[' | b'(' | b'{' | b'\\'));
        let inner = rest.get(open..)?;
        let (stands_for, core) = core(inner)?;
        let closed = brackets(inner.get(core..)?, |byte| matches!(byte, b']' | b')' | b'}'));
        let length = open + core + closed;
        let next = rest.get(length).copied();
        let whole = closed > 0 && rest.first() != Some(&b'\\');
        let read = match stands_for {
            // `file.[ch]` and `x\.` alone are none.
            "." if core == 1 => next.is_some_and(joins),
            "." => whole && next.is_some_and(joins),
            ":" => whole,
            _ => true,
        };
        read.then_some(Self { stands_for, length })
    }

    /// The other half of `203.]0`: the word before ends with the dot.
    fn closed(rest: &[u8]) -> Option<Self> {
        let length = brackets(rest, |byte| matches!(byte, b']' | b')'));
        if let Some((".", core)) = rest.get(length..).and_then(core)
            && core == 1
        {
            return None;
        }
        let joined = length > 0 && rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
        joined.then_some(Self { stands_for: "", length })
    }

    /// ` [.] `: with both brackets, or every list of things in brackets would be one.
    fn spaced(rest: &[u8]) -> Option<Self> {
        let inner = rest.get(1..)?;
        if !matches!(inner.first()?, b'[' | b'(' | b'{') {
            return None;
        }
        let (stands_for, core) = core(inner.get(1..)?)?;
        let length = 1 + 1 + core + 1 + 1;
        let closed = matches!(rest.get(length - 2)?, b']' | b')' | b'}') && rest.get(length - 1)? == &b' ';
        let joined = stands_for == "." && closed && rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
        joined.then_some(Self { stands_for, length })
    }
}

fn core(inner: &[u8]) -> Option<(&'static str, usize)> {
    match inner.first()? {
        b'.' => Some((".", 1)),
        b':' if inner.get(1..3) == Some(b"//") => Some(("://", 3)),
        b':' => Some((":", 1)),
        _ => inner.get(..3)?.eq_ignore_ascii_case(b"dot").then_some((".", 3)),
    }
}

fn brackets(bytes: &[u8], is_bracket: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take(MAX_BRACKETS).take_while(|byte| is_bracket(**byte)).count()
}

fn joins(next: u8) -> bool {
    next.is_ascii_alphanumeric() || next >= 0x80
}

/// A word with its separators whole again.
pub(super) struct Refanged {
    pub(super) text: String,
    /// How many bytes of the original it took, `//` of a link included.
    pub(super) taken: usize,
    /// It ends with the `:` of a `://`.
    pub(super) link: bool,
    /// There was a bracket: `\.` is also how patterns are written.
    pub(super) bracketed: bool,
}

/// The word at the beginning of the text as it was before it was broken; nothing where nothing is broken.
pub(super) fn refang(text: &str) -> Option<Refanged> {
    let bytes = text.as_bytes();
    let mut whole = String::new();
    let mut taken = 0;
    let (mut broken, mut bracketed) = (false, false);
    loop {
        let (_, end) = word(bytes, taken);
        whole.push_str(text.get(taken..end)?);
        taken = end;
        let rest = bytes.get(end..)?;
        if !whole.is_empty() && whole.ends_with(':') && rest.starts_with(b"//") {
            return broken.then_some(Refanged { text: whole, taken: end + 2, link: true, bracketed });
        }
        let fits = |separator: &Separator| !separator.stands_for.is_empty() || whole.ends_with('.');
        let Some(Separator { stands_for, length }) = Separator::read(rest).filter(fits) else { break };
        broken = true;
        bracketed |= rest.first() != Some(&b'\\');
        taken += length;
        if stands_for == "://" {
            whole.push(':');
            return Some(Refanged { text: whole, taken, link: true, bracketed });
        }
        whole.push_str(stands_for);
        let goes_on = bytes.get(taken).is_some_and(|next| is_word(*next) || *next == b'[' || *next == b'/');
        if !goes_on {
            break;
        }
    }
    broken.then_some(Refanged { text: whole, taken, link: false, bracketed })
}
