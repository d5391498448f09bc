//! `triage completions`: what a shell offers at the tabulator key.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::terminal::Page;

#[derive(Debug, Args)]
pub(crate) struct CompletionsOptions {
    /// Shell that the script is for.
    shell: Shell,
}

pub(crate) const AFTER_COMPLETIONS: &str = "\
  bash   triage completions bash > ~/.local/share/bash-completion/completions/triage
  zsh    triage completions zsh > \"${fpath[1]}/_triage\"
  fish   triage completions fish > ~/.config/fish/completions/triage.fish";

pub(crate) fn run(options: &CompletionsOptions, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "triage", &mut script);
    Page::new().print_raw(&String::from_utf8_lossy(&script)).map_err(Failure::Write)
}
