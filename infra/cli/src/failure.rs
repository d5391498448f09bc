//! Everything that can go wrong, and the exit code of each; the numbers follow `sysexits.h`.

use std::io;
use std::path::PathBuf;

use analyze::economy::price::PriceError;
use intel::WarninglistError;
use intel::feed::FeedError;
use lambda::config::ConfigError;
use lambda::http::ClientError;
use signed::BucketName;

use crate::operate::{AccountError, TableError};

/// Why a call did not do all that it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("not everything could be read as alerts: {0} of the input left out")]
    BadAlerts(Count),
    #[error("{0} could not be opened or read")]
    UnreadableAlerts(Count),
    #[error("could not read {path}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("could not load the feed {path}")]
    Feed { path: PathBuf, source: FeedError },
    #[error("the feed {0} has nothing that can be used; see docs/triage.md for the formats")]
    EmptyFeed(PathBuf),
    #[error("could not use the warninglist {path}")]
    Warninglist { path: PathBuf, source: WarninglistError },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("could not set up the client of {provider}")]
    Client { provider: domain::verdict::Provider, source: ClientError },
    #[error("the asynchronous runtime did not start")]
    Runtime(#[source] io::Error),
    #[error("{path}, line {line}: {problem}")]
    Recorded { path: PathBuf, line: usize, problem: String },
    #[error("the case {0} stands twice among the alerts, so that answers cannot be told apart")]
    SameCase(String),
    #[error("could not use the prices in {path}")]
    Prices { path: PathBuf, source: PriceError },
    #[error("could not make {path} for the answers; name a file that is not there yet")]
    Record { path: PathBuf, source: io::Error },
    #[error("could not write the answers to {path}")]
    RecordCut { path: PathBuf, source: io::Error },
    #[error("the model's server turns everything down{}: {advice}", http(*.status))]
    TurnedDown { status: Option<u16>, advice: String },
    #[error("the model did not answer: {0}")]
    NoAnswer(String),
    #[error("interrupted after {asked} of {all}")]
    Interrupted { asked: usize, all: Count },
    #[error("a limit is missed: {0}")]
    Thresholds(String),
    #[error("could not use the folder for mails: {path}")]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "{0} holds something that is not ours; name an empty or a new folder, or write beside what is there with --force"
    )]
    ForeignFolder(PathBuf),
    #[error("could not write the page that links the mails")]
    Index(#[source] askama::Error),
    #[error("there is no mail called {kind}; there are {known}")]
    UnknownKind { kind: String, known: String },
    #[error("a stage did not take an alert: {0}")]
    Stage(String),
    #[error("could not set up the model's client")]
    ModelClient(#[source] ClientError),
    #[error("could not set up the client of AWS")]
    AwsClient(#[source] ClientError),
    #[error("the bucket {bucket} has no status of feeds; ingest writes it with its first run")]
    NoStatus { bucket: BucketName },
    #[error("the status of the feeds is not readable")]
    Status(#[source] serde_json::Error),
    #[error(
        "the status of the feeds has schema {0}, which this program does not know; take the one of the deployment"
    )]
    StatusSchema(u32),
    #[error("could not write the output")]
    Write(#[source] io::Error),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("{0}")]
    NeedsPerson(String),
    #[error("the key cannot be used: {0}")]
    Key(&'static str),
    #[error("could not read variables from {path}: {problem}")]
    Variables { path: PathBuf, problem: String },
    #[error("{stage} would not start: {problems}")]
    WouldNotStart { stage: &'static str, problems: Count },
    #[error("could not use {path}")]
    Calibration { path: PathBuf, source: simulation::calibrate::RunError },
    #[error("there is no design called {design}; there are {known}")]
    UnknownDesign { design: String, known: String },
    #[error("could not write the picture {path}")]
    Plot { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Drawing(simulation::plots::PlotError),
    #[error("interrupted; what was taken was given back")]
    GivenBack,
    #[error("could not create {path}; name a file that is not there yet")]
    Create { path: PathBuf, source: io::Error },
    #[error("could not write {path}; what was not written was not deleted")]
    Save { path: PathBuf, source: io::Error },
}

impl Failure {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Account(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Thresholds(_) | Self::NeedsPerson(_) => 1,
            Self::UnknownKind { .. } | Self::UnknownDesign { .. } => 64,
            Self::GivenBack | Self::Interrupted { .. } => 130,
            Self::BadAlerts(_)
            | Self::Recorded { .. }
            | Self::SameCase(_)
            | Self::EmptyFeed(_)
            | Self::Prices { .. }
            | Self::Key(_)
            | Self::Calibration { .. }
            | Self::Variables { .. }
            | Self::Warninglist { .. }
            | Self::Status(_)
            | Self::StatusSchema(_)
            | Self::Feed { source: FeedError::TooLarge, .. } => 65,
            Self::UnreadableAlerts(_)
            | Self::Unreadable { .. }
            | Self::Feed { source: FeedError::Read(_), .. } => 66,
            Self::NoAnswer(_) | Self::NoStatus { .. } => 69,
            Self::Index(_) | Self::Stage(_) | Self::Drawing(_) => 70,
            Self::Runtime(_) => 71,
            Self::Folder { .. }
            | Self::ForeignFolder(_)
            | Self::Record { .. }
            | Self::Create { .. }
            | Self::Plot { .. } => 73,
            Self::Write(_) | Self::RecordCut { .. } | Self::Save { .. } => 74,
            Self::Config(_)
            | Self::Client { .. }
            | Self::ModelClient(_)
            | Self::AwsClient(_)
            | Self::WouldNotStart { .. }
            | Self::TurnedDown { .. } => 78,
        }
    }
}

fn http(status: Option<u16>) -> String {
    status.map_or_else(String::new, |status| format!(" (HTTP {status})"))
}

/// A number of things, and what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub usize, pub &'static str);

impl std::fmt::Display for Count {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(number, what) = self;
        write!(formatter, "{number} {what}{}", if *number == 1 { "" } else { "s" })
    }
}
