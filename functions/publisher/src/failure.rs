//! Everything that can go wrong, and the exit code of each.

use std::io;
use std::path::PathBuf;

use domain::AlertError;

use crate::config::Problems;
use crate::follow::FollowError;
use crate::install::InstallError;
use crate::queue::SendError;
use crate::relay::RelayError;
use crate::relay::feedback_queue::QueueProblem;
use crate::spool::SpoolError;

use intake::accept::Refused;

/// For `--help`. The numbers follow `sysexits.h` where it has a word for it; 1 is what the Redis publisher
/// gave for an empty input, and 127 is left to integratord, which prints the whole command line for it.
pub const EXIT_CODES: &str = "\
Exit codes:
   0  sent; as the integration: accepted into the spool
   1  empty input; doctor: something is wrong
  64  wrong arguments
  65  not JSON (as the integration: kept in SPOOL/rejected), or content that SQS does not take
  66  a file cannot be read
  67  no credentials; alerts kept in the spool
  68  the queue does not exist; kept
  69  SQS cannot be reached; kept
  71  accepted, but the shipper could not be started; kept
  72  status: no service answers
  73  the spool is not usable, or full: nothing was accepted
  74  the manager takes no events; the feedback queue keeps them
  75  SQS or another shipper is busy; kept
  76  the queue refuses for another reason; kept
  77  the queue refuses access; kept
  78  the configuration is wrong
  79  no queue is configured";

/// Why a call did not do what it was asked to. Its text says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0} is empty")]
    Empty(String),
    #[error("{0}")]
    Usage(String),
    #[error("{name} is not JSON{kept}")]
    NotJson {
        name: String,
        /// Where the text lies now, when nobody else has it.
        kept: String,
        #[source]
        problem: AlertError,
    },
    #[error("{0} cannot be read ({1}); it must be a file that this user may read")]
    Unreadable(PathBuf, io::Error),
    #[error("{0} of the alerts can never be sent; they lie in the spool's folder rejected")]
    Unsendable(usize),
    #[error("{count} alerts are kept in {spool} and go out with the next call")]
    Kept {
        count: usize,
        spool: PathBuf,
        #[source]
        problem: SendError,
    },
    #[error("accepted, but the shipper did not start; the alert is kept and goes out with the next call")]
    Shipper(#[source] io::Error),
    #[error("the asynchronous runtime did not start")]
    Runtime(#[source] io::Error),
    #[error("no service answers at {0}; start it (systemctl start wazuh-publisher), or see its journal")]
    NoService(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{0} of these are to be cured")]
    Ill(usize),
    #[error(transparent)]
    Relay(#[from] RelayError),
    #[error(transparent)]
    Install(#[from] InstallError),
    #[error("the configuration is wrong")]
    Config(#[from] Problems),
    #[error(
        "no queue is configured; give its URL as <hook_url>, --queue-url, WAZUH_TRIAGE_QUEUE_URL or queue_url in wazuh-triage.toml"
    )]
    NoQueue,
}

impl Failure {
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Empty(_) | Self::Ill(_) => 1,
            Self::Usage(_) => 64,
            Self::NotJson { .. } | Self::Unsendable(_) => 65,
            Self::Unreadable(..) | Self::Follow(_) => 66,
            Self::Kept { problem, .. } | Self::Relay(RelayError::Queue(QueueProblem::Other(problem))) => {
                of_queue(problem)
            }
            Self::Relay(RelayError::Queue(QueueProblem::AccessDenied(_))) => 77,
            Self::Relay(RelayError::Sink { .. }) => 74,
            Self::Relay(RelayError::OtherRelay(_)) => 75,
            Self::Shipper(_) | Self::Runtime(_) | Self::Install(InstallError::Restart(_)) => 71,
            Self::NoService(..) => 72,
            Self::Spool(_)
            | Self::Relay(RelayError::State { .. })
            | Self::Install(InstallError::File { .. }) => 73,
            Self::Refused(refused) => refused.exit_code(),
            Self::Config(_) | Self::Install(_) => 78,
            Self::NoQueue | Self::Relay(RelayError::NoQueue) => 79,
        }
    }

    /// Whether the log already has a line for each alert that this is about.
    pub fn is_summary(&self) -> bool {
        matches!(self, Self::Kept { .. } | Self::Unsendable(_))
    }
}

fn of_queue(problem: &SendError) -> u8 {
    match problem {
        SendError::Alert(_) => 73,
        SendError::NoCredentials { .. } => 67,
        SendError::NoSuchQueue => 68,
        SendError::Unreachable(_) => 69,
        SendError::Busy(_) | SendError::OtherShipper => 75,
        SendError::Content(_) | SendError::Refused(_) => 76,
        SendError::AccessDenied(_) | SendError::Expired(_) => 77,
        SendError::NoRegion | SendError::Certificates(_) | SendError::Destination(_) => 78,
    }
}

/// An error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
