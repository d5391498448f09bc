//! Looks through many alerts for the few that matter: what holds none of the marks is neither copied nor parsed, and
//! the search is in a thread of its own, a few blocks ahead of what is done with the few.

use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::{panic, thread};

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use crate::framer::{Framer, Piece};
use crate::input::{Arrival, each_file};

/// Texts of which one stands in every alert that matters.
pub(crate) struct Marks(Vec<Finder<'static>>);

/// What is found.
#[derive(Debug)]
pub(crate) enum Candidate {
    /// An alert that may matter.
    Alert { file: Arc<Path>, line: usize, text: String },
    /// Input that is none.
    Trouble(Arrival),
}

/// What is done with the candidates of one block, if any, until it says that it is enough.
type EachBlock<'a> = dyn FnMut(Vec<Candidate>) -> ControlFlow<()> + 'a;

/// How far the search is ahead of whoever takes the candidates. An alert may have 16 MiB.
const BLOCKS_AHEAD: usize = 4;

/// Hands over every alert that has one of the marks, file after file, until it is told to stop. The search goes on in a
/// thread of its own meanwhile: it may wait for standard input for ever.
pub(crate) fn scan(
    files: Vec<PathBuf>,
    marks: Marks,
    each: &mut dyn FnMut(Candidate) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (sender, receiver) = mpsc::sync_channel(BLOCKS_AHEAD);
    let search = thread::spawn(move || {
        let mut send = |found| match sender.send(found) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody listens any more: enough is known, or the output is closed.
            Err(_) => ControlFlow::Break(()),
        };
        let _ = files.iter().try_for_each(|path| scan_path(path, &marks, &mut send));
    });
    receiver.iter().flatten().try_for_each(each)?;
    match search.join() {
        Ok(()) => ControlFlow::Continue(()),
        // As if there were no thread: half a search must not look like a whole one.
        Err(panic) => panic::resume_unwind(panic),
    }
}

impl Marks {
    /// Without any, everything matters.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().map(|text| Finder::new(text).into_owned()).collect())
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.0.is_empty() || self.0.iter().any(|mark| mark.find(bytes).is_some())
    }
}

/// A file, or every file of a folder.
fn scan_path(path: &Path, marks: &Marks, each: &mut EachBlock<'_>) -> ControlFlow<()> {
    let taken = each_file(path, &mut |file, opened| {
        let trouble = match opened {
            Ok(Some(reader)) => return scan_file(reader, file, marks, each).is_continue().then_some(()),
            Ok(None) => Arrival::Empty { file: file.to_owned() },
            Err(error) => Arrival::Unreadable { file: file.to_owned(), error },
        };
        each(vec![Candidate::Trouble(trouble)]).is_continue().then_some(())
    });
    if taken.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn scan_file(
    mut reader: impl BufRead,
    file: &Path,
    marks: &Marks,
    each: &mut EachBlock<'_>,
) -> ControlFlow<()> {
    let mut scan = Scan::new(file, marks);
    let ended = loop {
        let length = match reader.fill_buf() {
            Ok([]) => break Ok(()),
            Ok(bytes) => {
                scan.take(bytes);
                bytes.len()
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => break Err(error),
        };
        reader.consume(length);
        if !scan.found.is_empty() {
            each(std::mem::take(&mut scan.found))?;
        }
    };
    each(scan.finish(ended))
}

/// One file on its way.
struct Scan<'a> {
    file: Arc<Path>,
    marks: &'a Marks,
    /// In the block that is looked at.
    found: Vec<Candidate>,
    /// Where that block begins.
    line: usize,
    /// For alerts that are not one on a line.
    framer: Option<Framer>,
    /// A line that has not ended.
    rest: Vec<u8>,
    empty: bool,
}

impl<'a> Scan<'a> {
    /// A real alert is at most 64 KiB.
    const MOST_BYTES: usize = 16 << 20;

    fn new(file: &Path, marks: &'a Marks) -> Self {
        let (found, rest) = (Vec::new(), Vec::new());
        Self { file: file.into(), marks, found, line: 1, framer: None, rest, empty: true }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.framer.is_some() {
            return self.frame(bytes);
        }
        let Some(last) = memrchr(b'\n', bytes) else {
            self.rest.extend_from_slice(bytes);
            if self.rest.len() > Self::MOST_BYTES {
                self.fall_back(&[]);
            }
            return;
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
            self.lines(&line);
            whole = lines;
        }
        self.lines(whole);
        self.rest.extend_from_slice(rest);
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
    fn lines(&mut self, block: &[u8]) {
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
            self.hand_over(block.get(begin..end).unwrap_or_default());
            from = end + 1;
        }
        self.line += count(block.get(counted..));
    }

    fn hand_over(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        self.found.push(match std::str::from_utf8(line) {
            Ok(text) => self.alert(self.line, text.to_owned()),
            Err(_) => self.broken(Piece::Broken { line: self.line, problem: "it is not UTF-8 text" }),
        });
    }

    /// Spread over lines, or in a list: every byte is looked at.
    fn fall_back(&mut self, bytes: &[u8]) {
        self.framer = Some(Framer::new());
        let rest = std::mem::take(&mut self.rest);
        self.frame(&rest);
        self.frame(bytes);
    }

    fn frame(&mut self, bytes: &[u8]) {
        let mut pieces = Vec::new();
        if let Some(framer) = &mut self.framer {
            framer.push(bytes, &mut |piece| pieces.push(piece));
        }
        self.pieces(pieces);
    }

    fn pieces(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            self.empty = false;
            match piece {
                Piece::Object { line, text } if self.marks.are_in(text.as_bytes()) => {
                    self.found.push(self.alert(line, text));
                }
                Piece::Object { .. } => {}
                Piece::Broken { .. } => self.found.push(self.broken(piece)),
            }
        }
    }

    fn alert(&self, line: usize, text: String) -> Candidate {
        Candidate::Alert { file: Arc::clone(&self.file), line, text }
    }

    fn broken(&self, piece: Piece) -> Candidate {
        Candidate::Trouble(Arrival::Piece { file: self.file.to_path_buf(), piece })
    }

    fn finish(mut self, ended: io::Result<()>) -> Vec<Candidate> {
        if self.framer.is_none() && self.empty && !self.begins_with_a_line(&[]) {
            self.fall_back(&[]);
        }
        if let Some(framer) = self.framer.take() {
            let mut pieces = Vec::new();
            framer.finish(&mut |piece| pieces.push(piece));
            self.pieces(pieces);
        } else if !self.rest.trim_ascii().is_empty() {
            self.empty = false;
            let rest = std::mem::take(&mut self.rest);
            self.lines(&rest);
        }
        let file = self.file.to_path_buf();
        match ended {
            Err(error) => self.found.push(Candidate::Trouble(Arrival::Unreadable { file, error })),
            Ok(()) if self.empty => self.found.push(Candidate::Trouble(Arrival::Empty { file })),
            Ok(()) => {}
        }
        self.found
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
        let flow = scan_file(reader, Path::new("f"), &Marks::new(marks.iter().copied()), &mut |block| {
            found.extend(block.into_iter().map(|candidate| match candidate {
                Candidate::Alert { line, text, .. } => format!("{line}:{text}"),
                Candidate::Trouble(Arrival::Empty { .. }) => "empty".to_owned(),
                Candidate::Trouble(arrival) => format!("{arrival:?}"),
            }));
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

    /// The lines of these files' alerts, up to the first that is on line `last`.
    fn scanned(files: &[&Path], last: usize) -> (Vec<usize>, ControlFlow<()>) {
        let mut lines = Vec::new();
        let files = files.iter().map(PathBuf::from).collect();
        let flow = scan(files, Marks::new(["a"]), &mut |candidate| {
            let Candidate::Alert { line, .. } = candidate else { panic!("{candidate:?}") };
            lines.push(line);
            if line == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        (lines, flow)
    }

    #[test]
    fn what_is_searched_ahead_comes_in_the_order_of_the_files_until_it_is_enough() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("1.json"), folder.path().join("2.json"));
        // Many times what is searched ahead.
        std::fs::write(&one, "{\"a\":1}\n".repeat(400_000)).unwrap();
        std::fs::write(&two, "{\"b\":1}\n{\"a\":2}\n").unwrap();
        let (lines, flow) = scanned(&[&one, &two], usize::MAX);
        assert!(lines == (1..=400_000).chain([2]).collect::<Vec<_>>() && flow.is_continue());
        let (lines, flow) = scanned(&[&one, &two], 7);
        assert!(lines == [1, 2, 3, 4, 5, 6, 7] && flow.is_break());
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
