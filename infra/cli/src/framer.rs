//! Takes a stream of bytes apart into JSON objects: one after another, one on a line, spread over lines, or in a list.
//!
//! Only brackets and strings are looked at, so that an object that is broken costs itself and not its neighbours.

/// A part of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// What looks like an object, and the line on which it begins.
    Object {
        line: usize,
        text: String,
    },
    Broken {
        line: usize,
        problem: &'static str,
    },
}

#[derive(Debug)]
pub(crate) struct Framer {
    line: usize,
    line_start: bool,
    /// The rest of the line is not looked at.
    skipping: bool,
    /// Line on which the list around the objects begins.
    list: Option<usize>,
    object: Object,
}

/// The object that is being read, if its depth is not 0.
#[derive(Debug, Default)]
struct Object {
    line: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    bytes: Vec<u8>,
}

const ENDS_TOO_EARLY: &str = "the alert that begins here ends too early";

impl Framer {
    /// A real alert is at most 64 KiB.
    const MAX_BYTES: usize = 16 << 20;

    pub fn new() -> Self {
        Self { line: 1, line_start: true, skipping: false, list: None, object: Object::default() }
    }

    /// Takes the next bytes, and hands over what they complete.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Piece)) {
        for byte in bytes {
            if self.skipping {
                self.skipping = *byte != b'\n';
            } else if self.object.depth > 0 {
                self.within(*byte, each);
            } else {
                self.between(*byte, each);
            }
            self.line_start = *byte == b'\n';
            self.line += usize::from(self.line_start);
        }
    }

    /// The input is over.
    pub fn finish(self, each: &mut dyn FnMut(Piece)) {
        if self.object.depth > 0 {
            each(Piece::Broken { line: self.object.line, problem: ENDS_TOO_EARLY });
        } else if let Some(line) = self.list {
            each(Piece::Broken { line, problem: "the list that begins here is not closed" });
        }
    }

    fn between(&mut self, byte: u8, each: &mut dyn FnMut(Piece)) {
        match byte {
            b'{' => self.begin(),
            b'[' if self.list.is_none() => self.list = Some(self.line),
            b']' if self.list.is_some() => self.list = None,
            b',' | 0xEF | 0xBB | 0xBF => {}
            byte if byte.is_ascii_whitespace() => {}
            _ => {
                each(Piece::Broken { line: self.line, problem: "it is not a JSON object" });
                self.skipping = true;
            }
        }
    }

    fn within(&mut self, byte: u8, each: &mut dyn FnMut(Piece)) {
        if self.object.in_string && byte == b'\n' {
            return self.broken("a text in the alert that begins here does not end on its line", each);
        }
        // An alert on a line of its own, while the one before has not ended.
        if self.line_start && byte == b'{' && self.list.is_none() {
            self.broken(ENDS_TOO_EARLY, each);
            return self.begin();
        }
        if self.object.bytes.len() >= Self::MAX_BYTES {
            self.skipping = byte != b'\n';
            return self.broken("the alert that begins here is larger than 16 MiB", each);
        }
        self.object.push(byte);
        if self.object.depth == 0 {
            let Object { line, bytes, .. } = std::mem::take(&mut self.object);
            each(match String::from_utf8(bytes) {
                Ok(text) => Piece::Object { line, text },
                Err(_) => Piece::Broken { line, problem: "it is not UTF-8 text" },
            });
        }
    }

    fn begin(&mut self) {
        self.object = Object { line: self.line, ..Object::default() };
        self.object.push(b'{');
    }

    fn broken(&mut self, problem: &'static str, each: &mut dyn FnMut(Piece)) {
        each(Piece::Broken { line: self.object.line, problem });
        self.object = Object::default();
    }
}

impl Object {
    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Byte by byte and all at once must be the same.
    fn pieces(input: &[u8]) -> Vec<String> {
        let mut by_chunk = Vec::new();
        for chunk in [1, 7, input.len().max(1)] {
            let mut pieces = Vec::new();
            let mut each = |piece| {
                pieces.push(match piece {
                    Piece::Object { line, text } => format!("{line} {text}"),
                    Piece::Broken { line, problem } => format!("{line}! {problem}"),
                });
            };
            let mut framer = Framer::new();
            input.chunks(chunk).for_each(|chunk| framer.push(chunk, &mut each));
            framer.finish(&mut each);
            by_chunk.push(pieces);
        }
        assert!(by_chunk.windows(2).all(|pair| pair[0] == pair[1]), "{by_chunk:?}");
        by_chunk.pop().unwrap()
    }

    #[test]
    fn objects_are_found_however_they_are_written() {
        for (input, expected) in [
            ("", vec![]),
            ("{}", vec!["1 {}"]),
            ("{\"a\":1}\n\n{\"b\":\"}\\\"{\"}\r\n", vec!["1 {\"a\":1}", "3 {\"b\":\"}\\\"{\"}"]),
            ("{\n  \"a\": [\n    {}\n  ]\n}\n{}", vec!["1 {\n  \"a\": [\n    {}\n  ]\n}", "6 {}"]),
            ("[{},\n{\"a\":[]}]", vec!["1 {}", "2 {\"a\":[]}"]),
            ("\u{feff}[\n]\n", vec![]),
        ] {
            assert_eq!(pieces(input.as_bytes()), expected, "{input}");
        }
    }

    #[test]
    fn what_is_broken_costs_itself_only() {
        let early = "the alert that begins here ends too early";
        let string = "a text in the alert that begins here does not end on its line";
        for (input, expected) in [
            ("{\"a\":\n{\"b\":1}\n", vec![format!("1! {early}"), "2 {\"b\":1}".into()]),
            ("{\"a\":\"x\n{\"b\":1}\n", vec![format!("1! {string}"), "2 {\"b\":1}".into()]),
            (
                "oops {}\n{}}\n{}",
                vec![
                    "1! it is not a JSON object".into(),
                    "2 {}".into(),
                    "2! it is not a JSON object".into(),
                    "3 {}".into(),
                ],
            ),
            ("{\"a\":", vec![format!("1! {early}")]),
            ("[\n{}", vec!["2 {}".into(), "1! the list that begins here is not closed".into()]),
        ] {
            assert_eq!(pieces(input.as_bytes()), expected, "{input}");
        }
        assert_eq!(pieces(b"{\"\xff\":1}"), ["1! it is not UTF-8 text"]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
            pieces(&input);
        }

        #[test]
        fn no_json_like_text_panics(input in r#"([{}\[\],:"\\\n]|ab|1){0,60}"#) {
            pieces(input.as_bytes());
        }
    }
}
