//! The program in a folder of its own, and what it says.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The alert of the script that this replaces, and its feed.
pub const MOCK_ALERT: &str =
    r#"{"id":"003","rule":{"id":"5502"},"full_log":"Login attempt from 192.168.1.100"}"#;
pub const MOCK_FEED: &str = r#"{"indicator":"192.168.1.100","type":"IPv4","source":"OTX"}"#;

pub struct Bench(TempDir);

/// What a call said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Bench {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        fs::write(self.0.path().join(name), content).unwrap();
        self
    }

    /// `triage check` with the words of a line as arguments, knowing nobody.
    pub fn check(&self, arguments: &str) -> Command {
        self.command("check", arguments)
    }

    pub fn eval(&self, arguments: &str) -> Said {
        said(&self.command("eval", arguments).output().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Every file of a folder with its bytes.
    pub fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    /// A page of the folder as text.
    pub fn page(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn command(&self, name: &str, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_triage"));
        command.current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command.arg(name).args(arguments.split_whitespace());
        command
    }

    pub fn run(&self, arguments: &str) -> Said {
        said(&self.check(arguments).output().unwrap())
    }

    /// The same with something on standard input.
    pub fn pipe(&self, arguments: &str, input: &str) -> Said {
        let mut command = self.check(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        said(&child.wait_with_output().unwrap())
    }
}

pub fn said(output: &Output) -> Said {
    let text = |bytes: &[u8]| timeless(std::str::from_utf8(bytes).unwrap());
    Said { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code().unwrap() }
}

/// The text without the times of this run: `2026-10-03T12:00:00.5Z` becomes `TIME`.
fn timeless(text: &str) -> String {
    const SHAPE: &str = "dddd-dd-ddTdd:dd:dd";
    let is_time = |text: &str| {
        let pairs = text.bytes().zip(SHAPE.bytes());
        text.len() >= SHAPE.len()
            && pairs
                .into_iter()
                .all(|(byte, shape)| if shape == b'd' { byte.is_ascii_digit() } else { byte == shape })
    };
    let (mut result, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if is_time(rest) {
            let end = rest.find('Z').unwrap();
            result.push_str("TIME");
            rest = &rest[end + 1..];
        } else {
            result.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    result
}

/// Whether the file is of this kind.
pub fn is(name: &str, kind: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == kind)
}
