//! What the user sees while waiting: a spinner on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// How progress is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress {
    Spinner,
    Lines,
    #[cfg(test)]
    Silent,
}

impl Progress {
    pub(crate) fn detect() -> Self {
        if std::io::stderr().is_terminal() { Self::Spinner } else { Self::Lines }
    }

    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        Self::Silent
    }

    /// Shows that something has begun; say [`Step::done`] at its end.
    pub(crate) fn step(self, what: &str) -> Step {
        let bar = match self {
            Self::Spinner => {
                let bar = ProgressBar::new_spinner();
                bar.set_message(what.to_owned());
                bar.enable_steady_tick(Duration::from_millis(100));
                bar
            }
            Self::Lines => {
                line(&format!("... {what}"));
                ProgressBar::hidden()
            }
            #[cfg(test)]
            Self::Silent => ProgressBar::hidden(),
        };
        Step { progress: self, bar, what: what.to_owned(), began: Instant::now() }
    }
}

/// One thing that takes a while.
#[derive(Debug)]
pub(crate) struct Step {
    progress: Progress,
    bar: ProgressBar,
    what: String,
    began: Instant,
}

impl Step {
    /// The latest word on how it goes; shown on a terminal only.
    pub(crate) fn detail(&self, detail: &str) {
        // With the spinner on one line of an ordinary terminal: a longer one would wrap and leave traces.
        const WIDTH: usize = 74;
        let width = WIDTH.saturating_sub(self.what.chars().count());
        let detail: String = detail.chars().filter(|letter| !letter.is_control()).take(width).collect();
        self.bar.set_message(format!("{}  {detail}", self.what));
    }

    pub(crate) fn done(self) {
        self.done_with("");
    }

    pub(crate) fn done_with(self, result: &str) {
        self.bar.finish_and_clear();
        let took = self.began.elapsed().as_secs_f64();
        let result = if result.is_empty() { String::new() } else { format!(": {result}") };
        match self.progress {
            Progress::Spinner | Progress::Lines => line(&format!(" ok {}{result} ({took:.1} s)", self.what)),
            #[cfg(test)]
            Progress::Silent => {}
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[expect(clippy::print_stderr, reason = "progress is for the person at the terminal")]
fn line(text: &str) {
    eprintln!("{text}");
}
