//! How far long work is: one line on a terminal, gone at the end; nothing in a pipe.

use std::io::{self, IsTerminal, Write};

pub(super) struct Progress {
    is_terminal: bool,
}

impl Progress {
    pub fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    pub fn show(&self, done: u64, of: u64) {
        self.write(&format!("\r{done} of about {of} "));
    }

    fn write(&self, text: &str) {
        if self.is_terminal {
            let mut err = io::stderr().lock();
            // A closed standard error is nobody's failure.
            let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        const BLANK: usize = 60;
        self.write(&format!("\r{}\r", " ".repeat(BLANK)));
    }
}
