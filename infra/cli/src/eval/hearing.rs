//! Answers as they come in: counted, recorded, and shown to whoever waits.

use domain::analysis::NoAnalysis;
use indicatif::{ProgressBar, ProgressStyle};

use super::judged::Judged;
use super::record::Record;
use crate::failure::Failure;
use crate::terminal::tell;

pub(super) struct Hearing {
    /// Drawn on a terminal only.
    bar: ProgressBar,
    record: Option<Record>,
    /// By the number of the question.
    heard: Vec<(usize, Judged)>,
    /// Of them, those to which the model had a say.
    reached: usize,
    /// Of them, those without an answer.
    silent: usize,
}

impl Hearing {
    /// After so many questions without any answer, nobody is there.
    const PATIENCE: usize = 20;
    /// So many questions without an answer are named one by one.
    const NAMED: usize = 5;

    pub fn new(questions: usize, record: Option<Record>) -> Self {
        let bar = ProgressBar::new(u64::try_from(questions).unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} questions, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, record, heard: Vec::new(), reached: 0, silent: 0 }
    }

    pub fn take(&mut self, number: usize, judged: Judged) -> Result<(), Failure> {
        if let Some(record) = &mut self.record {
            record.add(&judged)?;
        }
        if let Some(reason) = judged.no_answer {
            self.silent += 1;
            self.bar.suspend(|| complain(&judged, reason, self.silent));
        }
        self.reached += usize::from(judged.was_reached());
        self.heard.push((number, judged));
        self.bar.inc(1);
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.heard.len()
    }

    pub fn is_hopeless(&self) -> bool {
        self.reached == 0 && self.silent >= Self::PATIENCE
    }

    /// The answers in the order of the questions, or why there is nothing to score.
    pub fn finish(mut self) -> Result<Vec<Judged>, String> {
        self.bar.finish_and_clear();
        self.heard.sort_by_key(|(number, _)| *number);
        match self.heard.iter().rev().find_map(|(_, judged)| judged.no_answer) {
            Some(reason) if self.reached == 0 => Err(reason.to_string()),
            None if self.reached == 0 => Err("there is nothing to ask about".to_owned()),
            Some(_) | None => Ok(self.heard.into_iter().map(|(_, judged)| judged).collect()),
        }
    }
}

fn complain(judged: &Judged, reason: NoAnalysis, silent: usize) {
    let probe = judged.probe.as_ref().map_or_else(String::new, |probe| format!(" with the probe {probe}"));
    match silent {
        0..=Hearing::NAMED => tell(&format!("{}{probe}, run {}: {reason}", judged.case, judged.run)),
        silent if silent == Hearing::NAMED + 1 => {
            tell("more questions have no answer; the figures count them");
        }
        _ => {}
    }
}
