//! Looks through many alerts for the few that matter: what holds none of the marks is neither copied nor parsed.

use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use crate::framer::{Framer, Piece};
use crate::input::{Arrival, each_file};

/// Texts of which one stands in every alert that matters.
pub(crate) struct Marks(Vec<Finder<'static>>);

/// What is found.
pub(crate) enum Candidate<'a> {
    /// An alert that may matter.
    Alert { file: &'a Path, line: usize, text: &'a str },
    /// Input that is none.
    Trouble(Arrival),
}

pub(crate) type Each<'a> = dyn FnMut(Candidate<'_>) -> ControlFlow<()> + 'a;

impl Marks {
    /// Without any, everything matters.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().map(|text| Finder::new(text).into_owned()).collect())
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.is_empty() || self.0.iter().any(|mark| mark.find(bytes).is_some())
    }
}

/// Hands over every alert that has one of the marks, file after file, until it is told to stop.
pub(crate) fn scan(files: &[PathBuf], marks: &Marks, each: &mut Each<'_>) -> ControlFlow<()> {
    for path in files {
        let taken = each_file(path, &mut |file, opened| {
            let flow = match opened {
                Ok(Some(reader)) => scan_file(reader, file, marks, each),
                Ok(None) => each(Candidate::Trouble(Arrival::Empty { file: file.to_owned() })),
                Err(error) => each(Candidate::Trouble(Arrival::Unreadable { file: file.to_owned(), error })),
            };
            flow.is_continue().then_some(())
        });
        if taken.is_none() {
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(())
}

fn scan_file(mut reader: impl BufRead, file: &Path, marks: &Marks, each: &mut Each<'_>) -> ControlFlow<()> {
    let mut scan = Scan { file, marks, each, line: 1, framer: None, rest: Vec::new(), empty: true };
    let ended = loop {
        let length = match reader.fill_buf() {
            Ok([]) => break Ok(()),
            Ok(bytes) => {
                scan.take(bytes)?;
                bytes.len()
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => break Err(error),
        };
        reader.consume(length);
    };
    scan.finish(ended)
}

/// One file on its way.
struct Scan<'a, 'b> {
    file: &'a Path,
    marks: &'a Marks,
    each: &'a mut Each<'b>,
    /// Where the block that is looked at begins.
    line: usize,
    /// For alerts that are not one on a line.
    framer: Option<Framer>,
    /// A line that has not ended.
    rest: Vec<u8>,
    empty: bool,
}

impl Scan<'_, '_> {
    /// A real alert is at most 64 KiB.
    const MOST_BYTES: usize = 16 << 20;

    fn take(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        if self.framer.is_some() {
            return self.frame(bytes);
        }
        let Some(last) = memrchr(b'\n', bytes) else {
            self.rest.extend_from_slice(bytes);
            return if self.rest.len() > Self::MOST_BYTES {
                self.fall_back(&[])
            } else {
                ControlFlow::Continue(())
            };
        };
        let (whole, rest) = bytes.split_at(last + 1);
        if self.empty && !self.begins_with_a_line(whole) {
            return self.fall_back(bytes);
        }
        self.empty = false;
        // The line that the block before has begun.
        let mut whole = whole;
        if !self.rest.is_empty() {
            let end = memchr(b'\n', whole).map_or(whole.len(), |end| end + 1);
            let (end_of_rest, lines) = whole.split_at(end);
            let mut line = std::mem::take(&mut self.rest);
            line.extend_from_slice(end_of_rest);
            self.lines(&line)?;
            whole = lines;
        }
        self.lines(whole)?;
        self.rest.extend_from_slice(rest);
        ControlFlow::Continue(())
    }

    /// Whether the file's first line is a whole object.
    fn begins_with_a_line(&self, bytes: &[u8]) -> bool {
        let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
        let first = [self.rest.as_slice(), bytes.get(..end).unwrap_or_default()].concat();
        let first = first.trim_ascii();
        first.starts_with(b"{")
            && first.ends_with(b"}")
            && serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok()
    }

    /// From mark to mark; the lines between are not looked at.
    fn lines(&mut self, block: &[u8]) -> ControlFlow<()> {
        let (mut from, mut counted) = (0, 0);
        let mut nexts: Vec<Option<usize>> = vec![Some(0); self.marks.0.len()];
        while from < block.len() {
            let mut nearest = if nexts.is_empty() { Some(from) } else { None };
            for (mark, next) in self.marks.0.iter().zip(&mut nexts) {
                // A mark that is nowhere in the block is not looked for again.
                if next.is_some_and(|next| next <= from) {
                    *next = block.get(from..).and_then(|rest| mark.find(rest)).map(|at| from + at);
                }
                nearest = [nearest, *next].into_iter().flatten().min();
            }
            let Some(at) = nearest else { break };
            let begin = block.get(..at).and_then(|before| memrchr(b'\n', before)).map_or(0, |end| end + 1);
            let end =
                block.get(at..).and_then(|after| memchr(b'\n', after)).map_or(block.len(), |end| at + end);
            self.line += count(block.get(counted..begin));
            counted = begin;
            self.hand_over(block.get(begin..end).unwrap_or_default())?;
            from = end + 1;
        }
        self.line += count(block.get(counted..));
        ControlFlow::Continue(())
    }

    fn hand_over(&mut self, line: &[u8]) -> ControlFlow<()> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return ControlFlow::Continue(());
        }
        if let Ok(text) = std::str::from_utf8(line) {
            return (self.each)(Candidate::Alert { file: self.file, line: self.line, text });
        }
        let piece = Piece::Broken { line: self.line, problem: "it is not UTF-8 text" };
        (self.each)(Candidate::Trouble(Arrival::Piece { file: self.file.to_owned(), piece }))
    }

    /// Spread over lines, or in a list: every byte is looked at.
    fn fall_back(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.framer = Some(Framer::new());
        let rest = std::mem::take(&mut self.rest);
        self.frame(&rest)?;
        self.frame(bytes)
    }

    fn frame(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let mut pieces = Vec::new();
        if let Some(framer) = &mut self.framer {
            framer.push(bytes, &mut |piece| pieces.push(piece));
        }
        self.pieces(pieces)
    }

    fn pieces(&mut self, pieces: Vec<Piece>) -> ControlFlow<()> {
        for piece in pieces {
            self.empty = false;
            match &piece {
                Piece::Object { line, text } if self.marks.are_in(text.as_bytes()) => {
                    (self.each)(Candidate::Alert { file: self.file, line: *line, text })?;
                }
                Piece::Object { .. } => {}
                Piece::Broken { .. } => {
                    (self.each)(Candidate::Trouble(Arrival::Piece { file: self.file.to_owned(), piece }))?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn finish(mut self, ended: io::Result<()>) -> ControlFlow<()> {
        if self.framer.is_none() && self.empty && !self.begins_with_a_line(&[]) {
            self.fall_back(&[])?;
        }
        if let Some(framer) = self.framer.take() {
            let mut pieces = Vec::new();
            framer.finish(&mut |piece| pieces.push(piece));
            self.pieces(pieces)?;
        } else if !self.rest.trim_ascii().is_empty() {
            self.empty = false;
            let rest = std::mem::take(&mut self.rest);
            self.lines(&rest)?;
        }
        let file = self.file.to_owned();
        match ended {
            Err(error) => (self.each)(Candidate::Trouble(Arrival::Unreadable { file, error })),
            Ok(()) if self.empty => (self.each)(Candidate::Trouble(Arrival::Empty { file })),
            Ok(()) => ControlFlow::Continue(()),
        }
    }
}

fn count(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(0, |bytes| memchr_iter(b'\n', bytes).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{BufReader, Cursor};

    /// `3:{"a":1}` for an alert on line 3, and what is no alert.
    fn found(input: &str, marks: &[&str], block: usize) -> Vec<String> {
        let mut found = Vec::new();
        let reader = BufReader::with_capacity(block, Cursor::new(input.as_bytes().to_vec()));
        let flow = scan_file(reader, Path::new("f"), &Marks::new(marks.iter().copied()), &mut |candidate| {
            found.push(match candidate {
                Candidate::Alert { line, text, .. } => format!("{line}:{text}"),
                Candidate::Trouble(Arrival::Empty { .. }) => "empty".to_owned(),
                Candidate::Trouble(arrival) => format!("{arrival:?}"),
            });
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
        found
    }

    #[test]
    fn only_what_has_a_mark_is_handed_over() {
        for (input, expected) in [
            ("{\"a\":1}\n{\"b\":2}\n{\"a\":3}\n", vec!["1:{\"a\":1}", "3:{\"a\":3}"]),
            ("{\"b\":1}\r\n\r\n{\"a\":2}", vec!["3:{\"a\":2}"]),
            ("{\"b\":1}\n{\"b\":2}", vec![]),
            ("{\"a\":1}", vec!["1:{\"a\":1}"]),
            ("{\n\"a\":1}\n{\"b\":2}\n", vec!["1:{\n\"a\":1}"]),
            ("[{\"b\":1},\n{\"a\":2}]", vec!["2:{\"a\":2}"]),
            ("", vec!["empty"]),
            ("\n \n", vec!["empty"]),
        ] {
            for block in [1, 3, 8, 4096] {
                assert_eq!(found(input, &["\"a\"", "zz"], block), expected, "{input:?} by {block}");
            }
        }
        assert_eq!(found("{\"b\":1}\n{}\n", &[], 16), ["1:{\"b\":1}", "2:{}"], "without marks all matter");
    }

    #[test]
    fn it_stops_when_it_is_told_to() {
        let mut seen = 0;
        let input = Cursor::new(b"{\"a\":1}\n{\"a\":2}\n".to_vec());
        let flow = scan_file(input, Path::new("f"), &Marks::new(["a"]), &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert!(flow.is_break() && seen == 1);
    }

    proptest! {
        #[test]
        fn any_split_finds_the_same(
            lines in prop::collection::vec("(\\{\"[ab]\":\"[a-c\\\\n ]{0,12}\"\\})|", 0..12),
            block in 1_usize..40,
        ) {
            let input = lines.join("\n");
            prop_assert_eq!(found(&input, &["\"a\"", "cc"], block), found(&input, &["\"a\"", "cc"], 1 << 20));
        }
    }
}
