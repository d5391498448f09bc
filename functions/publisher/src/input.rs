//! Reading what a call was given: a file, or standard input.

use std::io::Read;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long the integration waits for an alert on standard input.
pub const STDIN_LIMIT: Duration = Duration::from_secs(2);

/// The bytes of a file that holds something.
pub fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::Unreadable(path.to_owned(), error))?;
    not_blank(bytes, || format!("the file {}", path.display()))
}

/// All of standard input.
pub fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::Unreadable("standard input".into(), error))?;
    not_blank(bytes, || "standard input".to_owned())
}

/// Standard input up to its end or the limit, whichever comes first: a writer that never closes must not
/// hold up integratord.
pub fn standard_input_within(limit: Duration) -> Vec<u8> {
    let deadline = Instant::now() + limit;
    let (sender, chunks) = mpsc::channel();
    // The thread may stay in `read` for ever; it ends with the process.
    thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut chunk = [0; 8192];
        while let Ok(count @ 1..) = stdin.read(&mut chunk) {
            let Some(read) = chunk.get(..count) else { return };
            if sender.send(read.to_vec()).is_err() {
                return;
            }
        }
    });
    let mut bytes = Vec::new();
    while let Ok(chunk) = chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        bytes.extend(chunk);
    }
    bytes
}

fn not_blank(bytes: Vec<u8>, name: impl Fn() -> String) -> Result<Vec<u8>, Failure> {
    if bytes.trim_ascii().is_empty() { Err(Failure::Empty(name())) } else { Ok(bytes) }
}
