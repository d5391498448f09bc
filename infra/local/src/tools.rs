//! The programs that must be there, and how to get those that are not.

use std::io::ErrorKind;
use std::process::Stdio;

use anyhow::{Result, bail};
use tokio::process::Command;

/// A program that this one calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Python,
    Terraform,
    Cargo,
}

impl Tool {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::Terraform => "terraform",
            Self::Cargo => "cargo",
        }
    }

    fn installed_by(self) -> &'static str {
        let mac = cfg!(target_os = "macos");
        match self {
            Self::Python if mac => "brew install python",
            Self::Python => "sudo apt-get install python3 python3-venv",
            Self::Terraform if mac => "brew install hashicorp/tap/terraform",
            Self::Terraform => {
                "sudo snap install terraform --classic   (or https://developer.hashicorp.com/terraform/install)"
            }
            Self::Cargo => "curl --proto '=https' -sSf https://sh.rustup.rs | sh",
        }
    }

    async fn is_there(self) -> bool {
        let mut command = Command::new(self.program());
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.status().await {
            Ok(_) => true,
            Err(error) => error.kind() != ErrorKind::NotFound,
        }
    }
}

/// An error names every missing program at once, each with the command that installs it.
pub(crate) async fn require(tools: &[Tool]) -> Result<()> {
    let mut missing = Vec::new();
    for tool in tools {
        if !tool.is_there().await {
            missing.push(*tool);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!("{}", complaint(&missing));
}

fn complaint(missing: &[Tool]) -> String {
    let lines: Vec<String> =
        missing.iter().map(|tool| format!("  {:<10} {}", tool.program(), tool.installed_by())).collect();
    format!("these programs are missing; install them with:\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_named_with_the_command_that_installs_it() {
        for tool in [Tool::Python, Tool::Terraform, Tool::Cargo] {
            let text = complaint(&[tool]);
            assert!(text.contains(tool.program()) && text.contains(tool.installed_by()), "{text}");
        }
        assert_eq!(complaint(&[Tool::Python, Tool::Cargo]).lines().count(), 3);
    }
}
