//! A line that nobody sees: from the terminal without echo, or from a pipe.

use std::io::{self, IsTerminal, Read, Write};

use lambda::secrets::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::Failure;

/// More is no key.
const MAX_BYTES: u64 = 8192;

pub(super) fn ask(what: &str) -> Result<Secret, Failure> {
    let read = if io::stdin().is_terminal() { typed(what) } else { piped() };
    match read {
        Ok(Some(text)) => Ok(Secret::new(text)),
        Ok(None) => Err(Failure::GivenBack),
        Err(_) => Err(Failure::Key("it could not be read; it is one line of text")),
    }
}

fn piped() -> io::Result<Option<String>> {
    let mut text = String::new();
    io::stdin().take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Nothing after Ctrl-C: the terminal hands it over as a character, so that it is never left without echo.
fn typed(what: &str) -> io::Result<Option<String>> {
    const INTERRUPT: u8 = 3;
    const END: u8 = 4;
    const BACKSPACE: [u8; 2] = [8, 127];
    const CLEAR: u8 = 21;
    // Nobody is left to be told that standard error is closed.
    let _ = write!(io::stderr(), "Key of {what}, not shown: ").and_then(|()| io::stderr().flush());
    let silence = Silence::begin()?;
    let mut line = Vec::new();
    let mut interrupted = false;
    for byte in io::stdin().lock().bytes() {
        match byte? {
            b'\n' | b'\r' | END => break,
            INTERRUPT => {
                interrupted = true;
                break;
            }
            CLEAR => line.clear(),
            byte if BACKSPACE.contains(&byte) => {
                line.pop();
            }
            byte => line.push(byte),
        }
    }
    drop(silence);
    let _ = writeln!(io::stderr());
    if interrupted {
        return Ok(None);
    }
    String::from_utf8(line).map(Some).map_err(io::Error::other)
}

/// The terminal without echo, until it is dropped.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Where that fails there is no terminal any more.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
