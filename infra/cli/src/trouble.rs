//! Input that is no alert: said at once, counted to the end.

use std::path::Path;

use domain::{Alert, AlertError};

use crate::failure::{Count, Failure};
use crate::framer::Piece;
use crate::input::Arrival;
use crate::subject::Subject;
use crate::terminal::tell;

/// Input that could not be used, by what was wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    bad: usize,
    unreadable: usize,
}

impl Trouble {
    /// The alert that has arrived, if it is one; what it is instead is said.
    pub fn sort_out(&mut self, arrival: Arrival) -> Option<Subject> {
        let (file, line, problem) = match arrival {
            Arrival::Piece { file, piece: Piece::Object { line, text } } => match Subject::read(&text) {
                Ok(subject) => return Some(subject),
                Err(AlertError::NotJson { line: within, column, problem }) => {
                    (file, line + within - 1, format!("it is not JSON (column {column}: {problem})"))
                }
                Err(problem) => (file, line, problem.to_string()),
            },
            Arrival::Piece { file, piece: Piece::Broken { line, problem } } => {
                (file, line, problem.to_owned())
            }
            Arrival::Empty { file } => {
                self.bad += 1;
                tell(&format!("{} has no alert in it", file.display()));
                return None;
            }
            Arrival::Unreadable { file, error } => {
                self.unreadable += 1;
                tell(&format!("{} cannot be read ({error}); it must be a file of alerts", file.display()));
                return None;
            }
        };
        self.bad(&file, line, &problem);
        None
    }

    /// Without a word of the text: it may be anything.
    pub fn not_json(error: &serde_json::Error) -> String {
        format!("it is not JSON (column {})", error.column())
    }

    /// Something in a file that is no alert.
    pub fn bad(&mut self, file: &Path, line: usize, problem: &str) {
        self.bad += 1;
        tell(&format!("{}, line {line}: {problem}", file.display()));
    }

    /// The alert as the functions take it; why they would not is said.
    pub fn taken<'subject>(&mut self, subject: &'subject Subject) -> Option<&'subject Alert> {
        if let Some(missing) = &subject.missing {
            self.bad += 1;
            tell(&format!("alert {}: {missing}", subject.id.as_deref().unwrap_or("without id")));
        }
        subject.alert.as_ref()
    }

    pub fn conclude(self) -> Result<(), Failure> {
        match self {
            Self { unreadable: 1.., .. } => Err(Failure::UnreadableAlerts(Count(self.unreadable, "file"))),
            Self { bad: 1.., .. } => Err(Failure::BadAlerts(Count(self.bad, "part"))),
            Self { bad: 0, unreadable: 0 } => Ok(()),
        }
    }
}
