//! The programs that the bench calls, and how to get those that are not there.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

const TOOLS: [(&str, &str); 7] = [
    ("cargo", "curl --proto '=https' -sSf https://sh.rustup.rs | sh"),
    ("bash", "sudo apt-get install bash"),
    ("redis-server", "sudo apt-get install redis-server"),
    ("redis-cli", "sudo apt-get install redis-tools"),
    ("jq", "sudo apt-get install jq"),
    ("valgrind", "sudo apt-get install valgrind"),
    ("python3", "sudo apt-get install python3 python3-venv"),
];

/// An error names every missing program at once, each with the command that installs it.
pub(crate) fn require() -> Result<()> {
    let missing: Vec<String> = TOOLS
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(program, installed_by)| format!("  {program:<13} {installed_by}"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("these programs are missing; install them with:\n{}", missing.join("\n"));
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(_) => true,
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}
