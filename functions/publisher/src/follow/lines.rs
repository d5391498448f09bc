//! What becomes of each line.

use std::ops::Range;
use std::path::PathBuf;

use super::filter::{self, Judgement};
use super::source::Source;
use super::{Follower, Notice, Overlong, Trouble};

impl Follower {
    /// Takes all lines that are whole.
    pub(super) fn take_lines(&mut self) {
        loop {
            let (offset, zeros) = (self.buffer.offset(), self.buffer.hole());
            if zeros > 0 {
                self.counts.hole_bytes += zeros;
                self.tell_here(Trouble::Hole, offset, zeros);
            }
            let Some((offset, line)) = self.buffer.line() else { break };
            self.take_line(offset, line);
        }
        if self.overlong.is_some() || self.buffer.rest().len() > self.options.max_line_bytes {
            let position = self.position();
            let (offset, part) = self.buffer.remainder();
            let overlong = self.overlong.get_or_insert(Overlong { position, offset, length_bytes: 0 });
            overlong.length_bytes += part.len() as u64;
        }
    }

    pub(super) fn take_line(&mut self, offset: u64, line: Range<usize>) {
        if let Some(Overlong { offset, length_bytes, .. }) = self.overlong.take() {
            self.refuse_long(offset, length_bytes + line.len() as u64);
        } else if line.len() > self.options.max_line_bytes {
            self.refuse_long(offset, line.len() as u64);
        } else {
            self.judge(offset, line);
        }
    }

    fn refuse_long(&mut self, offset: u64, length_bytes: u64) {
        self.counts.oversized += 1;
        self.tell_here(Trouble::Oversized, offset, length_bytes);
    }

    fn judge(&mut self, offset: u64, line: Range<usize>) {
        let judgement = self.judgement(&line);
        let Some(at) = (judgement == Judgement::NotJson).then(|| self.seam(&line)).flatten() else {
            return self.settle(offset, line, judgement);
        };
        let seam = line.start + at;
        let (torn, whole) = (line.start..seam, seam..line.end);
        self.settle(offset, torn.clone(), self.judgement(&torn));
        self.settle(offset + at as u64, whole.clone(), self.judgement(&whole));
    }

    fn judgement(&self, line: &Range<usize>) -> Judgement {
        filter::judge(self.buffer.get(line).trim_ascii(), &self.options.filter, self.since)
    }

    /// A manager that was killed in a line goes on behind it: where the next alert begins in a broken line. In a text
    /// inside of an alert these quotes would be escaped; an object inside of one may begin like this, too.
    fn seam(&self, line: &Range<usize>) -> Option<usize> {
        let places = memchr::memmem::find_iter(self.buffer.get(line), br#"{"timestamp":""#);
        let mut places = places.filter(|at| *at > 0).take(MAX_SEAMS);
        places.find(|at| self.judgement(&(line.start + at..line.end)) != Judgement::NotJson)
    }

    fn settle(&mut self, offset: u64, line: Range<usize>, judgement: Judgement) {
        let length_bytes = line.len() as u64;
        match judgement {
            Judgement::Wanted => {
                self.since = None;
                self.counts.accepted += 1;
                self.wanted.push(line);
            }
            Judgement::Filtered => {
                self.since = None;
                self.counts.filtered += 1;
            }
            Judgement::TooOld => self.counts.too_old += 1,
            Judgement::Empty => self.counts.empty += 1,
            Judgement::NotAnAlert => {
                self.counts.not_alerts += 1;
                self.tell_here(Trouble::NotAnAlert, offset, length_bytes);
            }
            Judgement::NotJson => {
                self.counts.not_json += 1;
                self.tell_here(Trouble::NotJson, offset, length_bytes);
            }
        }
    }

    pub(super) fn tell_here(&mut self, trouble: Trouble, offset: u64, length_bytes: u64) {
        let path = self.source.as_ref().map_or(&*self.options.alerts, Source::path).to_owned();
        self.tell(trouble, path, offset, length_bytes);
    }

    pub(super) fn tell(&mut self, trouble: Trouble, path: PathBuf, offset: u64, length_bytes: u64) {
        if self.notices.len() < MAX_NOTICES {
            self.notices.push(Notice { trouble, path, offset, length_bytes });
        }
    }
}

/// A line made of beginnings must not take the time of their square.
const MAX_SEAMS: usize = 16;

/// A file of rubbish must not fill the log.
const MAX_NOTICES: usize = 16;
