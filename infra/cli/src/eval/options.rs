//! How a model is asked, on the command line.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct LiveOptions {
    /// Asks the model at this address, any server that speaks like OpenAI's.
    #[arg(long = "model", value_name = "URL", conflicts_with = "recorded")]
    pub url: Option<String>,
    /// The model's name there.
    #[arg(long = "model-name", value_name = "NAME", requires = "url")]
    pub name: Option<String>,
    /// Asks each question so often, to see whether the verdict stays the same.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "url")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20))]
    pub runs: u32,
    /// Questions that are asked at the same time.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "url")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=64))]
    pub concurrency: u8,
    #[arg(long, value_name = "FILE", requires = "url")]
    #[arg(help = "What tokens cost, as MODEL_PRICES has it")]
    pub prices: Option<PathBuf>,
    /// Writes each answer into this new file as it comes, for --recorded.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub record: Option<PathBuf>,
}
